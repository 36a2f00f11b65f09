"""Whether a build's runner is alive. Alive is never declared dead: laptops sleep, databases lock, clocks jump.

A build is lost only if its process is gone (same host and boot), or if one observer saw its heartbeat counter
stand still for a whole lease on the observer's own monotonic clock (everywhere else).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from buildwidget.store.records import BuildRecord, ProcessIdentity
from buildwidget.store.writer import HEARTBEAT_SECONDS, LEASE_SECONDS

__all__ = ["HEARTBEAT_SECONDS", "LEASE_SECONDS", "LeaseObserver"]


@dataclass(slots=True)
class _Watched:
    pulse: tuple[int, int]
    looked: float
    stood: float = 0.0


class LeaseObserver:
    """Watches heartbeats over many looks; keep one per process. Thread-safe.

    Args:
        lease: seconds a heartbeat must stand still before its runner counts as lost.
        clock: monotonic seconds.
        is_alive: whether a process of this host and boot runs and is no zombie.
    """

    def __init__(
        self,
        *,
        lease: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        is_alive: Callable[[ProcessIdentity], bool] = ProcessIdentity.is_alive,
    ) -> None:
        self._lease = lease
        self._clock = clock
        self._is_alive = is_alive
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()

    def judge(self, record: BuildRecord) -> str | None:
        """Why the build is lost, as a sentence; None while it may be alive."""
        with self._lock:
            return self._judge(record)

    def forget_others(self, build_ids: Collection[str]) -> None:
        """Stop watching all builds but these."""
        with self._lock:
            self._watched = {build_id: seen for build_id, seen in self._watched.items() if build_id in build_ids}

    def _judge(self, record: BuildRecord) -> str | None:
        process = record.process
        if process is not None and process.is_here():
            self._watched.pop(record.summary.id, None)
            return None if self._is_alive(process) else _gone(record, process)
        if self._stands_still(record):
            where = "it never began" if process is None else f"process {process.pid} on {process.host}"
            return f"Nothing was heard of the runner ({where}) for {self._lease:g} s."
        return None

    def _stands_still(self, record: BuildRecord) -> bool:
        now, pulse = self._clock(), (record.generation, record.heartbeat)
        seen = self._watched.get(record.summary.id)
        if seen is None or seen.pulse != pulse:
            self._watched[record.summary.id] = _Watched(pulse, now)
            return False
        # However long ago the last look was, it proves no more than half a lease: whatever kept this observer
        # from looking (sleep, a stopped process) may have kept the runner from beating too.
        seen.stood += min(now - seen.looked, self._lease / 2)
        seen.looked = now
        return seen.stood >= self._lease


def _gone(record: BuildRecord, process: ProcessIdentity) -> str:
    when = "before it took the build over" if record.generation == 0 else "before the build ended"
    return f"The runner (process {process.pid} on {process.host}) was gone {when}: it crashed or was killed."
