"""What a build's log folds to: the summary that lists show, and the whole bounded state.

Rows stand in order of first sight. A field without a default is always on the wire (null where it has no
value); one with the default None is left out where it has none. Frozen, so that a state can be shared
between threads and compared; nobody changes a list inside one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeAlias

import msgspec

from buildwidget.protocol.events import (
    Agent,
    Count,
    Decision,
    Error,
    Integer,
    Kind,
    LogLine,
    MetricPoint,
    NotebookRef,
    Number,
    Status,
    Stream,
    TextKind,
    Todo,
    ToolState,
)

Percent: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=100)]


class _Folded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    owner: str
    kind: Kind
    name: str
    project: str | None
    tags: list[str]
    status: Status
    cancelling: bool
    percent: Percent | None
    created_at: Count
    key: str | None = None
    operation: str | None = None
    agent: Agent | None = None
    model: str | None = None
    notebook: NotebookRef | None = None
    started_at: Count | None = None
    ended_at: Count | None = None
    exit_code: Integer | None = None
    summary: str | None = None
    error: Error | None = None
    retry_of: str | None = None
    follows: str | None = None


class Summary(_Folded, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a list of builds. ``ahead`` is the place in the queue, worked out when it is read."""

    head: Count
    ahead: Count | None = None


class ToolRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tool call. ``todo`` is the todo that was active when it was first seen, for good.

    ``truncated`` names the fields (input, output) whose whole content is on the tool route.
    """

    id: str
    name: str
    state: ToolState
    truncated: list[str]
    started_at: Count
    parent: str | None = None
    todo: str | None = None
    input: Any = None
    output: Any = None
    ended_at: Count | None = None


class TextRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of text; over the limit its end is kept."""

    id: str
    kind: TextKind
    text: str
    todo: str | None = None


class Log(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of the log: ``lines[0]`` has number ``first``; ``count`` lines have been written in all.

    ``open``: per stream, the rows that are still drawn over; they follow the lines, and the unfinished lines of
    ``partial`` follow them. Absent on the wire where there are none; an ended build has none.
    """

    first: Count
    count: Count
    lines: list[LogLine]
    partial: dict[Stream, str]
    open: dict[Stream, list[str]] = msgspec.field(default_factory=dict)


class ProgressRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One bar. In an ended build, one that is neither ``done`` nor ``closed`` was stopped by the build's end.

    ``run`` is the place of its latest run among the runs of all bars, in the order in which they began, from 1.
    """

    id: str
    label: str
    current: Number
    done: bool
    total: Number | None = None
    unit: str | None = None
    closed: bool | None = None
    level: Count | None = None
    run: Count | None = None


class MetricRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One metric: ``count`` points were reported, and ``points`` is an even picture of them; the newest is the last.

    Without a ``width`` these are all points as they were reported, in order. With one the others are sorted by step,
    every step is a finite number (that of an absent one is the number of points before it), and ``width`` steps is how
    finely the picture is drawn: see picture.py.
    """

    name: str
    count: Count
    points: list[MetricPoint]
    width: float | None = None


class DisplayRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure or table; its content is on the display route."""

    id: str
    mime: str
    size: Count
    title: str | None = None


class ArtifactRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file the build made. Its index on the artifact route is ``dropped.artifacts`` + its place here."""

    name: str
    path: str
    mime: str | None = None
    size: Count | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Totals of this build; tokens are counts, ``cost_usd`` is US dollars."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    cost_usd: Number | None = None
    turns: Count | None = None


class PermissionRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question of a tool; without ``decision`` it is open."""

    request_id: str
    tool: str
    input: Any
    options: list[str]
    decision: Decision | None = None


class State(_Folded, frozen=True, kw_only=True, omit_defaults=True):
    """The whole bounded state of a build (limits.py tells the bounds)."""

    todos: list[Todo]
    tools: list[ToolRow]
    texts: list[TextRow]
    log: Log
    progress: list[ProgressRow]
    metrics: list[MetricRow]
    displays: list[DisplayRow]
    artifacts: list[ArtifactRow]
    usage: Usage
    permissions: list[PermissionRow]
    dropped: dict[str, Count]


def initial_state(
    *,
    id: str,
    owner: str,
    kind: Kind,
    created_at: int,
    key: str | None = None,
    retry_of: str | None = None,
    follows: str | None = None,
) -> State:
    """The state of a build before its first event: its identity, which no event can change."""
    return State(
        id=id,
        owner=owner,
        kind=kind,
        created_at=created_at,
        key=key,
        retry_of=retry_of,
        follows=follows,
        name="",
        project=None,
        tags=[],
        status="queued",
        cancelling=False,
        percent=None,
        todos=[],
        tools=[],
        texts=[],
        log=Log(first=1, count=0, lines=[], partial={}),
        progress=[],
        metrics=[],
        displays=[],
        artifacts=[],
        usage=Usage(),
        permissions=[],
        dropped={},
    )


def summary_of(state: State, *, head: int, ahead: int | None = None) -> Summary:
    """The list row of a state."""
    return summary_from(partial(getattr, state), head=head, ahead=ahead)


def summary_from(get: Callable[[str], Any], *, head: int, ahead: int | None = None) -> Summary:
    """The list row of the state whose fields ``get`` gives."""
    return Summary(head=head, ahead=ahead, **{name: get(name) for name in _Folded.__struct_fields__})
