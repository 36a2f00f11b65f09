from __future__ import annotations

from buildwidget.protocol.events import Event, LogEvent, StatusEvent
from buildwidget.runner.causes.found import Line
from buildwidget.runner.causes.notes import AFTER, BEFORE, CauseNotes
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
    assert notes.count == 1


def test_lines_have_the_numbers_of_the_log() -> None:
    notes = CauseNotes(lambda _: None, 100)
    for text in ("plain", "error: first", "plain"):
        notes.write(LogEvent(at=0, first=1, lines=[("stdout", text)]))
    assert notes.lines() == [Line(101, "plain"), Line(102, "error: first"), Line(103, "plain")]


def test_lines_around_are_noted_and_no_others() -> None:
    for at_once in (1, 7, 200):
        lines = [f"step {number}" for number in range(500)]
        lines[300] = "\x1b[31merror\x1b[0m: x"
        found = noted(lines, at_once).lines()
        assert [line.number for line in found] == list(range(301 - BEFORE, 301 + AFTER + 1))
        assert found[BEFORE].text == "error: x"


def test_a_long_traceback_is_noted_whole() -> None:
    frames = [text for number in range(200) for text in (f'  File "x.py", line {number}, in f', "    f()")]
    lines = ["Traceback (most recent call last):", *frames, "Surprise"]
    assert [line.text for line in noted(lines).lines()] == lines
