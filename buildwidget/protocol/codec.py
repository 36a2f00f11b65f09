"""Events, states and frames to JSON bytes and back.

What msgspec would do by itself is not enough, hence this module:

- It writes NaN as null and raises on lone surrogates, so whatever may hold them is cleaned before it is encoded.
- It tells 1.0 from 1, and keeps integers JavaScript would round. On the wire **a number is its value**: 1, 1.0 and
  1e0 are the same, an integer beyond 2^53 is the nearest float, one beyond all floats is ``"Infinity"``; where an
  integer is asked for, 1.0 will do and 2^53 will not. Both languages decode by these rules.
- It raises on bytes no reader should stumble over. A malformed event (no JSON, an unknown type, a wrong field,
  deeper than MAX_JSON_DEPTH) decodes to None: only its seq counts. Unknown fields are left out.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn, TypeVar, get_args

import msgspec

from buildwidget.protocol.events import (
    Event,
    MetricEvent,
    PermissionEvent,
    ProgressEvent,
    ToolEvent,
    UsageEvent,
)
from buildwidget.protocol.frames import ClientFrame, ServerFrame
from buildwidget.protocol.limits import MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH, MAX_SAFE_INTEGER
from buildwidget.protocol.state import State
from buildwidget.protocol.text import clean_json, clean_text, is_deeper

_encode: Final = msgspec.json.Encoder().encode
_decode_event: Final = msgspec.json.Decoder(Event).decode
_decode_state: Final = msgspec.json.Decoder(State).decode
_decode_client_frame: Final = msgspec.json.Decoder(ClientFrame).decode
_CLIENT_FRAME_TYPES: Final = frozenset(frame.__struct_config__.tag for frame in get_args(ClientFrame))

_SAFE_DIGITS: Final = 15
"""Integers of at most so many digits are below 2^53 for certain."""

_HOLDS_NUMBERS: Final = (ToolEvent, PermissionEvent, ProgressEvent, MetricEvent, UsageEvent)
"""Types with numbers that msgspec would write as null, or as integers JavaScript rounds."""

StructT = TypeVar("StructT", bound=msgspec.Struct)


class MalformedError(ValueError):
    """These bytes are not what they should be."""


def clean_event(event: StructT) -> StructT:
    """``event`` as JSON can hold it (see ``text.clean_json``); the same object where nothing had to change."""
    changes: dict[str, Any] = {}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if value is not None:
            cleaned = _clean_field(value)
            if cleaned is not value:
                changes[name] = cleaned
    return msgspec.structs.replace(event, **changes) if changes else event


def _clean_field(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return clean_event(value)
    if isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
        rows = [clean_event(row) for row in value]
        return value if all(new is old for new, old in zip(rows, value, strict=True)) else rows
    return clean_json(value)


def encode_event(event: Event) -> bytes:
    """The event as its wire JSON, cleaned; without a ``seq`` while it has none (see ``with_seq``)."""
    if isinstance(event, _HOLDS_NUMBERS):
        return _encode(clean_event(event))
    try:
        return _encode(event)
    except UnicodeEncodeError:
        return _encode(clean_event(event))


def with_seq(event: bytes, seq: int) -> bytes:
    """The wire JSON of an event that was encoded without a seq, now with one."""
    return b'{"seq":%d,%b' % (seq, event[1:])


def decode_event(data: bytes | str) -> Event | None:
    """The event in ``data``, clean; None where it is malformed or of an unknown type."""
    try:
        event: Event = _decode_event(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _decode_unusual(data)
    if isinstance(event, (ToolEvent, PermissionEvent)):
        event = _clean_content(event)
    return event if _is_shallow(data) else _decode_unusual(data)


def _is_shallow(data: bytes | str) -> bool:
    """Whether nothing is nested too deep, for certain; counting brackets spares most events a second parse.

    Where a bracket closes right before the next one opens, as between points and rows, nothing gets deeper. A bracket
    behind an escape stands in a string: log lines with colours are full of them.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= MAX_JSON_DEPTH:
        return True
    if opened - raw.count(b"],[") - raw.count(b"},{") - raw.count(b"\\u001b[") <= MAX_JSON_DEPTH:
        return True
    try:
        return not is_deeper(msgspec.json.decode(data), MAX_JSON_DEPTH)
    except (msgspec.DecodeError, RecursionError):
        return False


def _clean_content(event: Any) -> Any:
    """Only what is typed Any can hold an integer beyond 2^53 after a strict decode."""
    content = {"input": event.input, "output": event.output} if isinstance(event, ToolEvent) else {"input": event.input}
    cleaned = {name: clean_json(value) for name, value in content.items() if isinstance(value, (dict, list, int))}
    changes = {name: value for name, value in cleaned.items() if value is not content[name]}
    return msgspec.structs.replace(event, **changes) if changes else event


def _decode_unusual(data: bytes | str) -> Event | None:
    """What JavaScript reads and msgspec refuses: lone surrogates, 1.0 as an integer, numbers beyond a float's."""
    try:
        text = data if isinstance(data, str) else data.decode()
        value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_refuse)
        if is_deeper(value, MAX_JSON_DEPTH):
            return None
        event: Event = msgspec.convert(_well_formed(value), Event)
    except (ValueError, msgspec.DecodeError, RecursionError):  # before msgspec 0.20 its errors are no ValueErrors
        return None
    return clean_event(event)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _SAFE_DIGITS else _float(digits)


def _float(digits: str) -> float:
    value = float(digits)
    return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _well_formed(value: Any) -> Any:
    """Strings cleaned, numbers left: an infinity must not pass for the text "Infinity" before the types are checked."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _well_formed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_well_formed(item) for item in value]
    return value


def encode_state(state: State) -> bytes:
    """The state as its wire JSON."""
    return _encode(state)


def decode_state(data: bytes | str) -> State:
    """The state in ``data``; MalformedError where there is none."""
    try:
        state: State = _decode_state(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedError(f"not a state: {error}") from error
    return state


def decode_client_frame(data: bytes | str) -> ClientFrame | None:
    """The frame a client sent; None for a type of a later version, MalformedError for everything else."""
    if len(data) > MAX_CLIENT_FRAME_BYTES:
        raise MalformedError(f"a frame is at most {MAX_CLIENT_FRAME_BYTES} bytes")
    try:
        frame: ClientFrame = _decode_client_frame(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if _has_unknown_type(data):
            return None
        raise MalformedError(f"not a frame: {error}") from error
    return frame


class _Typed(msgspec.Struct):
    type: str


def _has_unknown_type(data: bytes | str) -> bool:
    try:
        return msgspec.json.decode(data, type=_Typed).type not in _CLIENT_FRAME_TYPES
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def encode_frame(frame: ServerFrame) -> bytes:
    """A server frame as JSON; snapshots and batches are spliced from stored bytes instead (frames.py)."""
    return _encode(frame)
