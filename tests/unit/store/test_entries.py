from __future__ import annotations

import json

import pytest

from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    MetaEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import initial_state
from buildwidget.store.drafts import draft
from buildwidget.store.entries import FOLDED_COLUMNS, Entries, enter, folded_columns
from buildwidget.store.errors import Ended
from buildwidget.store.records import Draft, Payload


def entered(*drafts: Draft, head: int = 0) -> Entries:
    state = initial_state(id="b", owner="ann", kind="command", created_at=1)
    return enter(StateBuilder(state), state.id, head, drafts)


def test_the_seq_stands_first_in_the_json() -> None:
    entries = entered(draft(TextEvent(at=1, id="t", kind="answer", delta="x")), head=41)
    assert entries.bodies == [b'{"seq":42,"type":"text","at":1,"id":"t","kind":"answer","delta":"x"}']
    assert (entries.head, entries.size) == (42, len(entries.bodies[0]))


def test_a_seq_that_an_event_brings_is_not_its_own() -> None:
    assert json.loads(entered(draft(TextEvent(at=1, seq=9, id="t", kind="answer"))).bodies[0])["seq"] == 1


def test_a_seq_that_nobody_cleaned_is_not_its_own_either() -> None:
    [body] = entered(Draft(TextEvent(at=1, seq=9, id="t", kind="answer")), head=3).bodies
    assert body == b'{"seq":4,"type":"text","at":1,"id":"t","kind":"answer"}'


def test_lines_and_their_payloads_are_numbered() -> None:
    entries = entered(
        draft(LogEvent(at=1, first=1, lines=[("stdout", "a")])),
        draft(LogEvent(at=1, first=1, lines=[("stdout", "b"), ("stdout", "x" * 5000)])),
    )
    assert [json.loads(body)["first"] for body in entries.bodies] == [1, 2]
    line = {"build_id": "b", "kind": "log_line", "key": "3", "mime": "text/plain", "content": b"x" * 5000}
    assert entries.payloads == [line]
    assert entries.state.log.count == 3


def test_each_event_brings_its_payloads() -> None:
    tools = [ToolEvent(at=1, id=key, input="i" * 2000, output="o" * 2000) for key in "ab"]
    found = [(row["kind"], row["key"], row["content"][:1]) for row in entered(*map(draft, tools)).payloads]
    assert found == [
        ("tool_input", "a", b"i"), ("tool_output", "a", b"o"), ("tool_input", "b", b"i"), ("tool_output", "b", b"o"),
    ]  # fmt: skip


def test_what_a_route_asks_for_is_found_by_its_name() -> None:
    events: list[Event] = [
        ToolEvent(at=1, id="t" * 5000),
        DisplayEvent(at=1, id="d", mime="text/html", size=1),
        ArtifactEvent(at=1, name="a", path="a/b"),
        TodosEvent(at=1, todos=[]),
        TextEvent(at=1, id="x", kind="answer"),
    ]
    found = [(row[3], row[4]) for row in entered(*map(draft, events)).events]
    assert found == [("tool", "t" * 4096), ("display", "d"), ("artifact", "a/b"), ("todos", ""), ("text", None)]


def test_the_columns_of_a_build_follow_from_its_log() -> None:
    todos = [Todo(id="1", content="c", status="completed"), Todo(id="2", content="c", status="pending")]
    entries = entered(
        draft(MetaEvent(at=1, name="n", project="p")),
        draft(TodosEvent(at=2, todos=todos)),
        draft(LogEvent(at=3, first=1, lines=[("stdout", "a")])),
        draft(StatusEvent(at=4, status="failed")),
        head=7,
    )
    columns = folded_columns(entries)
    summary = json.loads(columns.pop("summary"))
    assert (summary["name"], summary["percent"], summary["head"]) == ("n", 50, 11)
    assert columns == {
        "status": "failed", "name": "n", "project": "p", "percent": 50, "ended_at": 4, "head": 11, "log_lines": 1,
    }  # fmt: skip
    assert {*columns, "summary"} == set(FOLDED_COLUMNS)


def test_of_many_log_events_few_are_marked() -> None:
    events = [LogEvent(at=1, first=1, lines=[("stdout", "x")] * (number % 3)) for number in range(100)]
    first = entered(*map(draft, events))
    marks = {row[1]: row[5] for row in first.events if row[5] is not None}
    assert marks == {2: 1, 35: 34, 68: 67}  # by seq: the number of the first line
    assert first.mark == 68


def test_an_end_is_the_last() -> None:
    with pytest.raises(Ended):
        entered(draft(StatusEvent(at=1, status="failed")), draft(TextEvent(at=1, id="t", kind="answer")))


def test_the_size_counts_payloads() -> None:
    event = ToolEvent(at=1, id="t", name="n")
    plain = entered(Draft(event))
    assert entered(Draft(event, (Payload("tool_input", "t", "text/plain", b"12345"),))).size == plain.size + 5


def test_what_nobody_cleaned_is_folded_as_it_is_read() -> None:
    entries = entered(Draft(TextEvent(at=1, id="t", kind="answer", delta="\ud800")))
    assert entries.state.texts[0].text == "\ufffd"
