"""The quick look at a whole block of lines never misses what a look at each line finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.store import logs

_PARTS = st.sampled_from(
    ["a", "b", "ab", " ", "ß", "S", "İ", "\t", "\x1b[1;31m", "\x1b[", "\x1b]8;;x", "\x07", "\x1b", "\x00"]
)
_TEXTS = st.lists(_PARTS, max_size=6).map("".join)


@given(st.lists(_TEXTS, max_size=5), st.lists(_PARTS, min_size=1, max_size=3).map("".join))
def test_a_block_that_is_skipped_has_no_match(texts: list[str], q: str) -> None:
    page = logs._Page(1_000, q)
    skipped = page.skips(logs._Block(1, [("stdout", text) for text in texts]))
    matching = [text for text in texts if q.casefold() in logs._HIDDEN.sub("", text).casefold()]
    assert not (skipped and matching)
    if not skipped:
        for number, text in enumerate(texts, start=1):
            page.take((number, "stdout", text))
    assert [text for _number, _stream, text in page.lines] == matching


def test_lines_that_may_be_cut_are_not_skipped() -> None:
    page = logs._Page(1_000, "needle")
    assert page.skips(logs._Block(1, [("stdout", "x" * 1_024)]))
    assert not page.skips(logs._Block(2, [("stdout", "x" * 1_025)]))
