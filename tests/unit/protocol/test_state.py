from __future__ import annotations

import msgspec

from buildwidget.protocol.codec import decode_state, encode_state
from buildwidget.protocol.events import LogEvent, MetaEvent, StatusEvent
from buildwidget.protocol.reducer import fold
from buildwidget.protocol.state import State, Summary, initial_state, summary_of


def test_a_summary_is_every_field_of_a_state_that_lists_show() -> None:
    start = initial_state(id="b", owner="o", kind="agent", created_at=1, key="k", retry_of="r", follows="f")
    state = fold(start, [MetaEvent(at=2, name="n", tags=["t"]), StatusEvent(at=3, status="running")])
    summary = summary_of(state, head=9, ahead=2)
    shared = set(Summary.__struct_fields__) & set(State.__struct_fields__)
    assert set(Summary.__struct_fields__) - shared == {"head", "ahead"}
    assert {name: getattr(summary, name) for name in shared} == {name: getattr(state, name) for name in shared}
    assert (summary.head, summary.ahead) == (9, 2)


def test_what_has_no_value_is_null_where_the_contract_lists_it_and_absent_elsewhere() -> None:
    start = initial_state(id="b", owner="o", kind="agent", created_at=1)
    written = msgspec.to_builtins(summary_of(start, head=0))
    assert written == {
        "id": "b",
        "owner": "o",
        "kind": "agent",
        "name": "",
        "project": None,
        "tags": [],
        "status": "queued",
        "cancelling": False,
        "percent": None,
        "created_at": 1,
        "head": 0,
    }


def test_a_log_that_was_written_before_there_were_open_rows_has_none() -> None:
    start = initial_state(id="b", owner="o", kind="command", created_at=1)
    written = encode_state(start)
    assert b'"open"' not in written
    assert decode_state(written).log.open == {}
    drawn = fold(start, [LogEvent(at=2, first=1, lines=[], open={"stdout": ["a"]})])
    assert decode_state(encode_state(drawn)).log.open == {"stdout": ["a"]}
