"""What drafts become in the log: numbered, encoded once, folded. No database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

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
from buildwidget.protocol.state import State
from buildwidget.store.errors import Ended
from buildwidget.store.records import Draft, Payload

FOLDED_COLUMNS: Final = ("status", "name", "project", "percent", "ended_at", "summary", "head", "log_lines")
"""The columns of ``builds`` that follow from the log; ``folded_columns`` has their values."""

LASTING_COLUMNS: Final = frozenset({"status", "name", "project", "ended_at"})
"""Those of them that few events change; fields of the state of the same name."""

MARK_EVERY: Final = 32
"""Lines are found by their numbers from marks: of log events with lines the first, and each that stands at least so
many events behind the last that was marked. So those without a mark are less than this behind one."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows to insert, and what follows from them. ``size``: bytes of bodies and payloads.

    ``builder`` has folded ``folded``, what readers decode the events to, and folds on from there.
    """

    events: list[tuple[Any, ...]]
    payloads: list[dict[str, Any]]
    builder: StateBuilder
    folded: list[Event | None]
    head: int
    mark: int
    size: int

    @property
    def bodies(self) -> list[bytes]:
        """The events as JSON."""
        return [row[-1] for row in self.events]

    @property
    def state(self) -> State:
        """The state after them."""
        return self.builder.state()


def enter(
    builder: StateBuilder, build_id: str, head: int, drafts: Sequence[Draft], *, mark: int = -MARK_EVERY
) -> Entries:
    """Number the drafts from ``head + 1`` on and fold them. If they are not stored, ``builder`` is of no more use.

    Log lines are numbered here too, whatever ``first`` says: several sources write lines, and only here is known
    which came before. What is folded is what readers will decode. ``mark`` is the seq of the last log event that was
    marked with its number; more marks than needed do no harm.

    Raises:
        Ended: an end is followed by another event.
    """
    rows: list[tuple[Any, ...]] = []
    payloads: list[dict[str, Any]] = []
    folded: list[Event | None] = []
    last = head + len(drafts)
    for seq, draft in enumerate(drafts, start=head + 1):
        event = draft.event
        if isinstance(event, LogEvent):
            draft = _renumbered(draft, event, builder.log_count + 1)  # noqa: PLW2901 - the same, with its numbers
            event = draft.event
        elif seq < last and is_end(event):
            raise Ended
        body, decoded = (draft.body, event) if draft.body is not None else _readable(draft)
        builder.apply(decoded)
        folded.append(decoded)
        # What no reader can decode is kept for its seq only, and found by nothing else.
        subject, first_line = None, None
        if isinstance(decoded, LogEvent):
            if decoded.lines and seq >= mark + MARK_EVERY:
                mark, first_line = seq, decoded.first
        elif (find := _SUBJECTS.get(type(decoded))) is not None:
            subject = find(decoded)
        rows.append((build_id, seq, event.at, _TYPES[type(event)], subject, first_line, codec.with_seq(body, seq)))
        if draft.payloads:
            payloads += [_payload_row(build_id, content) for content in draft.payloads]
    size = sum([len(row[-1]) for row in rows]) + sum([len(row["content"]) for row in payloads])
    return Entries(rows, payloads, builder, folded, last, mark, size)


def _readable(draft: Draft) -> tuple[bytes, Event | None]:
    """The event's JSON without a seq, and what readers decode it to; None: nothing."""
    event = draft.event if draft.event.seq == 0 else msgspec.structs.replace(draft.event, seq=0)
    if draft.clean:
        return _encode(event), event
    body = codec.encode_event(event)
    return body, codec.decode_event(body)


def folded_columns(entries: Entries) -> dict[str, Any]:
    """The columns of ``builds`` that follow from the log."""
    summary = entries.builder.summary(entries.head)
    return {
        "status": summary.status,
        "name": summary.name,
        "project": summary.project,
        "percent": summary.percent,
        "ended_at": summary.ended_at,
        "summary": _encode(summary),
        "head": entries.head,
        "log_lines": entries.builder.log_count,
    }


def _renumbered(draft: Draft, event: LogEvent, first: int) -> Draft:
    shift = first - event.first
    if shift == 0:
        return draft
    moved = [
        Payload(payload.kind, str(int(payload.key) + shift), payload.mime, payload.content)
        for payload in draft.payloads
    ]
    # The first that it says is the number, for only the type and the time come before it: a third of an encoding.
    body = draft.body and draft.body.replace(b'"first":%d' % event.first, b'"first":%d' % first, 1)
    return Draft(msgspec.structs.replace(event, first=first), tuple(moved), draft.clean, body)


_TYPES: Final[dict[type, str]] = {kind: str(kind.__struct_config__.tag) for kind in get_args(Event)}

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
