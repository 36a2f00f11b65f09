"""What drafts become in the log: numbered, encoded once, folded. No database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from buildwidget.protocol import codec
from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    TodosEvent,
    ToolEvent,
    is_end,
)
from buildwidget.protocol.metadata import label
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State, summary_of
from buildwidget.store.errors import Ended
from buildwidget.store.records import Draft, Payload

FOLDED_COLUMNS: Final = ("status", "name", "project", "percent", "ended_at", "summary", "head", "log_lines")
"""The columns of ``builds`` that follow from the log; ``folded_columns`` has their values."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows to insert, and the head and state after them. ``size``: bytes of bodies and payloads.

    ``builder`` folds on from there.
    """

    events: list[tuple[Any, ...]]
    payloads: list[dict[str, Any]]
    builder: StateBuilder
    state: State
    head: int
    size: int

    @property
    def bodies(self) -> list[bytes]:
        """The events as JSON."""
        return [row[-1] for row in self.events]


def enter(builder: StateBuilder, head: int, drafts: Sequence[Draft]) -> Entries:
    """Number the drafts from ``head + 1`` on and fold them. If they are not stored, ``builder`` is of no more use.

    Log lines are numbered here too, whatever ``first`` says: several sources write lines, and only here is known
    which came before. What is folded is what readers will decode.

    Raises:
        Ended: an end is followed by another event.
    """
    state = builder.state()
    rows: list[tuple[Any, ...]] = []
    payloads: list[dict[str, Any]] = []
    lines = state.log.count
    for place, draft in enumerate(drafts, start=1):
        event, contents = draft.event, draft.payloads
        if isinstance(event, LogEvent):
            event, contents = _renumbered(event, contents, lines + 1)
        elif is_end(event) and place < len(drafts):
            raise Ended
        if event.seq:
            event = msgspec.structs.replace(event, seq=0)
        body, decoded = (_encode(event), event) if draft.clean else _cleaned(event)
        builder.apply(decoded)
        lines += len(decoded.lines) if isinstance(decoded, LogEvent) else 0
        rows.append(_row(state.id, head + place, event, decoded, codec.with_seq(body, head + place)))
        payloads.extend(_payload_row(state.id, content) for content in contents)
    size = sum(len(row[-1]) for row in rows) + sum(len(row["content"]) for row in payloads)
    return Entries(rows, payloads, builder, builder.state(), head + len(rows), size)


def _cleaned(event: Event) -> tuple[bytes, Event | None]:
    """The event's JSON and what readers decode it to; None: nothing."""
    body = codec.encode_event(event)
    return body, codec.decode_event(body)


def folded_columns(entries: Entries) -> dict[str, Any]:
    """The columns of ``builds`` that follow from the log."""
    state = entries.state
    return {
        "status": state.status,
        "name": state.name,
        "project": state.project,
        "percent": state.percent,
        "ended_at": state.ended_at,
        "summary": msgspec.json.encode(summary_of(state, head=entries.head)),
        "head": entries.head,
        "log_lines": state.log.count,
    }


def _renumbered(event: LogEvent, payloads: tuple[Payload, ...], first: int) -> tuple[LogEvent, tuple[Payload, ...]]:
    shift = first - event.first
    if shift == 0:
        return event, payloads
    moved = tuple(
        Payload(payload.kind, str(int(payload.key) + shift), payload.mime, payload.content) for payload in payloads
    )
    return msgspec.structs.replace(event, first=first), moved


def _row(build_id: str, seq: int, event: Event, decoded: Event | None, body: bytes) -> tuple[Any, ...]:
    """The columns of ``events``, in their order."""
    # What no reader can decode is kept for its seq only, and found by nothing else.
    first_line = decoded.first if isinstance(decoded, LogEvent) and decoded.lines else None
    return build_id, seq, event.at, event.__struct_config__.tag, _subject(decoded), first_line, body


def _subject(event: Event | None) -> str | None:
    """What a route finds the event by, as the state has it."""
    if isinstance(event, (ToolEvent, DisplayEvent)):
        return label(event.id)
    if isinstance(event, ArtifactEvent):
        return label(event.path)
    return "" if isinstance(event, TodosEvent) else None


def _payload_row(build_id: str, payload: Payload) -> dict[str, Any]:
    return {
        "build_id": build_id,
        "kind": payload.kind,
        "key": payload.key,
        "mime": payload.mime,
        "content": payload.content,
    }
