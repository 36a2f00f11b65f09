"""The newest events of one build, in memory, bounded by count and bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


class Ring:
    """Events ``base + 1 .. last`` of a log, without a hole; the oldest fall out."""

    def __init__(self, *, max_events: int, max_bytes: int, base: int = 0) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self.reset(base)

    def reset(self, base: int) -> None:
        """Forget everything; the next event is ``base + 1``."""
        self.base = base
        self._events: list[bytes] = []
        self._ends: list[int] = []  # bytes up to and with each event, counted from an arbitrary zero
        self._zero = 0

    @property
    def last(self) -> int:
        """The seq of the newest event; ``base`` while the ring is empty."""
        return self.base + len(self._events)

    @property
    def size(self) -> int:
        """The bytes of all events."""
        return self.bytes_after(self.base)

    def append(self, events: Sequence[bytes]) -> None:
        """Add the events after ``last``."""
        total = self._ends[-1] if self._ends else self._zero
        for event in events:
            total += len(event)
            self._ends.append(total)
        self._events.extend(events)
        self._trim()

    def prepend(self, events: Sequence[bytes]) -> None:
        """Add the events that end at ``base``."""
        total = self._zero = self._zero - sum(map(len, events))
        ends = []
        for event in events:
            total += len(event)
            ends.append(total)
        self._ends[:0] = ends
        self._events[:0] = events
        self.base -= len(events)
        self._trim()

    def bytes_after(self, seq: int) -> int:
        """The bytes of the events after ``seq`` (at least ``base``)."""
        if seq >= self.last:
            return 0
        return self._ends[-1] - self._end_of(seq)

    def take(self, after: int, until: int, *, max_events: int, max_bytes: int) -> list[bytes]:
        """The events ``after + 1 .. until`` as far as the bounds go, at least one if there is one."""
        start = after - self.base
        stop = min(until - self.base, len(self._events), start + max_events)
        if start >= stop:
            return []
        fits = bisect_right(self._ends, self._end_of(after) + max_bytes, start, stop)
        return self._events[start : max(fits, start + 1)]

    def _end_of(self, seq: int) -> int:
        return self._ends[seq - self.base - 1] if seq > self.base else self._zero

    def _trim(self) -> None:
        surplus = max(0, len(self._events) - self._max_events)
        if self._ends and self._ends[-1] - self._zero > self._max_bytes:
            # The newest event stays even where it alone is over the bound.
            heavy = bisect_left(self._ends, self._ends[-1] - self._max_bytes) + 1
            surplus = max(surplus, min(heavy, len(self._events) - 1))
        if surplus:
            self._zero = self._ends[surplus - 1]
            del self._events[:surplus], self._ends[:surplus]
            self.base += surplus
