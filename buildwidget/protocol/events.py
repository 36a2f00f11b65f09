"""The events of a build's log: one tagged union of frozen structs, told apart by ``type``.

An event is made without its ``seq`` (0 means "not yet in a log"); the store gives it one when it is
appended. Times are integers, milliseconds since the epoch, UTC. An optional field that is absent or null
keeps what the state has. Readers ignore unknown fields and unknown types.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from buildwidget.protocol.limits import MAX_SAFE_INTEGER

Integer: TypeAlias = Annotated[int, msgspec.Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=MAX_SAFE_INTEGER)]
Ordinal: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=MAX_SAFE_INTEGER)]
# Readers refuse other integers, which JavaScript would round; whoever makes an event sees to it.

Number: TypeAlias = Integer | float | Literal["NaN", "Infinity", "-Infinity"]
"""A number on the wire; JSON has no non-finite floats, so they travel as these strings."""

Stream: TypeAlias = Literal["stdout", "stderr", "system"]
LogLine: TypeAlias = tuple[Stream, str]
MetricPoint: TypeAlias = tuple[Number | None, Number, Count]
"""``(step or None, value, at)``."""

Status: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled", "lost"]
Kind: TypeAlias = Literal["command", "function", "notebook", "agent", "track"]
TodoStatus: TypeAlias = Literal["pending", "in_progress", "completed", "cancelled"]
ToolState: TypeAlias = Literal["input_streaming", "running", "succeeded", "failed", "denied"]
TextKind: TypeAlias = Literal["answer", "reasoning", "plan"]
Decision: TypeAlias = Literal["allow", "deny", "timeout"]

ENDS: Final[frozenset[str]] = frozenset({"succeeded", "failed", "cancelled", "lost"})
"""The statuses that end a build: such an event is the last of its log."""

TOOL_ENDS: Final[frozenset[str]] = frozenset({"succeeded", "failed", "denied"})


class Error(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a build failed: ``kind`` is a class name or a word, ``message`` a sentence for a person.

    Kind and message are those of the first cause. ``launcher`` is what passed it on: a launcher's last words, or the
    exception that a chain of exceptions ended with. ``line`` is the number of the log line that names the cause.
    """

    kind: str
    message: str
    traceback: str | None = None
    launcher: str | None = None
    line: Ordinal | None = None


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The coding agent that works, e.g. ``claude-code``; fields once set are never unset."""

    id: str
    version: str | None = None
    session: str | None = None


class NotebookRef(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The notebook (and cell id) that launched the build."""

    path: str
    cell: str | None = None


class Todo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the plan; ``active_form`` is its wording while it is in progress."""

    id: str
    content: str
    status: TodoStatus
    active_form: str | None = None


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    at: Count
    seq: Count = 0


class StatusEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="status"):
    """Urgent. An end is the last event of a log. A cancel that was heard is running + cancelling."""

    status: Status
    cancelling: bool | None = None
    exit_code: Integer | None = None
    summary: str | None = None
    error: Error | None = None
    pid: Count | None = None
    host: str | None = None


class MetaEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="meta"):
    """Metadata: null or absent never erases."""

    name: str | None = None
    project: str | None = None
    operation: str | None = None
    agent: Agent | None = None
    model: str | None = None
    notebook: NotebookRef | None = None
    tags: list[str] | None = None


class TodosEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="todos"):
    """Urgent. The whole list; the active todo is the first that is in_progress."""

    todos: list[Todo]


class ToolEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="tool"):
    """An upsert by ``id``: absent keeps, present replaces whole.

    A field present and not in ``truncated`` loses its mark. An end (succeeded, failed, denied) never goes back.
    """

    id: str
    name: str | None = None
    parent: str | None = None
    state: ToolState | None = None
    input: Any = None
    output: Any = None
    truncated: list[str] | None = None


class TextEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="text"):
    """What an agent says: ``delta`` appends, ``text`` replaces whole."""

    id: str
    kind: TextKind
    delta: str | None = None
    text: str | None = None


class LogEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="log"):
    """Whole lines from number ``first`` (from 1) on, and what is no whole line yet: ``open`` and ``partial``.

    ``open``: per stream, the rows that a program still draws over (a picture of bars, for example), from top to bottom.
    ``partial``: per stream, the unfinished line after them. When present, each replaces what all streams had.
    """

    first: Ordinal
    lines: list[LogLine]
    partial: dict[Stream, str] | None = None
    open: dict[Stream, list[str]] | None = None


class ProgressEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="progress"):
    """A bar, an upsert by ``id``.

    ``done``: it reached its end. ``closed``: it was removed, or given up before its end. ``level``: how many bars it
    is inside of, where it stands beside others of the same level; absent: bars are nested by order of first sight.
    """

    id: str
    label: str
    current: Number
    total: Number | None = None
    unit: str | None = None
    done: bool | None = None
    closed: bool | None = None
    level: Count | None = None


class MetricEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="metric"):
    """Points of one metric, in order."""

    name: str
    points: list[MetricPoint]


class DisplayEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="display"):
    """A figure or table; its content (``size`` bytes) is beside the log, served by its own route."""

    id: str
    mime: str
    size: Count
    title: str | None = None


class ArtifactEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="artifact"):
    """A file the build made; ``path`` is relative to the build's working directory where it lies below it."""

    name: str
    path: str
    mime: str | None = None
    size: Count | None = None


class UsageEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="usage"):
    """Totals of this build so far (not increments); tokens are counts, ``cost_usd`` is US dollars.

    Of every agent ``input_tokens`` is everything the model read, caches included: ``cache_read_tokens`` and
    ``cache_write_tokens`` are parts of it. ``output_tokens`` is everything it wrote, ``reasoning_tokens`` a part of it.
    """

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cost_usd: Number | None = None
    turns: Count | None = None


class PermissionEvent(_Event, frozen=True, kw_only=True, omit_defaults=True, tag="permission"):
    """Urgent. A tool asks for leave; later the same ``request_id`` comes with its ``decision``."""

    request_id: str
    tool: str
    input: Any = None
    options: list[str] | None = None
    decision: Decision | None = None


Event: TypeAlias = (
    StatusEvent
    | MetaEvent
    | TodosEvent
    | ToolEvent
    | TextEvent
    | LogEvent
    | ProgressEvent
    | MetricEvent
    | DisplayEvent
    | ArtifactEvent
    | UsageEvent
    | PermissionEvent
)


def is_urgent(event: Event) -> bool:
    """Whether the event leaves at once, with all before it, instead of waiting for the batch interval."""
    return isinstance(event, (StatusEvent, TodosEvent, PermissionEvent))


def is_end(event: Event) -> bool:
    """Whether nothing may follow this event."""
    return isinstance(event, StatusEvent) and event.status in ENDS
