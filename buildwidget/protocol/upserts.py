"""The sections of a state that are plain upserts: displays, artifacts and permissions.

A field that an event has replaces, one it lacks keeps. ``core/fold/upserts.ts`` is this file in TypeScript.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from buildwidget.protocol.events import ArtifactEvent, DisplayEvent, PermissionEvent
from buildwidget.protocol.limits import MAX_OPTIONS, MAX_PERMISSION_INPUT_WEIGHT
from buildwidget.protocol.metadata import label
from buildwidget.protocol.rows import Rows
from buildwidget.protocol.state import ArtifactRow, DisplayRow, PermissionRow
from buildwidget.protocol.text import weight

RowT = TypeVar("RowT")
EventT = TypeVar("EventT")


class Upserts(Generic[RowT, EventT]):
    """Rows told apart by the field ``key``, which their events have too; at most ``limit``."""

    def __init__(
        self, rows: list[RowT], key: str, limit: int, merge: Callable[[RowT | None, EventT, str], RowT]
    ) -> None:
        self._rows = Rows(rows, key, limit)
        self._key = key
        self._merge = merge

    def apply(self, event: EventT) -> tuple[RowT, int]:
        """Takes one event; the row it made, and how many rows fell out."""
        key = label(getattr(event, self._key))
        row = self._merge(self._rows.get(key), event, key)
        return row, self._rows.put(key, row)

    def result(self) -> list[RowT]:
        """The rows for the next state."""
        return self._rows.result()


def merge_display(row: DisplayRow | None, event: DisplayEvent, key: str) -> DisplayRow:
    """The display after the event."""
    title = _present(event.title and label(event.title), row.title if row else None)
    return DisplayRow(id=key, mime=label(event.mime), size=event.size, title=title)


def merge_artifact(row: ArtifactRow | None, event: ArtifactEvent, key: str) -> ArtifactRow:
    """The artifact after the event."""
    return ArtifactRow(
        path=key,
        name=label(event.name),
        mime=_present(event.mime and label(event.mime), row.mime if row else None),
        size=_present(event.size, row.size if row else None),
    )


def merge_permission(row: PermissionRow | None, event: PermissionEvent, key: str) -> PermissionRow:
    """The prompt after the event; its first decision stays."""
    asked = _present(event.input, row.input if row else None)
    options = [label(option) for option in event.options[:MAX_OPTIONS]] if event.options is not None else None
    return PermissionRow(
        request_id=key,
        tool=label(event.tool),
        input=None if weight(asked) > MAX_PERMISSION_INPUT_WEIGHT else asked,
        options=_present(options, row.options if row else []),
        decision=row.decision if row and row.decision else event.decision,
    )


def _present(new: Any, old: Any) -> Any:
    return old if new is None else new
