"""What status, meta, todos and usage events change, as pure functions: old values and an event to new values.

``core/fold/metadata.ts`` is this file in TypeScript; the two change together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from buildwidget.protocol.events import (
    ENDS,
    Agent,
    Error,
    MetaEvent,
    NotebookRef,
    StatusEvent,
    Todo,
    TodoStatus,
    UsageEvent,
)
from buildwidget.protocol.limits import (
    MAX_LABEL_BYTES,
    MAX_SUMMARY_BYTES,
    MAX_TAGS,
    MAX_TODOS,
    MAX_TRACEBACK_BYTES,
)
from buildwidget.protocol.state import Usage
from buildwidget.protocol.text import keep_end, keep_start

Changes = dict[str, Any]
"""Fields of a state and their new values."""

Get = Callable[[str], Any]
"""Reads a field of the state so far."""


def label(text: str) -> str:
    """A short text as a state keeps it."""
    return keep_start(text, MAX_LABEL_BYTES)


def status_changes(get: Get, event: StatusEvent) -> Changes:
    """What a status event changes; the caller sees to it that none follows an end."""
    changes = _outcome_changes(event)
    status = get("status") if event.status == "queued" else event.status
    if status == "running" and get("started_at") is None:
        changes["started_at"] = event.at
    if status in ENDS:
        changes["ended_at"] = event.at
    if status == "succeeded":
        changes["percent"] = 100
    cancelling = status not in ENDS and (get("cancelling") or event.cancelling is True)
    return {**changes, "status": status, "cancelling": cancelling}


def _outcome_changes(event: StatusEvent) -> Changes:
    changes: Changes = {}
    if event.exit_code is not None:
        changes["exit_code"] = event.exit_code
    if event.summary:
        changes["summary"] = keep_start(event.summary, MAX_SUMMARY_BYTES)
    if event.error is not None:
        changes["error"] = _bounded_error(event.error)
    return changes


def _bounded_error(error: Error) -> Error:
    return Error(
        kind=label(error.kind),
        message=keep_start(error.message, MAX_SUMMARY_BYTES),
        traceback=None if error.traceback is None else keep_end(error.traceback, MAX_TRACEBACK_BYTES),
        launcher=None if error.launcher is None else keep_start(error.launcher, MAX_SUMMARY_BYTES),
        line=error.line,
    )


def meta_changes(get: Get, event: MetaEvent) -> Changes:
    """What a meta event changes, tags apart: null and empty never erase."""
    changes: Changes = {}
    for field in ("name", "project", "operation", "model"):
        value = getattr(event, field)
        if value:
            changes[field] = label(value)
    if event.agent is not None:
        changes["agent"] = _merge_agent(get("agent"), event.agent)
    if event.notebook is not None:
        changes["notebook"] = _merge_notebook(get("notebook"), event.notebook)
    return changes


def _merge_agent(old: Agent | None, new: Agent) -> Agent | None:
    agent_id = _set_once(old.id if old else None, new.id)
    if agent_id is None:
        return None
    return Agent(
        id=agent_id,
        version=_set_once(old.version if old else None, new.version),
        session=_set_once(old.session if old else None, new.session),
    )


def _merge_notebook(old: NotebookRef | None, new: NotebookRef) -> NotebookRef | None:
    path = _set_once(old.path if old else None, new.path)
    if path is None:
        return None
    return NotebookRef(path=path, cell=_set_once(old.cell if old else None, new.cell))


def _set_once(old: str | None, new: str | None) -> str | None:
    """The new text, or the old where there is no new one."""
    return label(new) if new else old


def bounded_tags(tags: list[str] | None) -> tuple[list[str], int]:
    """The tags a state keeps (none: keep the old ones), and how many it leaves out."""
    given = [label(tag) for tag in tags or () if tag]
    return given[:MAX_TAGS], max(0, len(given) - MAX_TAGS)


def bounded_todos(todos: list[Todo]) -> list[Todo]:
    """The todos a state keeps."""
    return [
        Todo(
            id=label(todo.id),
            content=label(todo.content),
            status=todo.status,
            active_form=label(todo.active_form) if todo.active_form else None,
        )
        for todo in todos[:MAX_TODOS]
    ]


def active_todo(todos: list[Todo]) -> str | None:
    """The id of the first todo in progress."""
    return next((todo.id for todo in todos if todo.status == "in_progress"), None)


def todo_percent(todos: list[Todo]) -> int | None:
    """How many of the todos that are not cancelled are completed; None where there are none."""
    counted: list[TodoStatus] = [todo.status for todo in todos if todo.status != "cancelled"]
    return floor_percent(counted.count("completed"), len(counted)) if counted else None


def floor_percent(part: float, whole: float) -> int:
    """100 * part / whole, floored and clamped to 0..100."""
    # In floats, as JavaScript does, and clamped before it is floored: the product may be infinite.
    percent = 100.0 * part / whole
    return 100 if percent >= 100 else math.floor(percent) if percent > 0 else 0


def merge_usage(usage: Usage, event: UsageEvent) -> Usage:
    """Totals by field: absent keeps."""
    given = {field: getattr(event, field) for field in usage.__struct_fields__}
    return msgspec.structs.replace(usage, **{field: value for field, value in given.items() if value is not None})
