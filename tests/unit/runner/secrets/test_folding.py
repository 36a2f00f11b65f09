from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.runner.secrets import folding
from buildwidget.runner.secrets.folding import Folded

_pieces = st.sampled_from(
    [b"\x1b[0m", b"\x1b[32m", b"\x1b[", b"\x1b", b"3", b"m", b"[0m", b"[", b"a", b" ", b"\n", b"\x1b(B"]
)


@settings(max_examples=500)
@given(st.lists(_pieces, max_size=20).map(b"".join))
def test_replacing_a_few_codes_gives_what_the_expression_gives(raw: bytes) -> None:
    exact = folding._ESCAPES.sub(b"", raw)
    assert folding._without_few_codes(raw) in (None, exact)
    assert folding._without_escapes(raw) == exact


def test_a_few_codes_are_replaced_and_a_code_in_pieces_is_not() -> None:
    assert folding._without_few_codes(b"a\x1b[32mb\x1b[0mc\x1b[32md") == b"abcd"
    assert folding._without_few_codes(b"a\x1b[3\x1b[0m2mb") is None
    assert folding._without_few_codes(b"\x1b[0m\x1b[\x1b[[0m") is None
    assert folding._without_few_codes(b"".join(b"\x1b[%dm" % code for code in range(9))) is None


@pytest.mark.parametrize("raw", [b"a\x1b[1mB\x1b[0m C", b"a\x1b[3\x1b[0m2mB", b"\x1b(Ba\x1b[0mb"])
def test_each_folded_byte_knows_where_it_stood(raw: bytes) -> None:
    folded = Folded(raw)
    assert bytes(raw[folded.place(index)] for index in range(len(folded.text))).lower() == folded.text
