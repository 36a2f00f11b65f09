"""Whatever a program draws: nothing is raised, nothing depends on how reads cut it, nothing grows without bound."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES
from buildwidget.runner.terminal.controls import find_unusual
from buildwidget.runner.terminal.grid import ROWS
from buildwidget.runner.terminal.lines import LineSplitter

SEQUENCES = [
    *(f"\x1b[{number}{end}" for end in "ABCDEFGHIJKLMPSTXZ@bdfr" for number in ("", "2", "50", "3;10")),
    *(f"\x1b{end}" for end in "78DEMc"), "\x1b[s", "\x1b[u", "\x1b[!p", "\x1b[?25l", "\x1b[?25h", "\x1b[?7l",
    "\x1b[?7h", "\x1b[?1049h", "\x1b[?1049l", "\x1b[31m", "\x1b[0m", "\x1b[1;38;5;9m", "\x1b]0;title\x07", "\x1b[",
    "\x1b", "\x1b]", "\x1bP", "\r", "\n", "\r\n", "\b", "\t", "\n" * 12,
]  # fmt: skip
TEXTS = ["x", "line\n", "漢字", "e\u0301", "🚀", "é", " ", "x" * 130, "45%|##  | 9/20 [00:01<00:02, 3it/s]", "K", "[2"]

pieces = st.sampled_from([*SEQUENCES, *TEXTS]).map(str.encode)
drawings = st.lists(pieces | st.binary(max_size=5), max_size=60).map(b"".join)


def taken(reads: list[bytes]) -> list[str]:
    splitter = LineSplitter()
    lines: list[str] = []
    for read in reads:
        update = splitter.feed(read)
        lines += update.lines
        assert len(splitter.open_lines()) <= ROWS
        assert len(update.partial.encode()) <= MAX_LOG_LINE_BYTES
    lines += splitter.finish().lines
    assert splitter.open_lines() == []
    return lines


@settings(max_examples=300, deadline=None)
@given(drawings, st.lists(st.integers(0, 4_000), max_size=10))
def test_any_drawing_has_one_log_and_stays_within_the_bounds(data: bytes, cuts: list[int]) -> None:
    whole = taken([data])
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    assert taken([data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]) == whole
    assert taken([data[place : place + 1] for place in range(len(data))]) == whole
    assert find_unusual("\n".join(whole)) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_taken(data: bytes) -> None:
    assert taken([data]) == taken([data[place : place + 1] for place in range(len(data))])
