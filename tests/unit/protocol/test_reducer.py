from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from buildwidget.protocol import limits
from buildwidget.protocol.events import (
    ENDS,
    ArtifactEvent,
    DisplayEvent,
    Event,
    MetaEvent,
    MetricEvent,
    PermissionEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
    UsageEvent,
)
from buildwidget.protocol.reducer import StateBuilder, fold, reduce
from buildwidget.protocol.state import Usage, initial_state

START = initial_state(id="b", owner="o", kind="agent", created_at=1)


def todos(*statuses: str) -> TodosEvent:
    return TodosEvent(at=1, todos=[Todo(id=f"{n}", content="c", status=status) for n, status in enumerate(statuses)])  # type: ignore[arg-type]  # the words are right


def test_what_is_no_event_changes_nothing() -> None:
    assert fold(START, []) is START
    assert reduce(START, None) is START


@pytest.mark.parametrize("end", sorted(ENDS))
def test_after_an_end_nothing_changes(end: str) -> None:
    ended = fold(START, [todos("completed", "pending"), StatusEvent(at=5, status=end)])  # type: ignore[arg-type]  # an end
    later = [StatusEvent(at=9, status="running"), MetaEvent(at=9, name="n"), todos("completed")]
    assert fold(ended, later) is ended
    assert ended.percent == (100 if end == "succeeded" else 50)


def test_a_builder_ends_too() -> None:
    builder = StateBuilder(START)
    builder.apply(StatusEvent(at=5, status="lost"))
    builder.apply(MetaEvent(at=9, name="n"))
    assert builder.state().name == ""


def test_a_builder_goes_on_after_its_state_was_asked_for() -> None:
    builder = StateBuilder(START)
    builder.apply(TextEvent(at=1, id="t", kind="answer", delta="a"))
    builder.apply(TextEvent(at=1, id="t", kind="answer", delta="b"))
    first = builder.state()
    assert builder.state() is first
    builder.apply(TextEvent(at=1, id="t", kind="answer", delta="c"))
    builder.apply(MetaEvent(at=1, name="n"))
    second = builder.state()
    assert (first.texts[0].text, first.name) == ("ab", "")
    assert (second.texts[0].text, second.name) == ("abc", "n")


def test_a_summary_needs_no_state() -> None:
    builder = StateBuilder(START)
    builder.apply(MetaEvent(at=1, name="n", project="p"))
    builder.apply(todos("completed", "pending"))
    summary = builder.summary(7)
    assert (summary.id, summary.owner, summary.head) == ("b", "o", 7)
    assert (summary.name, summary.project, summary.percent) == ("n", "p", 50)


ROWS: dict[str, tuple[int, Callable[[str], Event]]] = {
    "tools": (limits.MAX_TOOLS, lambda key: ToolEvent(at=1, id=key)),
    "texts": (limits.MAX_TEXTS, lambda key: TextEvent(at=1, id=key, kind="answer")),
    "metrics": (limits.MAX_METRICS, lambda key: MetricEvent(at=1, name=key, points=[])),
    "progress": (limits.MAX_PROGRESS, lambda key: ProgressEvent(at=1, id=key, label="", current=0)),
    "displays": (limits.MAX_DISPLAYS, lambda key: DisplayEvent(at=1, id=key, mime="", size=0)),
    "artifacts": (limits.MAX_ARTIFACTS, lambda key: ArtifactEvent(at=1, name="", path=key)),
    "permissions": (limits.MAX_PERMISSIONS, lambda key: PermissionEvent(at=1, request_id=key, tool="")),
}


@pytest.mark.parametrize("field", ROWS)
def test_rows_that_fell_out_are_counted_over_the_whole_build(field: str) -> None:
    limit, event = ROWS[field]
    full = fold(START, [event(f"{n}") for n in range(limit)])
    assert (len(getattr(full, field)), full.dropped) == (limit, {})
    first = fold(full, [event("new 1"), event("new 2"), event("new 2")])
    second = reduce(first, event("new 3"))
    assert (first.dropped, second.dropped) == ({field: 2}, {field: 3})
    assert len(getattr(second, field)) == limit


def test_a_tool_belongs_to_the_todo_that_is_active_when_it_is_first_seen() -> None:
    state = fold(
        START, [ToolEvent(at=1, id="a"), todos("completed", "in_progress", "in_progress"), ToolEvent(at=1, id="b")]
    )
    state = fold(
        state, [ToolEvent(at=1, id="c"), todos("in_progress"), ToolEvent(at=1, id="a"), ToolEvent(at=1, id="b")]
    )
    assert [row.todo for row in state.tools] == [None, "1", "1"]


def test_percent_falls_back_to_the_bars_while_no_todo_counts() -> None:
    state = reduce(START, ProgressEvent(at=1, id="a", label="", current=1, total=4))
    assert state.percent == 25
    state = reduce(state, todos("completed", "pending"))
    assert state.percent == 50
    state = reduce(state, ProgressEvent(at=1, id="a", label="", current=3, total=4))
    assert state.percent == 50
    assert reduce(state, todos("cancelled")).percent == 75
    assert reduce(state, todos()).percent == 75


@pytest.mark.parametrize(("end", "percent"), [("succeeded", 100), ("failed", 25), ("cancelled", 25), ("lost", 25)])
def test_an_end_in_the_same_batch_keeps_the_percent_before_it(end: Any, percent: int) -> None:
    bar = ProgressEvent(at=1, id="a", label="", current=1, total=4)
    assert fold(START, [bar, StatusEvent(at=2, status=end)]).percent == percent


def test_a_list_row_asked_for_between_events_has_the_percent_of_the_moment() -> None:
    builder = StateBuilder(START)
    builder.apply(ProgressEvent(at=1, id="a", label="", current=1, total=4))
    assert builder.summary(1).percent == 25
    builder.apply(ProgressEvent(at=1, id="a", label="", current=4, total=4, done=True))
    assert builder.summary(2).percent is None


def test_a_shorter_list_of_todos_leaves_nothing_out() -> None:
    state = reduce(START, todos(*["pending"] * 503))
    assert (len(state.todos), state.dropped) == (500, {"todos": 3})
    assert reduce(state, todos("pending")).dropped == {}


def test_usage_keeps_what_an_event_lacks() -> None:
    state = fold(START, [UsageEvent(at=1, turns=1, cost_usd=0.5), UsageEvent(at=2, turns=0, input_tokens=7)])
    assert state.usage == Usage(turns=0, cost_usd=0.5, input_tokens=7)
