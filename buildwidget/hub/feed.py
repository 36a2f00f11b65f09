"""One watched build: its newest events, and what each subscriber gets next. Pure: no clock, no store, no loop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from buildwidget.hub.reader import News, Opening, Snapshot
from buildwidget.hub.ring import Ring
from buildwidget.hub.settings import HubSettings
from buildwidget.protocol.frames import Cursor, batch_frame
from buildwidget.store.records import EventRange

MAX_STEPS: Final = 8
"""Encoded batches kept for subscribers at the same cursor; where all are in step, one is enough."""
SNAPSHOT_SHARE: Final = 10
SNAPSHOT_WAIT: Final = 1.0
"""A build is hydrated again only after this many times what the last hydration took, at most after so many seconds:
in a flood of events a hydration is dear, and right after the flood somebody waits for a cheap one."""


class Need(Enum):
    """What has to happen before a subscriber can get its next frame."""

    NOTHING = "nothing is new"
    SNAPSHOT = "the state must be read"
    BACKFILL = "events older than the ring must be read"
    POLL = "the cursor is beyond the head as the hub knows it; the database may know better"


@dataclass(slots=True)
class Position:
    """Where one subscriber stands.

    ``cursor`` None: it wants a snapshot. ``answered``: it has got its first frame. ``believed_until``: the number
    of the poll that decides whether a cursor beyond the head is real.
    """

    cursor: Cursor | None
    believed_until: int = 0
    answered: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """A batch, and the cursor of who has got it."""

    frame: bytes
    cursor: Cursor


@dataclass(slots=True)
class _Snapshots:
    """The last snapshot, and when (monotonic seconds) the next may be made."""

    last: Snapshot | None = None
    not_before: float = -math.inf


@dataclass(slots=True)
class _Release:
    """What may be sent: everything up to ``seq``; the rest waits for the batch interval."""

    seq: int = 0
    at: float = -math.inf
    urgent: bool = False
    newest_at: int = 0


class Feed:
    """The newest events of one build.

    ``receive`` takes what the poll found, ``due`` tells when it leaves, ``release`` lets it go, ``next`` gives
    one subscriber its next frame. ``open`` is False until the build was found.
    """

    def __init__(self, build: str, settings: HubSettings) -> None:
        self.build = build
        self.open = False
        self.ended = False
        self.epoch = ""
        self.head = 0
        self._settings = settings
        self._ring = Ring(max_events=settings.ring_events, max_bytes=settings.ring_bytes)
        self._floor = 0  # cursors below it are known to be further behind than allowed
        self._released = _Release()
        self._snapshots = _Snapshots()
        self._steps: dict[Cursor, _Step] = {}  # from each cursor up to what is released

    @property
    def have(self) -> int:
        """The seq up to which the events were read."""
        return self._ring.last

    @property
    def memory(self) -> int:
        """Bytes this feed holds, its snapshot apart."""
        return self._ring.size + sum(len(step.frame) for step in self._steps.values())

    # What comes in

    def opened(self, found: Opening) -> None:
        """The build is there."""
        self.open = True
        self.ended = found.ended
        self._restart(found.epoch, found.head)

    def receive(self, news: News) -> bool:
        """Take what was read; False if there is a gap before it, or nothing in it that is not here.

        Two may read at a time, so what is here already is passed over.
        """
        known = self.have - news.after
        if news.epoch == self.epoch and (known < 0 or known >= news.head - news.after):
            return False
        if news.epoch != self.epoch or not news.events:
            self._jump(news)
        else:
            self._ring.append(news.events[known:])
            self._released.urgent |= news.urgent
            self._released.newest_at = news.at
            self.head = max(self.head, news.head)
            self.ended = news.ended
        return True

    def receive_older(self, found: EventRange) -> bool:
        """Take events from before the ring; False if the epoch is another one than the feed knows."""
        if found.epoch != self.epoch:
            return False
        if found.last < self._ring.base:
            self._floor = max(self._floor, found.first)  # more than the bounds of a read lies between
        elif found.first <= self._ring.base:
            self._ring.prepend(found.events[: self._ring.base - found.first + 1])
        return True

    def receive_snapshot(self, snapshot: Snapshot, now: float, cost: float) -> bool:
        """Take a snapshot that took ``cost`` seconds; False if its epoch is another one than the feed knows."""
        pause = max(self._settings.batch_ms / 1000, min(SNAPSHOT_SHARE * cost, SNAPSHOT_WAIT))
        self._snapshots.not_before = now + pause
        if snapshot.epoch != self.epoch:
            return False
        self._snapshots.last = snapshot
        self.head = max(self.head, snapshot.seq)
        self.ended |= snapshot.ended
        return True

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot kept for the next who asks."""
        return self._snapshots.last

    def forget_snapshot(self) -> None:
        """Give its memory back."""
        self._snapshots.last = None

    def snapshot_allowed_at(self) -> float:
        """When (monotonic seconds) the state may be read again."""
        return self._snapshots.not_before

    # When it leaves

    def due(self, now: float) -> float | None:
        """When the events that wait leave (``now`` or before: at once); None if none wait."""
        waiting = self._ring.last - self._released.seq
        if waiting <= 0:
            return None
        early = waiting > self._settings.max_batch_events
        if self._released.urgent or early or self._waiting_bytes() > self._settings.max_batch_bytes:
            return now
        return self._released.at + self._settings.batch_ms / 1000

    def release(self, now: float) -> int:
        """Let everything go that was read; the newest event's time (ms), for the latency estimate."""
        self._released = _Release(seq=self._ring.last, at=now, newest_at=self._released.newest_at)
        self._steps.clear()
        return self._released.newest_at

    def _waiting_bytes(self) -> int:
        return self._ring.bytes_after(max(self._released.seq, self._ring.base))

    # What a subscriber gets

    def next_in_step(self, position: Position) -> bytes | Literal[Need.NOTHING] | None:
        """What nearly everybody gets nearly always in a crowd that is in step; None: ask ``next``."""
        if not position.answered or position.cursor is None:
            return None
        step = self._steps.get(position.cursor)
        if step is not None:
            position.cursor = step.cursor
            return step.frame
        all_is_sent = position.cursor.seq == self._released.seq == self.head and position.cursor.epoch == self.epoch
        return Need.NOTHING if all_is_sent else None

    def is_ahead_of(self, position: Position) -> bool:
        """Whether something that may be sent comes after what this subscriber has got."""
        return position.cursor is None or position.cursor.seq < self._released.seq

    def next(self, position: Position, now: float, polls_done: int) -> bytes | Need:
        """The next frame of a subscriber, whose position moves with it; or what is needed first."""
        if not self.open:
            return Need.NOTHING
        if not self._serves(position, polls_done):
            return self._next_snapshot(position, now)
        assert position.cursor is not None
        if position.cursor.seq > self.head:
            return Need.POLL
        if position.cursor.seq < self._ring.base:
            return Need.BACKFILL
        return self._next_batch(position, position.cursor)

    def _serves(self, position: Position, polls_done: int) -> bool:
        """Whether events can follow this cursor (as far as is known), rather than a snapshot."""
        cursor = position.cursor
        if cursor is None or cursor.epoch != self.epoch:
            return False
        if cursor.seq > self.head:
            return polls_done < position.believed_until
        if cursor.seq < self._floor or self.head - cursor.seq > self._settings.max_lag_events:
            return False
        return self._ring.bytes_after(max(cursor.seq, self._ring.base)) <= self._settings.max_lag_bytes

    def _next_snapshot(self, position: Position, now: float) -> bytes | Need:
        snapshot = self._snapshots.last
        if snapshot is None or snapshot.epoch != self.epoch or not self._usable(snapshot, position, now):
            return Need.SNAPSHOT
        position.cursor = Cursor(snapshot.epoch, snapshot.seq)
        position.answered = True
        return snapshot.frame

    def _usable(self, snapshot: Snapshot, position: Position, now: float) -> bool:
        cursor = position.cursor
        comparable = cursor is not None and cursor.epoch == self.epoch and cursor.seq <= self.head
        if comparable and cursor is not None and snapshot.seq <= cursor.seq:
            return False
        near = self._floor <= snapshot.seq and self.head - snapshot.seq <= self._settings.max_lag_events
        # Where events come faster than states can be read, even a fresh one is too far behind at once: it is
        # sent all the same until the next may be made, or nobody would ever get one.
        return near or now < self._snapshots.not_before

    def _next_batch(self, position: Position, cursor: Cursor) -> bytes | Need:
        until = self._released.seq if position.answered else self._ring.last
        step = self._steps.get(cursor) if until == self._released.seq else None
        if step is None:
            step = self._step(cursor, until)
            if step.cursor == cursor and (position.answered or cursor.seq < self.head):
                return Need.NOTHING
        position.cursor = step.cursor
        position.answered = True
        return step.frame

    def _step(self, cursor: Cursor, until: int) -> _Step:
        seq, settings = cursor.seq, self._settings
        events = self._ring.take(seq, until, max_events=settings.max_batch_events, max_bytes=settings.max_batch_bytes)
        frame = batch_frame(self.build, self.epoch, seq + 1, events)
        step = _Step(frame, Cursor(self.epoch, seq + len(events)))
        if events and until == self._released.seq:
            self._steps[cursor] = step
            if len(self._steps) > MAX_STEPS:
                del self._steps[next(iter(self._steps))]
        return step

    def _jump(self, news: News) -> None:
        if news.epoch == self.epoch:
            self._floor = max(self._floor, self._ring.last + 1)
        self.ended = news.ended
        self._restart(news.epoch, news.head)

    def _restart(self, epoch: str, head: int) -> None:
        if epoch != self.epoch:
            self._floor = 0
            self._snapshots.last = None
        self.epoch = epoch
        self.head = head
        self._steps.clear()
        self._ring.reset(head)
        self._released.seq = head
        self._released.urgent = False
