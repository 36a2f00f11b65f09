"""Waiting for a slot. Each runner waits for its own: oldest first, so many at once per database and host."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from buildwidget.runner.liveness import HEARTBEAT_SECONDS, LEASE_SECONDS, LeaseObserver
from buildwidget.runner.stop import StopRequests
from buildwidget.runner.sweep import sweep
from buildwidget.store.appender import Appender
from buildwidget.store.errors import Unavailable
from buildwidget.store.records import Draft
from buildwidget.store.store import Store

_LONGEST_WAIT: Final = 1.0


class SlotQueue:
    """The place of one build in the queue.

    Args:
        store: the database.
        appender: the build's claim; used by nobody else while it waits.
        limit: how many builds run at once on this host.
        clock: monotonic seconds.
    """

    def __init__(
        self, store: Store, appender: Appender, limit: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._appender = appender
        self._limit = limit
        self._clock = clock
        self._observer = LeaseObserver(clock=clock)
        self._next_beat = clock() + HEARTBEAT_SECONDS
        self._next_sweep = clock() + LEASE_SECONDS

    def wait(self, make_start: Callable[[], Draft], stop: StopRequests) -> bool:
        """Wait until the build has started with the draft that ``make_start`` gives, or is to stop.

        Whether it has started. Raises Fenced if another process took the build over.
        """
        while not stop.requested.is_set():
            stop.changed.clear()
            try:
                if self._appender.start(make_start(), self._limit):
                    return True
                self._keep_up()
            except Unavailable:
                pass  # locked or full for now: nothing is lost by waiting on
            stop.changed.wait(min(_LONGEST_WAIT, max(0.05, self._next_beat - self._clock())))
        return False

    def _keep_up(self) -> None:
        now = self._clock()
        if now >= self._next_beat:
            self._next_beat = now + HEARTBEAT_SECONDS
            self._appender.beat()
        if now >= self._next_sweep:
            # A lost build before this one in the queue would hold its place for good.
            self._next_sweep = now + LEASE_SECONDS
            sweep(self._store, self._observer)
