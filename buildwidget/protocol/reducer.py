"""Events to state: ``state = fold(initial, events)``, pure and total, with a twin in ``core/reducer.ts``.

The rules, the same in both languages and proven so by ``tests/protocol``:

- **After an end nothing changes.** Events behind it are ignored.
- **status**: ``started_at`` is the time of the first ``running``, ``ended_at`` that of the end. ``cancelling``
  once true stays until the end makes it false. ``queued`` never comes back. Exit code, summary and error stay
  when an event does not give them.
- **meta**: null, absent and empty never erase. Agent and notebook merge field by field (an agent without an id and a
  notebook without a path are not kept); tags replace the old ones when any is given that is not empty.
- **todos** replace the list, of which the first MAX_TODOS are kept. The active todo is the first in progress.
- **percent** is 100 once the build succeeded, and stays as it was at another end. Until then: the floor of
  100 * completed / todos that are not cancelled; without such todos that of the outermost open bar with a total:
  100.0 * current / total in floats, floored, clamped to 0..100. It is null where no such bar is open (between two
  bars of a sequence too), and where several bars stand side by side without an outer one. bars.py has the rules.
- **tool, text, log**: see ``sections.py``; an end empties the log's open rows. **metric**: see ``picture.py``.
  **progress**: see ``bars.py``.
- **display, artifact, permission, usage**: upserts by id, id, path, request id, and of the one row there
  is; absent keeps, present replaces. A permission's first decision stays.
- **Bounds**: limits.py. Lists drop their oldest row; short texts are cut to MAX_LABEL_BYTES. ``dropped`` counts, per
  field, the rows that fell out over the whole build; for ``todos`` and ``tags`` what the present list leaves out, for
  ``log`` the lines before ``log.first``. A count of 0 is not there.

Ids are ordinary strings, ``__proto__`` too. ``reduce`` and ``fold`` take events as ``codec.decode_event`` gives
them; None (malformed, unknown) changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import msgspec

from buildwidget.protocol.bars import BarSection
from buildwidget.protocol.events import (
    ENDS,
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    MetaEvent,
    MetricEvent,
    PermissionEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    TodosEvent,
    ToolEvent,
    UsageEvent,
)
from buildwidget.protocol.limits import MAX_ARTIFACTS, MAX_DISPLAYS, MAX_PERMISSIONS
from buildwidget.protocol.metadata import (
    Changes,
    active_todo,
    bounded_tags,
    bounded_todos,
    merge_usage,
    meta_changes,
    status_changes,
    todo_percent,
)
from buildwidget.protocol.metrics import MetricSection
from buildwidget.protocol.sections import LogSection, TextSection, ToolSection
from buildwidget.protocol.state import State, Summary, summary_from
from buildwidget.protocol.upserts import Upserts, merge_artifact, merge_display, merge_permission


def reduce(state: State, event: Event | None) -> State:
    """The state after one event. Pure and total: never raises, never changes ``state``."""
    return fold(state, (event,))


def fold(state: State, events: Iterable[Event | None]) -> State:
    """The state after many events; the same as reducing them one by one, but quicker."""
    builder = StateBuilder(state)
    for event in events:
        builder.apply(event)
    return builder.state()


class StateBuilder:
    """A fold that goes on: keeps its indexes between events. Not thread-safe."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changes: Changes = {}
        self._ended = state.status in ENDS
        self._active_todo = active_todo(state.todos)
        self._todo_percent = todo_percent(state.todos)
        self._percent_is_old = False
        self._tools = ToolSection(state.tools)
        self._texts = TextSection(state.texts)
        self._log = LogSection(state.log)
        self._metrics = MetricSection(state.metrics)
        self._progress = BarSection(state.progress)
        self._displays = Upserts(state.displays, "id", MAX_DISPLAYS, merge_display)
        self._artifacts = Upserts(state.artifacts, "path", MAX_ARTIFACTS, merge_artifact)
        self._permissions = Upserts(state.permissions, "request_id", MAX_PERMISSIONS, merge_permission)

    @property
    def ended(self) -> bool:
        """Whether the end was applied."""
        return self._ended

    @property
    def log_count(self) -> int:
        """How many lines the log has had."""
        return self._log.count

    def summary(self, head: int) -> Summary:
        """The list row of the state so far, without making the state."""
        self._settle_percent()
        return summary_from(self._get, head=head)

    def apply(self, event: Event | None) -> None:
        """Takes one event; never raises."""
        if event is not None and not self._ended:
            self._TAKERS[type(event)](self, event)

    def state(self) -> State:
        """The state so far, frozen: what is applied later does not change it. The same object while nothing did."""
        self._settle_percent()
        log = self._log.result()
        if log is not self._state.log:
            self._set_dropped("log", log.first - 1)
        sections = {
            "tools": self._tools.result(),
            "texts": self._texts.result(),
            "log": log,
            "metrics": self._metrics.result(),
            "progress": self._progress.result(),
            "displays": self._displays.result(),
            "artifacts": self._artifacts.result(),
            "permissions": self._permissions.result(),
        }
        changed = {field: rows for field, rows in sections.items() if rows is not getattr(self._state, field)}
        if changed or self._changes:
            self._state = msgspec.structs.replace(self._state, **self._changes, **changed)
            self._changes = {}
        return self._state

    def _get(self, field: str) -> Any:
        return self._changes[field] if field in self._changes else getattr(self._state, field)

    def _set_dropped(self, field: str, count: int) -> None:
        if self._get("dropped").get(field, 0) == count:
            return
        if "dropped" not in self._changes:
            self._changes["dropped"] = dict(self._state.dropped)
        if count:
            self._changes["dropped"][field] = count
        else:
            del self._changes["dropped"][field]

    def _drop(self, field: str, rows: int) -> None:
        if rows:
            self._set_dropped(field, self._get("dropped").get(field, 0) + rows)

    def _take_status(self, event: StatusEvent) -> None:
        self._settle_percent()
        self._changes.update(status_changes(self._get, event))
        self._ended = event.status in ENDS
        if self._ended:
            self._log.end()

    def _take_meta(self, event: MetaEvent) -> None:
        self._changes.update(meta_changes(self._get, event))
        tags, left_out = bounded_tags(event.tags)
        if tags:
            self._changes["tags"] = tags
            self._set_dropped("tags", left_out)

    def _take_todos(self, event: TodosEvent) -> None:
        todos = bounded_todos(event.todos)
        self._active_todo = active_todo(todos)
        self._todo_percent = todo_percent(todos)
        self._changes["todos"] = todos
        self._set_dropped("todos", len(event.todos) - len(todos))
        self._percent_is_old = True

    def _take_progress(self, event: ProgressEvent) -> None:
        self._drop("progress", self._progress.apply(event))
        self._percent_is_old = True

    def _settle_percent(self) -> None:
        """Works out the percent when it is asked for, and before an end, which keeps it."""
        if not self._percent_is_old:
            return
        self._percent_is_old = False
        percent = self._progress.percent() if self._todo_percent is None else self._todo_percent
        if percent != self._get("percent"):
            self._changes["percent"] = percent

    def _take_tool(self, event: ToolEvent) -> None:
        self._drop("tools", self._tools.apply(event, self._active_todo))

    def _take_text(self, event: TextEvent) -> None:
        self._drop("texts", self._texts.apply(event, self._active_todo))

    def _take_log(self, event: LogEvent) -> None:
        self._log.apply(event)

    def _take_metric(self, event: MetricEvent) -> None:
        self._drop("metrics", self._metrics.apply(event))

    def _take_display(self, event: DisplayEvent) -> None:
        self._drop("displays", self._displays.apply(event)[1])

    def _take_artifact(self, event: ArtifactEvent) -> None:
        self._drop("artifacts", self._artifacts.apply(event)[1])

    def _take_usage(self, event: UsageEvent) -> None:
        self._changes["usage"] = merge_usage(self._get("usage"), event)

    def _take_permission(self, event: PermissionEvent) -> None:
        self._drop("permissions", self._permissions.apply(event)[1])

    _TAKERS: ClassVar[dict[type[Event], Callable[[Any, Any], None]]] = {
        StatusEvent: _take_status,
        MetaEvent: _take_meta,
        TodosEvent: _take_todos,
        ToolEvent: _take_tool,
        TextEvent: _take_text,
        LogEvent: _take_log,
        ProgressEvent: _take_progress,
        MetricEvent: _take_metric,
        DisplayEvent: _take_display,
        ArtifactEvent: _take_artifact,
        UsageEvent: _take_usage,
        PermissionEvent: _take_permission,
    }
