"""What drafts become in the log: numbered, encoded once, folded. No database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

LASTING_COLUMNS: Final = frozenset({"status", "name", "project", "ended_at"})
"""Those of them that few events change; fields of the state of the same name."""

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
    last = head + len(drafts)
    for seq, draft in enumerate(drafts, start=head + 1):
        event = draft.event
        if isinstance(event, LogEvent):
            draft = _renumbered(draft, event, lines + 1)  # noqa: PLW2901 - the same draft, with the numbers it gets
        elif is_end(event) and seq < last:
            raise Ended
        body, decoded = _readable(draft)
        builder.apply(decoded)
        if isinstance(decoded, LogEvent):
            lines += len(decoded.lines)
        rows.append(_row(state.id, seq, draft.event, decoded, codec.with_seq(body, seq)))
        if draft.payloads:
            payloads += [_payload_row(state.id, content) for content in draft.payloads]
    size = sum([len(row[-1]) for row in rows]) + sum(len(row["content"]) for row in payloads)
    return Entries(rows, payloads, builder, builder.state(), last, size)


def _readable(draft: Draft) -> tuple[bytes, Event | None]:
    """The event's JSON without a seq, and what readers decode it to; None: nothing."""
    if draft.body is not None:
        return draft.body, draft.event
    event = draft.event if draft.event.seq == 0 else msgspec.structs.replace(draft.event, seq=0)
    if draft.clean:
        return _encode(event), event
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


def _renumbered(draft: Draft, event: LogEvent, first: int) -> Draft:
    shift = first - event.first
    if shift == 0:
        return draft
    moved = [
        Payload(payload.kind, str(int(payload.key) + shift), payload.mime, payload.content)
        for payload in draft.payloads
    ]
    return Draft(msgspec.structs.replace(event, first=first), tuple(moved), draft.clean)


def _row(build_id: str, seq: int, event: Event, decoded: Event | None, body: bytes) -> tuple[Any, ...]:
    """The columns of ``events``, in their order."""
    # What no reader can decode is kept for its seq only, and found by nothing else.
    first_line = decoded.first if isinstance(decoded, LogEvent) and decoded.lines else None
    subject = _SUBJECTS.get(type(decoded))
    return build_id, seq, event.at, event.__struct_config__.tag, subject and subject(decoded), first_line, body


# What a route finds an event by, as the state has it.
_SUBJECTS: Final[dict[type, Callable[[Any], str]]] = {
    ToolEvent: lambda event: label(event.id),
    DisplayEvent: lambda event: label(event.id),
    ArtifactEvent: lambda event: label(event.path),
    TodosEvent: lambda _event: "",
}


def _payload_row(build_id: str, payload: Payload) -> dict[str, Any]:
    return {
        "build_id": build_id,
        "kind": payload.kind,
        "key": payload.key,
        "mime": payload.mime,
        "content": payload.content,
    }
