"""What the hub reads from the store, as functions that run in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from buildwidget.protocol.events import ENDS
from buildwidget.protocol.frames import snapshot_frame
from buildwidget.protocol.state import Summary
from buildwidget.store.errors import NotFound
from buildwidget.store.logs import read_following, read_heads
from buildwidget.store.records import EventRange
from buildwidget.store.store import Store

URGENT: Final = frozenset({"status", "todos", "permission"})


class _Peek(msgspec.Struct):
    """The few fields of an event or a state that pacing needs; the rest is skipped unparsed."""

    type: str = ""
    at: int = 0
    status: str = ""


_peek: Final = msgspec.json.Decoder(_Peek)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a build stands when its first subscriber comes."""

    epoch: str
    head: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """What a feed has; it wants what comes after."""

    build: str
    epoch: str
    after: int


@dataclass(frozen=True, slots=True)
class News:
    """What came ``after``. No events though ``head`` moved: the epoch is new, or it is too far to go by events."""

    epoch: str
    head: int
    after: int
    events: Sequence[bytes] = ()
    urgent: bool = False
    ended: bool = False
    at: int = 0
    """When the newest event was made, ms since the epoch; 0: unknown."""
    rewound: bool = False
    """Whether the database has less of this history than was read before: it was restored to an earlier state."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state with its cursor, as the frame that is sent."""

    epoch: str
    seq: int
    frame: bytes
    ended: bool


def open_build(store: Store, build: str, owner: str) -> Opening:
    """Where the build stands. Raises NotFound also for a build of somebody else: its existence is not told."""
    record = store.record(build)
    if record.summary.owner != owner:
        raise NotFound(build)
    return Opening(record.epoch, record.head, record.summary.status in ENDS)


def read_news(store: Store, asks: Iterable[Ask], max_events: int, max_bytes: int) -> dict[str, News | None]:
    """What is new, by build, as of one moment: None for a build that is gone, no entry where nothing is new."""
    wanted = list(asks)
    with store.database.polling() as connection:
        heads = read_heads(connection, [ask.build for ask in wanted])
        news: dict[str, News | None] = {}
        for ask in wanted:
            if ask.build not in heads:
                news[ask.build] = None
                continue
            epoch, head = heads[ask.build]
            if epoch == ask.epoch and head < ask.after:
                news[ask.build] = News(epoch, head, ask.after, rewound=True)
            elif epoch != ask.epoch or head - ask.after > max_events:
                news[ask.build] = News(epoch, head, ask.after)
            elif head > ask.after:
                events = read_following(connection, ask.build, ask.after, max_events, max_bytes)
                is_all = ask.after + len(events) == head
                news[ask.build] = _news_of(epoch, head, ask.after, events if is_all else ())
    return news


def _news_of(epoch: str, head: int, after: int, events: Sequence[bytes]) -> News:
    if not events:
        return News(epoch, head, after)
    newest = _glance(events[-1])
    return News(
        epoch=epoch,
        head=head,
        after=after,
        events=events,
        # From the end: who appends something urgent does so at once, with it as the last.
        urgent=any(_glance(event).type in URGENT for event in reversed(events)),
        ended=newest.type == "status" and newest.status in ENDS,
        at=newest.at,
    )


def _glance(stored: bytes) -> _Peek:
    try:
        return _peek.decode(stored)
    except msgspec.MsgspecError:
        return _Peek()  # a malformed event counts only by its seq, here as in the reducer


def read_range(store: Store, build: str, after: int, max_events: int, max_bytes: int) -> EventRange:
    """Events after a cursor that is older than the ring."""
    return store.events(build, after=after, limit=max_events, max_bytes=max_bytes)


def read_snapshot(store: Store, build: str) -> Snapshot:
    """The state as it is now, as a frame."""
    found = store.hydrate(build)
    frame = snapshot_frame(found.build, found.epoch, found.seq, found.state)
    return Snapshot(found.epoch, found.seq, frame, _glance(found.state).status in ENDS)


@dataclass(frozen=True, slots=True)
class ListRead:
    """A list as it is now: its window, and what became of the known rows outside it."""

    window: Sequence[Summary]
    changed: Sequence[Summary]
    removed: Sequence[str]


def read_list(store: Store, owner: str, project: str | None, newest: int, known: Mapping[str, Summary]) -> ListRead:
    """The active and newest builds, and for known rows that left this window their last word."""
    window = store.active_and_newest(owner, project=project, newest=newest)
    inside = {row.id for row in window}
    left = [row for build, row in known.items() if build not in inside]
    heads = store.heads([row.id for row in left]) if left else {}
    removed = [row.id for row in left if row.id not in heads]
    changed: list[Summary] = []
    for row in left:
        if row.id in heads and row.status not in ENDS:  # it was active when last seen, so it has ended since
            try:
                changed.append(store.record(row.id).summary)
            except NotFound:
                removed.append(row.id)
    return ListRead(window, changed, removed)


def count_active(store: Store, owner: str) -> int:
    """How many builds of the owner have not ended."""
    return len(store.records_by_status(owner, ["queued", "running"]))
