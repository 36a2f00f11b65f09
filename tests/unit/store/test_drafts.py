from __future__ import annotations

import datetime as dt
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.protocol import codec
from buildwidget.protocol.events import LogEvent, MetricEvent, ProgressEvent, TextEvent, ToolEvent
from buildwidget.protocol.limits import MAX_PAYLOAD_BYTES
from buildwidget.store.drafts import CUT_MARK, draft


def tool(**fields: Any) -> ToolEvent:
    return ToolEvent(at=1, id="t", **fields)


def test_what_is_fine_is_kept_as_it_is() -> None:
    event = tool(input={"a": [1, 2.5, None, "ü"]}, output="x" * 1024)
    made = draft(event)
    assert made.event is event
    assert made.payloads == ()


def test_a_seq_is_taken_off() -> None:
    made = draft(TextEvent(at=1, seq=9, id="t", kind="answer"))
    assert made.event == TextEvent(at=1, id="t", kind="answer")


@pytest.mark.parametrize(
    ("value", "mime", "whole"),
    [
        ("ä" * 600, "text/plain", "ä" * 600),
        ({"k": "x" * 2000}, "application/json", {"k": "x" * 2000}),
        (list(range(1000)), "application/json", list(range(1000))),
    ],
)
def test_what_is_too_long_is_cut_and_kept_beside(value: Any, mime: str, whole: Any) -> None:
    made = draft(tool(input=value, output="short"))
    event = made.event
    assert isinstance(event, ToolEvent)
    assert isinstance(event.input, str)
    assert 1020 <= len(event.input.encode()) <= 1024
    assert (event.output, event.truncated) == ("short", ["input"])
    [payload] = made.payloads
    assert (payload.kind, payload.key, payload.mime) == ("tool_input", "t", mime)
    assert (payload.content.decode() if mime == "text/plain" else msgspec.json.decode(payload.content)) == whole


def test_what_is_too_long_even_beside_is_marked() -> None:
    [payload] = draft(tool(output=["x" * 9_000_000])).payloads
    assert (payload.kind, payload.mime) == ("tool_output", "text/plain" + CUT_MARK)
    assert len(payload.content) == 8 * 1024 * 1024


def test_what_just_fits_beside_is_whole() -> None:
    [payload] = draft(tool(output="x" * MAX_PAYLOAD_BYTES)).payloads
    assert (payload.mime, len(payload.content)) == ("text/plain", MAX_PAYLOAD_BYTES)


def test_a_long_line_says_how_much_is_missing() -> None:
    made = draft(LogEvent(at=1, first=5, lines=[("stdout", "a"), ("stderr", "x" * 9_000_000)]))
    [payload] = made.payloads
    assert (payload.kind, payload.key) == ("log_line", "6")
    assert payload.content == b"x" * MAX_PAYLOAD_BYTES + " […9000000 bytes]".encode()
    assert isinstance(made.event, LogEvent)
    assert len(made.event.lines[1][1]) == 4096


def test_an_unfinished_line_is_cut_too_and_kept_beside_a_long_one() -> None:
    long = LogEvent(at=1, first=1, lines=[], partial={"stdout": "é" * 5_000, "stderr": "x"})
    made = draft(long)
    assert made.event == LogEvent(at=1, first=1, lines=[], partial={"stdout": "é" * 2_048, "stderr": "x"})
    assert made.payloads == ()
    beside = draft(LogEvent(at=1, first=1, lines=[("stdout", "x" * 5_000)], partial={"stderr": "y"}))
    assert isinstance(beside.event, LogEvent)
    assert beside.event.partial == {"stderr": "y"}


def test_what_json_cannot_hold_is_replaced() -> None:
    assert draft(TextEvent(at=1, id="t", kind="answer", delta="a\ud800b")).event == TextEvent(
        at=1, id="t", kind="answer", delta="a\ufffdb"
    )
    assert draft(ProgressEvent(at=1, id="b", label="b", current=math.nan, total=-math.inf)).event == ProgressEvent(
        at=1, id="b", label="b", current="NaN", total="-Infinity"
    )
    assert draft(MetricEvent(at=1, name="m", points=[(math.inf, math.nan, 1)])).event == MetricEvent(
        at=1, name="m", points=[("Infinity", "NaN", 1)]
    )
    day = dt.date(2026, 1, 2)
    assert draft(tool(input={1: day, "s": {"x"}})).event == tool(input={"1": "2026-01-02", "s": ["x"]})


def test_what_its_type_does_not_allow_is_refused() -> None:
    wrong: Any = "three"
    with pytest.raises(ValueError, match="not an event"):
        draft(ProgressEvent(at=1, id="b", label="b", current=wrong))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(_json)
def test_a_clean_draft_is_read_again_as_it_is(value: Any) -> None:
    made = draft(tool(input=value))
    assert made.clean
    assert codec.decode_event(msgspec.json.encode(made.event)) == made.event


def test_open_rows_over_their_bounds_are_not_stored() -> None:
    rows = [f"{n} " + "é" * 3_000 for n in range(4)]
    made = draft(LogEvent(at=1, first=1, lines=[("stdout", "x" * 5_000)], open={"stderr": ["old"], "stdout": rows}))
    assert isinstance(made.event, LogEvent)
    assert made.event.open == {"stdout": [f"{n} " + "é" * 2_047 for n in range(4)]}
    assert [payload.key for payload in made.payloads] == ["1"]
    assert draft(made.event).event == made.event
    few = LogEvent(at=1, first=1, lines=[], open={"stdout": ["a", ""]})
    assert draft(few).event is few
    assert draft(LogEvent(at=1, first=1, lines=[], open={"stdout": []})).event == LogEvent(
        at=1, first=1, lines=[], open={}
    )
