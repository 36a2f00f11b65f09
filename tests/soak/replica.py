"""One build as one client has it: the fold of what it was sent, with every rule of the wire checked on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence

from buildwidget.protocol.cursor import Folded, apply_batch
from buildwidget.protocol.frames import Cursor
from tests.soak.ledger import Ledger, Step


class Replica:
    """``at``: state and cursor; None: nothing yet, or nothing that may be trusted.

    Args:
        build: its id.
        who: the client, for messages.
        way: its transport, for the counts.
        ledger: where all is noted.
    """

    def __init__(self, build: str, who: str, way: str, ledger: Ledger) -> None:
        self.build = build
        self.at: Folded | None = None
        self.overlaps = False
        """Whether events may come a second time: it subscribed again on the same connection."""
        self._who = who
        self._way = way
        self._ledger = ledger

    @property
    def cursor(self) -> Cursor | None:
        """Where it stands."""
        return None if self.at is None else self.at.cursor

    def forget(self) -> None:
        """Whatever comes next must begin with a snapshot."""
        self.at = None

    def snapshot(self, epoch: str, seq: int, raw: bytes) -> None:
        """Take a snapshot or a hydration."""
        self._ledger.count(self._way, "snapshots")
        if not self.overlaps:
            self._check_direction(epoch, seq)
        self.at = Folded(Cursor(epoch, seq), self._ledger.snapshot(self.build, epoch, seq, raw, self._who))

    def batch(self, epoch: str, first: int, last: int, bodies: Sequence[bytes]) -> None:
        """Take a batch or a page of events."""
        self._ledger.count(self._way, "batches")
        if last != first + len(bodies) - 1:
            self._fault(f"has {len(bodies)} events from {first} to {last}")
            return
        if self.at is None:
            self._fault(f"begins at {first} without a snapshot")
            return
        had = self.at.cursor
        if epoch != had.epoch:
            self._fault(f"is of epoch {epoch}, after one of {had.epoch}")
        elif first > had.seq + 1:
            self._fault(f"has a gap: {first} after {had.seq} in {epoch}")
        elif first <= had.seq and bodies and not self.overlaps:
            self._fault(f"repeats: {first} after {had.seq} in {epoch}")
        events = [
            self._ledger.event(self.build, epoch, seq, body, self._who) for seq, body in enumerate(bodies, start=first)
        ]
        applied = apply_batch(self.at, epoch, first, events)
        if applied is None:
            self.forget()
            return
        self._ledger.count(self._way, "events", applied.cursor.seq - had.seq)
        self.at = applied

    def heartbeat(self, head: int) -> None:
        """The last seq that was sent on this connection: what comes in order cannot be missing."""
        if self.at is not None and not self.overlaps and head != self.at.cursor.seq:
            self._fault(f"is at {self.at.cursor.seq} where the heartbeat says {head}")

    def note(self) -> None:
        """Have the state compared with the log when all is over."""
        if self.at is not None:
            cursor = self.at.cursor
            self._ledger.state(self.build, cursor.epoch, cursor.seq, self.at.state, self._who)

    def _check_direction(self, epoch: str, seq: int) -> None:
        if self.at is not None and epoch == self.at.cursor.epoch and seq < self.at.cursor.seq:
            what = f"{self._who}: {self.build} went from {self.at.cursor.seq} back to {seq} in {epoch}"
            self._ledger.back.append(Step(time.monotonic(), what))

    def _fault(self, text: str) -> None:
        self._ledger.fault(f"{self._who}: a batch of {self.build} {text}")
