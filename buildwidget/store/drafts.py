"""Making events fit for the log: cleaned, and with what is too big for the wire beside them."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from buildwidget.protocol import codec
from buildwidget.protocol.events import Event, LogEvent, LogLine, ToolEvent
from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES, MAX_PAYLOAD_BYTES, PREVIEW_BYTES
from buildwidget.protocol.metadata import label
from buildwidget.protocol.open_rows import bounded_open
from buildwidget.protocol.text import keep_start
from buildwidget.store.records import Draft, Payload, PayloadKind

CUT_MARK: Final = ";cut=1"
"""Ends the mime type of a payload that is not whole itself."""

_TEXT: Final = "text/plain"
_JSON: Final = "application/json"

_encode = msgspec.json.Encoder().encode


def draft(event: Event) -> Draft:
    """The event as it may be stored: what JSON cannot hold is replaced, what is too long is cut and kept beside it.

    A tool's input or output over 1 KiB becomes its first 1 KiB of text, named in ``truncated``; a log line over 4 KiB
    its first 4 KiB. Both are kept whole as payloads, up to 8 MiB, and marked where even that was not enough. Of open
    rows and unfinished lines only what a state keeps is stored; once finished, they are lines.

    Raises:
        ValueError: a field has a value that its type does not allow.
    """
    clean = _clean(event if event.seq == 0 else msgspec.structs.replace(event, seq=0))
    if isinstance(clean.event, ToolEvent):
        return _tool(clean, clean.event)
    if isinstance(clean.event, LogEvent):
        return _log(clean, clean.event)
    return clean


def _clean(event: Event) -> Draft:
    """The event as readers will have it. Most are clean, and to see it from their JSON is ten times quicker."""
    try:
        body = _encode(event)
        if codec.decode_event(body) == event:
            return Draft(event, clean=True, body=body)
    except (UnicodeError, TypeError, ValueError, RecursionError):
        pass
    clean = codec.clean_event(event)
    decoded = codec.decode_event(_encode(clean))
    if decoded is None:
        raise ValueError(f"not an event that can be read again: {clean!r:.200}")
    return Draft(decoded, clean=True)


def _tool(whole: Draft, event: ToolEvent) -> Draft:
    payloads: list[Payload] = []
    changes: dict[str, Any] = {}
    kinds: tuple[tuple[str, PayloadKind], ...] = (("input", "tool_input"), ("output", "tool_output"))
    for field, kind in kinds:
        value = getattr(event, field)
        is_text = isinstance(value, str)
        content = value.encode() if is_text else b"" if value is None else msgspec.json.encode(value)
        if len(content) > PREVIEW_BYTES:
            changes[field] = keep_start(content.decode(), PREVIEW_BYTES)
            payloads.append(_payload(kind, label(event.id), _TEXT if is_text else _JSON, content))
    if not changes:
        return whole
    truncated = sorted({*(event.truncated or ()), *changes})
    return Draft(msgspec.structs.replace(event, truncated=truncated, **changes), tuple(payloads), clean=True)


def _log(whole: Draft, event: LogEvent) -> Draft:
    if event.open and (rows := bounded_open(event.open)) != event.open:
        event = msgspec.structs.replace(event, open=rows)
        whole = Draft(event, clean=True)
    texts = [text for _stream, text in event.lines]
    if max(map(len, (*texts, *(event.partial or {}).values())), default=0) * 4 <= MAX_LOG_LINE_BYTES:
        return whole
    payloads: list[Payload] = []
    lines: list[LogLine] = []
    for number, (stream, text) in enumerate(event.lines, start=event.first):
        kept = keep_start(text, MAX_LOG_LINE_BYTES)
        lines.append((stream, kept))
        if kept is not text:
            payloads.append(_payload("log_line", str(number), _TEXT, text.encode()))
    partial = event.partial and {stream: keep_start(text, MAX_LOG_LINE_BYTES) for stream, text in event.partial.items()}
    return Draft(msgspec.structs.replace(event, lines=lines, partial=partial), tuple(payloads), clean=True)


def _payload(kind: PayloadKind, key: str, mime: str, content: bytes) -> Payload:
    if len(content) <= MAX_PAYLOAD_BYTES:
        return Payload(kind, key, mime, content)
    # JSON that is cut is text, not JSON.
    kept = keep_start(content.decode(), MAX_PAYLOAD_BYTES)
    if kind == "log_line":
        kept += f" […{len(content)} bytes]"
    return Payload(kind, key, _TEXT + CUT_MARK, kept.encode())
