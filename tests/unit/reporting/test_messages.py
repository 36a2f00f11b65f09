from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import MetricEvent, ProgressEvent, ToolEvent
from buildwidget.reporting.messages import (
    DisplayReport,
    LogReport,
    Message,
    StepStarted,
    Sync,
    TodoReport,
    TodosReport,
    decode_messages,
    encode_message,
    frame,
)

MESSAGES: list[Message] = [
    TodosReport(at=1, todos=[TodoReport(content="a", status="pending")]),
    StepStarted(at=2, step="s", content="b"),
    LogReport(at=3, text="line"),
    DisplayReport(at=4, id="d", mime="image/png", content=b"\0\xff"),
    MetricEvent(at=5, name="m", points=[(None, 0.5, 5)]),
    ProgressEvent(at=6, id="p", label="", current=1, total=2),
    ToolEvent(at=7, id="t", input={"a": [1, None]}),
    Sync(9),
]


def test_a_frame_holds_its_messages_in_order() -> None:
    data = frame([encode_message(message) for message in MESSAGES])
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert decode_messages(data[4:]) == MESSAGES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("\ud800", "\ufffd"),
        (2**70, float(2**70)),
        ({1, 2}, [1, 2]),
        (object, "<class 'object'>"),
        ({"deep": b"bytes"}, {"deep": b"bytes"}),
    ],
)
def test_whatever_a_program_puts_into_a_tool_travels(given: Any, kept: Any) -> None:
    (message,) = decode_messages(frame([encode_message(ToolEvent(at=1, id="t", input=given))])[4:])
    assert isinstance(message, ToolEvent)
    assert message.input == kept


def test_endless_nesting_travels_as_far_as_it_may() -> None:
    endless: list[Any] = []
    endless.append(endless)
    (message,) = decode_messages(frame([encode_message(ToolEvent(at=1, id="t", input=endless))])[4:])
    assert isinstance(message, ToolEvent)
    assert isinstance(message.input, list)
