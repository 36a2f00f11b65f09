"""What a hub counts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 512
"""Releases whose latency is kept."""
MINUTE: Final = 60.0
LAGS: Final = 240
"""Ticks whose lateness is kept: those of a minute, also where short timers make them short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStats:
    """The numbers of a hub at one moment; totals count from its start, times are milliseconds."""

    connections: int
    subscriptions: int
    watched_builds: int
    active_builds: int
    batches: int
    snapshots: int
    frames: int
    bytes: int
    slow_closed: int
    timed_out: int
    commit_to_send_p50_ms: float | None
    """From the making of an event to its leaving, the wait for the batch included; None: nothing was sent yet."""
    commit_to_send_p99_ms: float | None
    loop_lag_ms: float
    """How late the event loop ran the hub's last tick."""
    loop_lag_max_ms: float
    """The worst of the last minute."""


class Counters:
    """Counts while the hub runs. ``clock`` is wall time in seconds: an event's ``at`` is too."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.batches = 0
        self.snapshots = 0
        self.frames = 0
        self.bytes = 0
        self.slow_closed = 0
        self.timed_out = 0
        self._clock = clock
        self._latencies: deque[float] = deque(maxlen=WINDOW)
        self._lags: deque[tuple[float, float]] = deque(maxlen=LAGS)

    def sent(self, size: int) -> None:
        """A frame was handed to a transport."""
        self.frames += 1
        self.bytes += size

    def released(self, at: int) -> None:
        """Events leave whose newest was made ``at`` (ms; 0: unknown)."""
        if at:
            self._latencies.append(max(0.0, self._clock() * 1000 - at))

    def lagged(self, seconds: float) -> None:
        """The loop ran a tick this late."""
        self._lags.append((self._clock(), seconds * 1000))

    @property
    def lag(self) -> float:
        """The lateness of the last tick, ms."""
        return self._lags[-1][1] if self._lags else 0.0

    @property
    def worst_lag(self) -> float:
        """The worst lateness of the last minute, ms."""
        now = self._clock()
        return max((lag for at, lag in self._lags if now - at <= MINUTE), default=0.0)

    def latency(self, share: float) -> float | None:
        """The latency that ``share`` (0 to 1) of the last releases did not exceed, ms."""
        ranked = sorted(self._latencies)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else None
