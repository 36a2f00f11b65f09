"""What goes into the store and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from buildwidget.protocol.events import Event, Kind
from buildwidget.protocol.state import Summary
from buildwidget.store.process import ProcessIdentity

__all__ = [
    "BuildPage",
    "BuildRecord",
    "Command",
    "CommandKind",
    "Draft",
    "EventRange",
    "Hydration",
    "LogPage",
    "NewBuild",
    "Payload",
    "PayloadKind",
    "ProcessIdentity",
]

PayloadKind: TypeAlias = Literal["tool_input", "tool_output", "display", "log_line"]
CommandKind: TypeAlias = Literal["cancel", "answer"]


@dataclass(frozen=True, slots=True)
class Payload:
    """Content too big for the wire, kept beside the log.

    ``key`` is the tool's id, the display's id or the line's number. A later one of the same kind and key replaces it.
    """

    kind: PayloadKind
    key: str
    mime: str
    content: bytes


class Draft(msgspec.Struct, frozen=True, gc=False):
    """An event that is not yet in the log (drafts.draft makes one that is fit for it).

    ``clean``: reading the event's JSON gives the very same event, so that it need not be tried again. ``body``: that
    JSON, where it has been made already; without a seq.
    """

    event: Event
    payloads: tuple[Payload, ...] = ()
    clean: bool = False
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewBuild:
    """A build to be created.

    ``spec`` tells the runner what to do; it is stored as JSON. ``key`` is unique among the unended builds of
    ``owner`` and ``project`` (default: the project that the first events tell). ``slotted`` False: it takes no
    slot of the queue (track, and what a build launches itself).
    """

    id: str
    owner: str
    kind: Kind
    created_at: int
    spec: dict[str, Any]
    key: str | None = None
    project: str | None = None
    retry_of: str | None = None
    follows: str | None = None
    slotted: bool = True


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """A build as a whole. ``generation`` 0: no writer has claimed it yet.

    ``heartbeat`` is a counter that grows while the writer lives; ``process`` is the writer's, or before it
    claimed the one that was spawned.
    """

    summary: Summary
    epoch: str
    head: int
    generation: int
    heartbeat: int
    process: ProcessIdentity | None
    spec: dict[str, Any]
    slotted: bool


@dataclass(frozen=True, slots=True)
class Hydration:
    """The state (as JSON) that the log folds to at (epoch, seq)."""

    build: str
    epoch: str
    seq: int
    state: bytes


@dataclass(frozen=True, slots=True)
class EventRange:
    """Events ``first`` to ``last`` as JSON; nothing new: ``first = last + 1 = after + 1``."""

    epoch: str
    first: int
    last: int
    head: int
    events: list[bytes]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines ``first`` to ``last`` of ``count``: (number, stream, text).

    With a search, ``first`` to ``last`` is what was searched, and ``lines`` are those of it that match, maybe none: one
    page searches a bounded part of the log. Search on after ``last``, or before ``first``, while there is ``more``.

    Attributes:
        first: number of the first line; numbers start at 1. Nothing read: ``first = last + 1``.
        last: number of the last line.
        count: lines of the whole log at the time of reading.
        more: whether the log goes on in the direction of reading: after ``last`` for ``after``, else before ``first``.
        lines: in the order of their numbers.
    """

    first: int
    last: int
    count: int
    more: bool
    lines: list[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person asks a running build for; ``id`` grows."""

    id: int
    build: str
    request: str
    kind: CommandKind
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BuildPage:
    """A page of builds, newest first; ``next_cursor`` None: the last one."""

    builds: list[Summary]
    next_cursor: str | None
