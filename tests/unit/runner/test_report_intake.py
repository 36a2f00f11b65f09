from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    MetricEvent,
    ProgressEvent,
    TextEvent,
    TodosEvent,
    ToolEvent,
)
from buildwidget.reporting.messages import DisplayReport, LogReport, Message, StepStarted, Sync, TodoReport, TodosReport
from buildwidget.runner.report_intake import MAX_POINTS, ReportIntake, join_points
from buildwidget.runner.secrets import Masker
from buildwidget.store.records import Draft

SECRET = "correct horse battery"


class Log:
    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    def __call__(self, draft: Draft) -> None:
        self.drafts.append(draft)

    @property
    def events(self) -> list[Event]:
        return [draft.event for draft in self.drafts]


@pytest.fixture
def log() -> Log:
    return Log()


def metric(name: str, *values: float) -> MetricEvent:
    return MetricEvent(at=1, name=name, points=[(None, value, 1) for value in values])


def test_every_report_becomes_its_event(log: Log) -> None:
    intake = ReportIntake(log, cwd="/work")
    messages: list[Message] = [
        TodosReport(at=1, todos=[TodoReport(content="a")]),
        StepStarted(at=2, step="s", content="a"),
        LogReport(at=3, text="one\ntwo\n", stream="stderr"),
        ArtifactEvent(at=4, name="m", path="/work/out/m.bin"),
        ArtifactEvent(at=5, name="n", path="/elsewhere/n"),
        ProgressEvent(at=6, id="p", label="", current=1),
        Sync(1),
    ]
    intake.send_all(messages)
    todos, step, lines, inside, outside, bar = log.events
    assert isinstance(todos, TodosEvent)
    assert isinstance(step, TodosEvent)
    assert [todos.todos[0].status, step.todos[0].status] == ["pending", "in_progress"]
    assert isinstance(lines, LogEvent)
    assert lines.lines == [("stderr", "one"), ("stderr", "two")]
    assert isinstance(inside, ArtifactEvent)
    assert isinstance(outside, ArtifactEvent)
    assert [inside.path, outside.path] == ["out/m.bin", "/elsewhere/n"]
    assert bar == messages[5]


def test_a_display_keeps_its_content_beside_the_log(log: Log) -> None:
    ReportIntake(log).send(DisplayReport(at=1, id="d" * 9000, mime="image/png", content=b"\0png", title="t"))
    (draft,) = log.drafts
    assert isinstance(draft.event, DisplayEvent)
    assert (draft.event.size, draft.event.title) == (4, "t")
    (payload,) = draft.payloads
    assert (payload.kind, payload.key, payload.mime, payload.content) == (
        "display",
        draft.event.id,
        "image/png",
        b"\0png",
    )


def test_points_that_came_together_are_joined_per_metric() -> None:
    joined = join_points([metric("a", 1), metric("b", 2), metric("a", 3), Sync(1), metric("a", 4)])
    assert joined == [metric("a", 1, 3), metric("b", 2), Sync(1), metric("a", 4)]


def test_joining_is_bounded_and_leaves_the_callers_message_alone() -> None:
    given = [metric("a", float(value)) for value in range(MAX_POINTS + 1)]
    joined = join_points(list(given))
    assert [len(event.points) for event in joined if isinstance(event, MetricEvent)] == [MAX_POINTS, 1]
    assert len(given[0].points) == 1


@pytest.mark.parametrize(
    "message",
    [
        TodosReport(at=1, todos=[TodoReport(content=SECRET, id=SECRET, active_form=SECRET)]),
        StepStarted(at=1, step="s", content=SECRET),
        LogReport(at=1, text=SECRET),
        DisplayReport(at=1, id=SECRET, mime="text/html", content=SECRET.encode(), title=SECRET),
        ArtifactEvent(at=1, name=SECRET, path=f"/work/{SECRET}"),
        metric(SECRET, 1),
        ProgressEvent(at=1, id=SECRET, label=SECRET, current=1),
        ToolEvent(at=1, id=SECRET, name=SECRET, input={SECRET: [SECRET]}, output=SECRET * 1000),
        TextEvent(at=1, id=SECRET, kind="answer", text=SECRET),
    ],
)
def test_no_secret_passes(log: Log, message: Message) -> None:
    intake = ReportIntake(log, masker=Masker([SECRET]), cwd="/work")
    intake.send(message)
    intake.finish()
    assert log.drafts
    assert SECRET not in repr(log.drafts)


def texts(log: Log) -> str:
    whole = ""
    for event in log.events:
        assert isinstance(event, TextEvent)
        whole = event.text if event.text is not None else whole + (event.delta or "")
    return whole


@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_a_secret_cut_between_two_pieces_of_text_is_masked(log: Log, cut: int) -> None:
    intake = ReportIntake(log, masker=Masker([SECRET]))
    intake.send(TextEvent(at=1, id="t", kind="answer", text=f"it is é{SECRET[:cut]}"))
    intake.send(TextEvent(at=2, id="t", kind="answer", delta=f"{SECRET[cut:]}. c"))
    intake.finish()
    assert texts(log) == "it is é***. c"


def test_without_secrets_text_passes_as_it_is(log: Log) -> None:
    event = TextEvent(at=1, id="t", kind="answer", delta="c")
    ReportIntake(log, masker=Masker([])).send(event)
    assert log.events == [event]


def test_what_no_event_can_hold_does_not_stop_the_others(log: Log, capfd: Any) -> None:
    intake = ReportIntake(log)
    intake.send_all([ProgressEvent(at=-1, id="p", label="", current=1), metric("m", 1)])
    assert log.events == [metric("m", 1)]
    assert "could not be stored" in capfd.readouterr().err
