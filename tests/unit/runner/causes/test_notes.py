from __future__ import annotations

import pytest

from buildwidget.protocol.events import Event, LogEvent, StatusEvent
from buildwidget.runner.causes.line import NOTED_LINES, Line
from buildwidget.runner.causes.notes import (
    AFTER,
    BEFORE,
    END_CHARACTERS,
    END_LINES,
    NOTED_CHARACTERS,
    CauseNotes,
)
from tests.unit.runner.causes.samples import noted


def test_events_are_passed_on_in_order() -> None:
    passed: list[object] = []
    notes = CauseNotes(passed.append)
    events: list[Event] = [
        LogEvent(at=0, first=1, lines=[("stdout", "a")]),
        StatusEvent(at=0, status="running"),
        LogEvent(at=0, first=1, lines=[], partial={"stdout": "b"}),
    ]
    for event in events:
        notes.write(event)
    assert passed == events
    assert notes.last == 1


def test_lines_have_the_numbers_of_the_log() -> None:
    notes = CauseNotes(lambda _: None, 100)
    for text in ("plain", "error: first", "plain"):
        notes.write(LogEvent(at=0, first=1, lines=[("stdout", text)]))
    assert notes.lines() == [Line(101, "plain"), Line(102, "error: first"), Line(103, "plain")]


def test_reported_lines_are_numbered_and_not_noted() -> None:
    notes = CauseNotes(lambda _: None)
    notes.write(LogEvent(at=0, first=1, lines=[("stdout", "a")]))
    notes.write_report(LogEvent(at=0, first=1, lines=[("system", "b")] * 3))
    notes.write(LogEvent(at=0, first=1, lines=[("stdout", "error: c")]))
    notes.write_report(LogEvent(at=0, first=1, lines=[("system", "b")] * 100))
    assert notes.lines() == [Line(1, "a"), Line(5, "error: c")]
    assert notes.last == 5


@pytest.mark.parametrize("at_once", [1, 7, 200])
def test_far_above_the_end_only_lines_around_are_kept(at_once: int) -> None:
    lines = [f"step {number}" for number in range(END_LINES + 1000)]
    lines[300] = "\x1b[31merror\x1b[0m: x"
    found = noted(lines, at_once).lines()
    above = [line.number for line in found if line.number < 800]
    assert above == list(range(301 - BEFORE, 301 + AFTER + 1))
    assert found[BEFORE].text == "error: x"
    assert found[-1] == Line(len(lines), lines[-1])
    assert len(found) - len(above) <= END_LINES


def test_a_long_traceback_is_kept_whole_far_above_the_end() -> None:
    frames = [text for number in range(200) for text in (f'  File "x.py", line {number}, in f', "    f()")]
    lines = ["Traceback (most recent call last):", *frames, "Surprise", *["step"] * 2 * END_LINES]
    found = [line.text for line in noted(lines).lines()]
    assert found[: len(frames) + 2] == lines[: len(frames) + 2]


def test_what_is_kept_is_bounded() -> None:
    for text in ("error: x", "error: " + "x" * 100_000, "y" * 100_000, "", '  File "x"'):
        lines = noted([text] * 10_000).lines()
        assert len(lines) <= NOTED_LINES
        assert sum(len(line.text) + 1 for line in lines) <= NOTED_CHARACTERS + 2 * END_CHARACTERS
