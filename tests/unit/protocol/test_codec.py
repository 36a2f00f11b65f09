from __future__ import annotations

import json
import math
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.protocol import codec
from buildwidget.protocol.codec import (
    MalformedError,
    clean_event,
    decode_client_frame,
    decode_event,
    decode_state,
    encode_event,
    encode_frame,
    encode_state,
)
from buildwidget.protocol.events import (
    Error,
    Event,
    LogEvent,
    MetaEvent,
    MetricEvent,
    PermissionEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.protocol.frames import Ping, Pong, Subscribe, Unwatch, Watch
from buildwidget.protocol.limits import MAX_CLIENT_FRAME_BYTES
from buildwidget.protocol.state import initial_state
from buildwidget.protocol.text import is_deeper


@pytest.mark.parametrize(
    "event",
    [
        StatusEvent(at=1, status="failed", exit_code=-9, error=Error(kind="OSError", message="é")),
        TodosEvent(at=1, seq=7, todos=[Todo(id="1", content="c", status="pending", active_form="ing")]),
        LogEvent(at=1, first=1, lines=[("stdout", "\x1b[1mbold\x1b[0m"), ("stderr", "\u2028\x00")], partial={}),
        LogEvent(at=1, first=1, lines=[], open={"stdout": ["\x1b[1mbold", ""], "stderr": []}),
        ToolEvent(at=1, id="__proto__", input={"__proto__": [1, 2.5, None, True]}, truncated=["output"]),
        MetricEvent(at=1, name="m", points=[(None, "NaN", 1), (0, 1e300, 2)]),
    ],
)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert decode_event(encode_event(event)) == event
    assert decode_event(encode_event(event).decode()) == event


def test_absent_is_not_written_and_an_empty_value_is() -> None:
    assert encode_event(MetaEvent(at=1, name="n")) == b'{"type":"meta","at":1,"name":"n"}'
    assert encode_event(LogEvent(at=1, first=1, lines=[], partial={})) == (
        b'{"type":"log","at":1,"first":1,"lines":[],"partial":{}}'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (2**53, "9007199254740992.0"),
        (10**400, '"Infinity"'),
    ],
)
def test_numbers_json_cannot_hold_are_written_as_the_wire_holds_them(value: Any, text: str) -> None:
    for event in (
        ProgressEvent(at=1, id="", label="", current=value),
        MetricEvent(at=1, name="", points=[(value, value, 1)]),
        ToolEvent(at=1, id="", output={"deep": [value]}),
        PermissionEvent(at=1, request_id="", tool="", input=value),
    ):
        data = encode_event(event)
        assert text in data.decode()
        assert decode_event(data) == clean_event(event)


@pytest.mark.parametrize(
    "event",
    [
        TextEvent(at=1, id="\ud800", kind="plan", delta="a\udfffb"),
        LogEvent(at=1, first=1, lines=[("stdout", "\ud800")], partial={"stdout": "\udc00"}),
        LogEvent(at=1, first=1, lines=[], open={"stdout": ["\ud800"]}),
        TodosEvent(
            at=1, todos=[Todo(id="1", content="c", status="pending"), Todo(id="2", content="\ud800", status="pending")]
        ),
        StatusEvent(at=1, status="failed", error=Error(kind="E", message="m", traceback="\ud800")),
        ToolEvent(at=1, id="t", input={"\ud800": ("\ud800",)}),
        MetaEvent(at=1, tags=["\ud800"]),
    ],
)
def test_lone_surrogates_are_written_as_replacement_characters(event: Event) -> None:
    data = encode_event(event)
    assert "\ufffd" in data.decode()
    assert encode_event(decode_event(data)) == data  # type: ignore[arg-type]  # None would raise


def test_two_halves_in_one_text_are_the_character_javascript_sees() -> None:
    assert decode_event(encode_event(MetaEvent(at=1, name="\ud83d\ude00"))) == MetaEvent(at=1, name="😀")


def test_a_clean_event_is_not_copied() -> None:
    event = ToolEvent(at=1, id="t", input={"a": [1, "é", (2.5, None)]}, truncated=["input"])
    assert clean_event(event) is event


def test_what_is_no_json_at_all_is_written_as_its_text() -> None:
    event = ToolEvent(at=1, id="t", input={1: {2}, "path": sys})
    decoded = decode_event(encode_event(event))
    assert isinstance(decoded, ToolEvent)
    assert decoded.input == {"1": [2], "path": str(sys)}


def test_what_is_nested_too_deep_is_cut_and_still_read() -> None:
    nested: list[Any] = []
    nested.append(nested)
    decoded = decode_event(encode_event(ToolEvent(at=1, id="t", input=nested)))
    assert isinstance(decoded, ToolEvent)
    assert json.dumps(decoded.input, ensure_ascii=False) == "[" * 63 + '"…"' + "]" * 63


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text("a", max_size=2), inner, max_size=3)


_nested = st.recursive(st.sampled_from(["],[", "},{", "[", "\x1b[", "\\u001b[", 1]), _around, max_leaves=120)


@given(_nested, st.integers(1, 8))
def test_counting_brackets_never_lets_pass_what_is_too_deep(value: Any, limit: int) -> None:
    data = msgspec.json.encode(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "MAX_JSON_DEPTH", limit)
        assert codec._is_shallow(data) is not is_deeper(value, limit)


def test_an_event_of_many_points_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [(step, 0.5, step) for step in range(200)]
    data = encode_event(MetricEvent(at=1, name="loss", points=points))
    monkeypatch.setattr(codec.msgspec.json, "decode", None)  # calling it raises
    assert decode_event(data) is not None


def test_a_log_with_colours_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode_event(LogEvent(at=1, first=1, lines=[("stdout", "\x1b[31mred\x1b[0m")] * 200))
    monkeypatch.setattr(codec.msgspec.json, "decode", None)  # calling it raises
    assert isinstance(decode_event(data), LogEvent)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b'\xef\xbb\xbf{"type":"meta","at":1}',
        b'{"type":"meta","at":1',
        b'{"type":"meta","at":1} x',
        b'{"type":"meta","at":NaN}',
        b'{"type":"meta","at":1,"name":"\xed\xa0\x80"}',
        b'{"type":"meta","at":1,"name":"\x01"}',
        b'{"type":"later","at":1}',
        b'{"type":"meta","at":1e999}',
        b'{"type":"meta","at":1,"name":1e999}',
        b'{"type":"tool","at":1,"id":"t","input":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type":"meta","at":1,"later":' + b"[" * 64 + b"]" * 64 + b"}",
        "\ud800",
    ],
)
def test_what_is_no_event_is_none(data: bytes | str) -> None:
    assert decode_event(data) is None


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b'{"type":"meta","at":1.0}', MetaEvent(at=1)),
        (b'{"type":"meta","at":1e2,"later":1e999}', MetaEvent(at=100)),
        (b'{"type":"meta","at":1,"name":"\\ud800"}', MetaEvent(at=1, name="\ufffd")),
        (b'{"type":"later","type":"meta","at":1}', MetaEvent(at=1)),
        (
            b'{"type":"progress","at":1,"id":"","label":"","current":1e999,"total":9007199254740993}',
            ProgressEvent(at=1, id="", label="", current="Infinity", total=2.0**53),
        ),
        (b'{"type":"tool","at":1,"id":"","input":' + b"9" * 5_000 + b"}", ToolEvent(at=1, id="", input="Infinity")),
        (
            b'{"type":"log","at":1,"first":1,"lines":[' + b'["stdout",""],' * 100 + b'["stdout",""]],"later":1e999}',
            LogEvent(at=1, first=1, lines=[("stdout", "")] * 101),
        ),
    ],
)
def test_what_javascript_reads_is_read_alike(data: bytes, event: Event) -> None:
    assert decode_event(data) == event


def test_a_state_is_read_as_it_was_written_and_by_an_older_reader() -> None:
    state = initial_state(id="b", owner="o", kind="command", created_at=1, key="k")
    data = encode_state(state)
    assert decode_state(data) == state
    assert decode_state(data[:-1] + b',"later":1}') == state


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_state_is_an_error_that_says_so(data: bytes) -> None:
    with pytest.raises(MalformedError, match="not a state"):
        decode_state(data)


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        ('{"type":"subscribe","build":"b","epoch":"e","seq":5,"later":1}', Subscribe("b", "e", 5)),
        (b'{"type":"subscribe","build":"b"}', Subscribe("b")),
        (b'{"type":"watch"}', Watch()),
        (b'{"type":"unwatch"}', Unwatch()),
        (b'{"type":"ping","n":3}', Ping(3)),
        (b'{"type":"later"}', None),
    ],
)
def test_a_client_frame_is_read(data: bytes | str, frame: object) -> None:
    assert decode_client_frame(data) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        "\ud800",
        b'{"type":1}',
        b'{"type":"ping"}',
        b'{"type":"ping","n":1e999}',
        b'{"type":"subscribe","build":"b","seq":-1}',
        b'{"type":"ping","n":1,"later":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"type":"ping","n":1,"later":"' + b"x" * MAX_CLIENT_FRAME_BYTES + b'"}',
    ],
)
def test_what_is_no_client_frame_is_an_error(data: bytes | str) -> None:
    with pytest.raises(MalformedError):
        decode_client_frame(data)


def test_a_server_frame_carries_its_type() -> None:
    assert msgspec.json.decode(encode_frame(Pong(n=3))) == {"type": "pong", "n": 3}
