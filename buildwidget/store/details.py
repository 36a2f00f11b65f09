"""One tool call, display or artifact of a build, whole."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from buildwidget.protocol import codec, reducer
from buildwidget.protocol.events import Event
from buildwidget.protocol.state import ArtifactRow, State
from buildwidget.store import rows
from buildwidget.store.drafts import CUT_MARK
from buildwidget.store.errors import NotFound
from buildwidget.store.hydration import state_before_log
from buildwidget.store.tables import events, payloads


def tool(connection: Connection, build_id: str, tool_id: str) -> dict[str, Any]:
    """The row of a tool with its whole input and output; ``truncated`` names what is not whole even here."""
    found = rows.row(connection, build_id)
    calls = _events_of(connection, build_id, "tool", tool_id)
    if not calls:
        raise NotFound(build_id, "tool", tool_id)
    todos = _last_todos_before(connection, build_id, calls[0][0])
    state = _fold(found, [*todos, *(body for _seq, body in calls)])
    if not state.tools:
        raise NotFound(build_id, "tool", tool_id)
    whole: dict[str, Any] = msgspec.to_builtins(state.tools[0])
    for field in tuple(whole["truncated"]):
        payload = _payload(connection, build_id, f"tool_{field}", tool_id)
        if payload is not None:
            whole[field] = _value(*payload)
            if not payload[0].endswith(CUT_MARK):
                whole["truncated"].remove(field)
    return whole


def display(connection: Connection, build_id: str, display_id: str) -> tuple[str, bytes]:
    """The mime type and content of a display."""
    payload = _payload(connection, build_id, "display", display_id)
    if payload is None:
        raise NotFound(build_id, "display", display_id)
    return payload


def artifact(connection: Connection, build_id: str, index: int) -> ArtifactRow:
    """The artifact at a place, from 0, in order of first sight of the paths."""
    found = rows.row(connection, build_id)
    paths = (
        select(events.c.subject)
        .where(*_is(build_id, "artifact"), events.c.subject.is_not(None))
        .group_by(events.c.subject)
        .order_by(func.min(events.c.seq))
    )
    path = connection.scalar(paths.offset(index).limit(1)) if index >= 0 else None
    if path is None:
        raise NotFound(build_id, "artifact", str(index))
    state = _fold(found, [body for _seq, body in _events_of(connection, build_id, "artifact", path)])
    if not state.artifacts:
        raise NotFound(build_id, "artifact", str(index))
    return state.artifacts[0]


def _is(build_id: str, type: str) -> tuple[ColumnElement[bool], ...]:
    return (events.c.build_id == build_id, events.c.type == type)


def _events_of(connection: Connection, build_id: str, type: str, subject: str) -> list[tuple[int, bytes]]:
    query = select(events.c.seq, events.c.body).where(*_is(build_id, type), events.c.subject == subject)
    return [(row.seq, row.body) for row in connection.execute(query.order_by(events.c.seq))]


def _last_todos_before(connection: Connection, build_id: str, seq: int) -> list[bytes]:
    query = select(events.c.body).where(*_is(build_id, "todos"), events.c.subject == "", events.c.seq < seq)
    return list(connection.scalars(query.order_by(events.c.seq.desc()).limit(1)))


def _fold(found: Any, bodies: list[bytes]) -> State:
    decoded: list[Event | None] = [codec.decode_event(body) for body in bodies]
    return reducer.fold(state_before_log(found), [event for event in decoded if event is not None])


def _payload(connection: Connection, build_id: str, kind: str, key: str) -> tuple[str, bytes] | None:
    query = select(payloads.c.mime, payloads.c.content).where(
        payloads.c.build_id == build_id, payloads.c.kind == kind, payloads.c.key == key
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.mime, found.content)


def _value(mime: str, content: bytes) -> Any:
    return msgspec.json.decode(content) if mime == "application/json" else content.decode()
