from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import Stream
from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES, MAX_OPEN_BYTES, MAX_OPEN_ROWS
from buildwidget.protocol.open_rows import bounded_open

LONG = "x" * MAX_LOG_LINE_BYTES
NUMBERS = [f"{n}" for n in range(MAX_OPEN_ROWS + 1)]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ({}, {}),
        ({"stdout": []}, {}),
        ({"stdout": ["a", "", "b", ""]}, {"stdout": ["a", "", "b", ""]}),
        ({"stdout": NUMBERS}, {"stdout": NUMBERS[1:]}),
        ({"stderr": ["first"], "stdout": NUMBERS[1:]}, {"stdout": NUMBERS[1:]}),
        ({"stderr": ["a", "b"], "stdout": NUMBERS[2:]}, {"stderr": ["b"], "stdout": NUMBERS[2:]}),
        ({"stdout": ["short", *[LONG] * 4]}, {"stdout": [LONG] * 4}),
        ({"stdout": ["", *[LONG] * 4]}, {"stdout": ["", *[LONG] * 4]}),
        # An older row that would fit again does not come back above one that did not.
        ({"stdout": ["short", LONG, LONG, LONG, LONG, "end"]}, {"stdout": [LONG, LONG, LONG, "end"]}),
        ({"stderr": ["short"], "stdout": [LONG, "x", *[LONG] * 3, "end"]}, {"stdout": ["x", *[LONG] * 3, "end"]}),
        ({"stdout": ["€" * 2_000]}, {"stdout": ["€" * (MAX_LOG_LINE_BYTES // 3)]}),
        ({"stdout": ["é" * 512] * 17}, {"stdout": ["é" * 512] * 16}),
    ],
    ids=[
        "none", "of none", "blank ones", "too many", "of two streams", "some of a stream", "too big", "blank before",
        "too big in between", "not the stream before", "a long one", "bytes, not characters",
    ],
)  # fmt: skip
def test_the_newest_rows_are_kept(rows: dict[Stream, list[str]], kept: dict[str, list[str]]) -> None:
    before = repr(rows)
    found: dict[Any, list[str]] = bounded_open(rows)
    assert found == kept
    assert list(found) == list(kept)
    assert bounded_open(found) == found
    assert repr(rows) == before
    assert sum(len(text.encode()) for texts in found.values() for text in texts) <= MAX_OPEN_BYTES
