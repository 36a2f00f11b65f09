from __future__ import annotations

import json

import pytest

from buildwidget.protocol.events import LogEvent, StatusEvent, TextEvent, ToolEvent
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import initial_state
from buildwidget.store.drafts import draft
from buildwidget.store.entries import Entries, enter
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
    assert [row["key"] for row in entries.payloads] == ["3"]
    assert entries.state.log.count == 3


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
