from __future__ import annotations

from collections.abc import Sequence

import pytest

from buildwidget.protocol.events import LogEvent, LogLine, TextEvent, ToolEvent
from buildwidget.protocol.limits import (
    MAX_LOG_BYTES,
    MAX_LOG_LINE_BYTES,
    MAX_LOG_LINES,
    MAX_SAFE_INTEGER,
    MAX_TEXT_BYTES,
    MAX_TOOL_CONTENT_WEIGHT,
    MAX_TOOL_PREVIEWS,
    MAX_TOOLS,
)
from buildwidget.protocol.sections import LogSection, TextSection, ToolSection
from buildwidget.protocol.state import Log, ToolRow

EMPTY_LOG = Log(first=1, count=0, lines=[], partial={})


def stdout(*texts: str) -> list[LogLine]:
    return [("stdout", text) for text in texts]


def test_tools_only_the_newest_keep_their_content() -> None:
    tools = ToolSection([])
    fell_out = sum(tools.apply(ToolEvent(at=n, id=f"{n}", output=n), None) for n in range(MAX_TOOLS + 3))
    rows = tools.result()
    assert fell_out == 3
    assert [row.id for row in rows] == [f"{n}" for n in range(3, MAX_TOOLS + 3)]
    assert [row.output for row in rows[-MAX_TOOL_PREVIEWS:]] == [
        *range(MAX_TOOLS + 3 - MAX_TOOL_PREVIEWS, MAX_TOOLS + 3)
    ]
    assert all((row.output, row.truncated) == (None, ["output"]) for row in rows[:-MAX_TOOL_PREVIEWS])


def test_tools_the_first_over_the_bound_is_the_first_without_content() -> None:
    tools = ToolSection([])
    for n in range(MAX_TOOL_PREVIEWS + 1):
        tools.apply(ToolEvent(at=1, id=f"{n}", output=n), None)
    tools.apply(ToolEvent(at=2, id="1", input="the oldest that keeps it"), None)
    first, second, *_ = tools.result()
    assert (first.output, first.truncated) == (None, ["output"])
    assert (second.input, second.output, second.truncated) == ("the oldest that keeps it", 1, [])


@pytest.mark.parametrize("marked", ["input", "output"])
def test_tools_nothing_but_content_is_taken_from_an_old_row(marked: str) -> None:
    tools = ToolSection([])
    kept = "output" if marked == "input" else "input"
    tools.apply(ToolEvent(at=1, id="a", name="n", parent="p", truncated=[marked], **{kept: "x"}), "todo")
    tools.apply(ToolEvent(at=2, id="a", state="failed"), None)
    for n in range(MAX_TOOL_PREVIEWS):
        tools.apply(ToolEvent(at=3, id=f"{n}"), None)
    assert tools.result()[0] == ToolRow(
        id="a",
        name="n",
        state="failed",
        truncated=["input", "output"],
        started_at=1,
        parent="p",
        todo="todo",
        ended_at=2,
    )


@pytest.mark.parametrize(("weight", "kept"), [(MAX_TOOL_CONTENT_WEIGHT, True), (MAX_TOOL_CONTENT_WEIGHT + 1, False)])
def test_tools_content_over_its_bound_is_only_named(weight: int, kept: bool) -> None:
    tools = ToolSection([])
    tools.apply(ToolEvent(at=1, id="a", output="x" * weight), None)
    (row,) = tools.result()
    assert (row.output is not None, row.truncated) == (kept, [] if kept else ["output"])


def test_tools_late_content_of_an_old_row_is_only_named() -> None:
    tools = ToolSection([])
    for n in range(MAX_TOOL_PREVIEWS + 1):
        tools.apply(ToolEvent(at=1, id=f"{n}"), None)
    tools.apply(ToolEvent(at=9, id="0", state="failed", input="late"), "todo")
    assert tools.result()[0] == ToolRow(id="0", name="", state="failed", truncated=["input"], started_at=1, ended_at=9)


def test_tools_a_row_that_fell_out_comes_back_as_a_new_one() -> None:
    tools = ToolSection([])
    for n in range(MAX_TOOLS + 1):
        tools.apply(ToolEvent(at=n, id=f"{n}", name="n"), None)
    assert tools.apply(ToolEvent(at=5_000, id="0", state="succeeded"), None) == 1
    assert tools.result()[-1] == ToolRow(
        id="0", name="", state="succeeded", truncated=[], started_at=5_000, ended_at=5_000
    )


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_texts_keep_their_end(character: str) -> None:
    texts = TextSection([])
    written = ""
    for n in range(4):
        delta = f"{n}" + character * (MAX_TEXT_BYTES // 3)
        written += delta
        texts.apply(TextEvent(at=1, id="t", kind="answer", delta=delta), None)
    (row,) = texts.result()
    assert written.endswith(row.text)
    assert MAX_TEXT_BYTES - 4 < len(row.text.encode()) <= MAX_TEXT_BYTES


def test_texts_that_grow_are_held_within_their_bound() -> None:
    texts = TextSection([])
    for _ in range(1_000):
        texts.apply(TextEvent(at=1, id="t", kind="answer", delta="x" * 1_000), None)
        assert sum(map(len, texts._deltas)) <= MAX_TEXT_BYTES
    assert texts.result()[0].text == "x" * MAX_TEXT_BYTES


def _end_of_the_log(lines: Sequence[LogLine]) -> list[LogLine]:
    """The newest lines that are within both bounds, found one by one."""
    kept: list[LogLine] = []
    size = 0
    for stream, text in reversed(lines):
        size += len(text.encode())
        if size > MAX_LOG_BYTES or len(kept) == MAX_LOG_LINES:
            break
        kept.insert(0, (stream, text))
    return kept


EXACTLY = [MAX_LOG_BYTES // 128] * 128
"""Sizes of lines that take exactly what the log may hold."""


@pytest.mark.parametrize("events_between_saves", [1, 3, 10_000])
@pytest.mark.parametrize(
    "sizes",
    [
        EXACTLY,
        [*EXACTLY, 1],
        [0, *EXACTLY],
        [200] * 2_500,
        [263] * 1_500,
        [10] * 1_200 + EXACTLY + [300] * 600,
        [1_000, 0] * 1_300,
    ],
    ids=["exact", "one more", "an empty one", "many", "many and big", "mixed", "empty between"],
)
def test_the_log_keeps_as_much_as_its_bounds_allow(sizes: list[int], events_between_saves: int) -> None:
    lines = stdout(*("x" * size for size in sizes))
    log = LogSection(EMPTY_LOG)
    # From 3 on there is a hole, so the count of bytes begins again.
    events = [LogEvent(at=1, first=1, lines=stdout("before")), *_of_seven(lines, first=3)]
    for number, event in enumerate(events, 1):
        log.apply(event)
        if number % events_between_saves == 0:
            log = LogSection(log.result())
    kept = log.result()
    assert kept.lines == _end_of_the_log(lines)
    assert (kept.first, kept.count) == (3 + len(lines) - len(kept.lines), 2 + len(lines))


def _of_seven(lines: list[LogLine], first: int) -> list[LogEvent]:
    return [LogEvent(at=1, first=first + n, lines=lines[n : n + 7]) for n in range(0, len(lines), 7)]


def test_the_log_keeps_the_last_lines_and_their_numbers() -> None:
    log = LogSection(EMPTY_LOG)
    lines = stdout(*(f"{n}" for n in range(1, 2_501)))
    log.apply(LogEvent(at=1, first=1, lines=lines))
    kept = log.result()
    assert (kept.first, kept.count, kept.lines) == (2_501 - MAX_LOG_LINES, 2_500, lines[-MAX_LOG_LINES:])


def test_the_log_keeps_no_more_bytes_than_its_bound() -> None:
    log = LogSection(EMPTY_LOG)
    for first in range(1, 201):
        log.apply(LogEvent(at=1, first=first, lines=stdout("€" * 1_000)))
    assert len(log.result().lines) == MAX_LOG_BYTES // 3_000


@pytest.mark.parametrize("line", ["x", "x" * 900])
def test_it_is_all_the_same_how_often_the_log_is_looked_at(line: str) -> None:
    often, once = LogSection(EMPTY_LOG), LogSection(EMPTY_LOG)
    for number in range(1, 3_000):
        event = LogEvent(at=1, first=number, lines=stdout(f"{number}{line}"), partial={"stdout": str(number)})
        often.apply(event)
        once.apply(event)
        if number % 7 == 0:
            often.result()
            often.apply(LogEvent(at=1, first=1, lines=[], partial={}))
            often.result()
            once.apply(LogEvent(at=1, first=1, lines=[], partial={}))
    assert often.result() == once.result()


def test_a_log_line_keeps_its_start() -> None:
    log = LogSection(EMPTY_LOG)
    log.apply(LogEvent(at=1, first=1, lines=stdout("a" + "😀" * 5_000), partial={"stderr": "x" * 5_000}))
    kept = log.result()
    assert kept.lines == stdout("a" + "😀" * ((MAX_LOG_LINE_BYTES - 1) // 4))
    assert kept.partial == {"stderr": "x" * MAX_LOG_LINE_BYTES}


def test_a_log_told_before_does_not_change_when_it_goes_on() -> None:
    log = LogSection(EMPTY_LOG)
    log.apply(LogEvent(at=1, first=1, lines=stdout("one")))
    told = log.result()
    assert log.result() is told
    log.apply(LogEvent(at=1, first=2, lines=stdout("two"), partial={"stdout": "x"}, open={"stdout": ["y"]}))
    assert told == Log(first=1, count=1, lines=stdout("one"), partial={})
    drawn = log.result()
    log.end()
    assert (drawn.open, log.result().open) == ({"stdout": ["y"]}, {})
    ended = log.result()
    log.end()
    assert log.result() is ended


def test_log_numbers_beyond_the_greatest_integer_are_not_taken() -> None:
    log = LogSection(EMPTY_LOG)
    log.apply(LogEvent(at=1, first=MAX_SAFE_INTEGER, lines=stdout("last", "beyond")))
    assert log.result() is EMPTY_LOG
    log.apply(LogEvent(at=1, first=MAX_SAFE_INTEGER, lines=stdout("last")))
    assert log.result().count == MAX_SAFE_INTEGER
