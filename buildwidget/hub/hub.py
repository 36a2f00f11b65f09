"""The hub: fans the logs of builds out to any number of clients. It knows no transport."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, Final

import msgspec

from buildwidget.errors import BuildwidgetError
from buildwidget.hub.activity import Activity
from buildwidget.hub.connection import Connection, Sink
from buildwidget.hub.database import Database
from buildwidget.hub.fanout import Fanout
from buildwidget.hub.feed import Feed
from buildwidget.hub.feeds import UNAVAILABLE, Feeds
from buildwidget.hub.lists import Lists
from buildwidget.hub.poller import Poller
from buildwidget.hub.reader import News
from buildwidget.hub.settings import HubSettings
from buildwidget.hub.stats import Counters, HubStats
from buildwidget.protocol import close_codes
from buildwidget.protocol.codec import encode_frame
from buildwidget.protocol.frames import ErrorFrame, Welcome
from buildwidget.protocol.limits import PROTOCOL_VERSION
from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.errors import StoreError
from buildwidget.store.store import Store

log = logging.getLogger(__name__)

TICK: Final = 1.0
"""Seconds between two looks at the loop and at timers of connections; less where the timers are shorter."""
REST_TICK: Final = 5.0
"""The same while nothing runs, when each time the processor wakes up for it counts."""
FULL_POLL_SECONDS: Final = 1.0
"""After a change the heads of all watched builds are read this much later: it may have been one that has ended."""
STOP_TIMEOUT: Final = 5.0
"""Seconds that a stopping hub waits for database calls that are under way."""


REPLACED: Final = "The builds database was replaced by another one."
RESTORED: Final = "The builds database was restored to an earlier state."


class HubFull(BuildwidgetError):  # noqa: N818 - reads as what it tells
    """There are too many connections."""


class Hub:
    """One per event loop: ``await start()``, ``connect`` clients, ``await stop()``; all on that loop.

    Args:
        store: where the builds are. Closed by whoever opened it, after ``stop``.
        owner: whose builds are served; others are "not found".
        settings: the numbers.
        executor: a few threads for the database; nothing of it runs on the loop.
        clock: wall time in seconds, for the latency estimate.
    """

    def __init__(
        self,
        store: Store,
        *,
        owner: str,
        executor: Executor,
        settings: HubSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or HubSettings()
        self.counters = Counters(clock)
        self._store = store
        self._owner = owner
        self._executor = executor
        self._connections: dict[Connection, None] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._full_poll: asyncio.TimerHandle | None = None
        self.history = new_history()
        """A new random id whenever what was read before is worth nothing; ``welcome`` has it."""
        self._exchanges = 0
        self.feeds: Feeds
        self.lists: Lists

    async def start(self) -> None:
        """Make the hub's parts on the running loop. Nothing is read before somebody asks (activity apart)."""
        self._loop = asyncio.get_running_loop()
        self._exchanges = self._store.database.exchanges
        self._database = Database(self._store, self._executor)
        self._fanout = Fanout(self.settings.fanout_chunk)
        self.feeds = Feeds(self._database, self._owner, self.settings, self.counters)
        self.lists = Lists(self._database, self._owner, self.settings)
        self._feed_poller = Poller(self.feeds.poll, interval=0, on_trouble=self._tell_trouble)
        self._list_poller = Poller(
            self.lists.poll, interval=self.settings.batch_ms / 1000, on_trouble=self._tell_trouble
        )
        self.feeds.request_poll = self._feed_poller.request
        self.lists.request_poll = self._list_poller.request
        self.feeds.rewound = lambda: self._start_over(RESTORED)
        self.feeds.interest_changed = self.lists.interest_changed = self._set_interest
        self._activity = Activity(self._store, self._database, self._owner)
        self._watcher = ChangeWatcher(self._store, self._changed_in_thread)
        for work in (self._feed_poller.run(), self._list_poller.run(), self._fanout.run(), self._tick()):
            self._spawn(work)
        if self.settings.activity_ms:
            self._spawn(self._activity.run(self.settings.activity_ms / 1000))

    async def stop(self) -> None:
        """Tell every client to come back, and leave nothing running."""
        self._stopping = True
        if self._full_poll is not None:
            self._full_poll.cancel()
        writes = [connection.writing for connection in self._connections if connection.writing is not None]
        for connection in list(self._connections):
            connection.end(close_codes.SHUTTING_DOWN, self.come_back())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*writes, *self._tasks, return_exceptions=True)
        await self.feeds.stop()
        # Closing joins the watcher's thread, which may be inside a query.
        await self._loop.run_in_executor(self._executor, self._watcher.close)
        await self._database.idle(STOP_TIMEOUT)
        await self._loop.run_in_executor(self._executor, self._activity.close)

    def connect(
        self,
        sink: Sink,
        *,
        server: str | None = None,
        speaks: bool = False,
        on_beat: Callable[[], None] = lambda: None,
    ) -> Connection:
        """A new client.

        Args:
            sink: its transport.
            server: the id that ``welcome`` tells; None: no welcome is sent.
            speaks: whether it can send frames; then its silence ends the connection.
            on_beat: called with each heartbeat: the time for the transport's own signs of life, so that the processor
                need not wake up once more for them. Must not raise.

        Raises:
            HubFull: with as many connections as allowed, or while the hub stops; ``come_back`` tells when to try again.
        """
        if self._stopping or len(self._connections) >= self.settings.max_connections:
            raise HubFull(f"The server has {len(self._connections)} live connections, more are not allowed.")
        connection = Connection(self, sink, speaks=speaks, on_beat=on_beat, clock=self._loop.time)
        self._connections[connection] = None
        if server is not None:
            connection.reply(self._welcome(server))
        return connection

    def come_back(self, why: str | None = None) -> str:
        """The reason of a close with SHUTTING_DOWN: when to come back, spread so that not all come at once, and why.

        With its sentence it must stay below the 123 bytes of a close frame (RFC 6455, 5.5).
        """
        spread = random.uniform(1, 3)  # noqa: S311 - spreads the load, guards nothing
        retry = {"retry_ms": int(self.settings.reconnect_ms * spread)}
        return msgspec.json.encode(retry if why is None else {**retry, "message": why}).decode()

    # Numbers

    def active_builds(self) -> int:
        """How many builds of the owner were active when last looked (every ``activity_ms``)."""
        return self._activity.count

    async def count_active_builds(self) -> int:
        """How many are active now; asks the database only if it has changed since it was asked last."""
        return await self._activity.look()

    def stats(self) -> HubStats:
        """The numbers of this moment."""
        counters = self.counters
        return HubStats(
            connections=len(self._connections),
            subscriptions=self.feeds.subscriptions,
            watched_builds=self.feeds.watched,
            active_builds=self._activity.count,
            batches=counters.batches,
            snapshots=counters.snapshots,
            frames=counters.frames,
            bytes=counters.bytes,
            slow_closed=counters.slow_closed,
            timed_out=counters.timed_out,
            commit_to_send_p50_ms=counters.latency(0.5),
            commit_to_send_p99_ms=counters.latency(0.99),
            loop_lag_ms=counters.lag,
            loop_lag_max_ms=counters.worst_lag,
        )

    @property
    def any_active(self) -> bool:
        """Whether anything that is subscribed to or listed for a client has not ended, as far as is known."""
        return self.feeds.any_active or self.lists.any_active

    # What connections call

    def wake(self, connection: Connection) -> None:
        """Let the connection look for something to send, in its turn."""
        self._fanout.wake(connection)

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._connections.pop(connection, None)
        self._fanout.forget(connection)

    # Changes of the database

    def _changed_in_thread(self) -> None:
        """Read what is new in the thread that noticed it: it is awake, and the loop need not be woken to ask for it."""
        try:
            found = self.feeds.read(self._store)
        except Exception as error:
            log.debug("news could not be read", exc_info=error)
            found = None
        # A loop that was closed without stop() has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._changed, found)

    def _changed(self, found: Mapping[Feed, News | None] | None) -> None:
        if self._stopping:
            return
        if self._full_poll is None:
            self._full_poll = self._loop.call_later(FULL_POLL_SECONDS, self._poll_all)
        self._notice_exchange()
        if found is None:
            self._feed_poller.request()  # which meets the same trouble, tries on and tells
        else:
            self.feeds.take(found)
        if self.lists.watched:
            self._list_poller.request()

    def _set_interest(self) -> None:
        if self._stopping:
            return
        if self.feeds.any_active:
            self._watcher.set_interest("active")
        elif self.feeds.watched or self.lists.watched:
            self._watcher.set_interest("idle")
        else:
            self._watcher.set_interest("none")

    def _notice_exchange(self) -> None:
        """Start over if another file has taken the database's place since the hub last looked."""
        exchanges = self._store.database.exchanges
        if exchanges != self._exchanges:
            self._exchanges = exchanges
            self._start_over(REPLACED)

    def _start_over(self, why: str) -> None:
        """Forget all that was read: the database has another history. Clients come back and compare what they have."""
        log.warning("%s Clients read everything anew.", why)
        self.history = new_history()
        for connection in list(self._connections):
            connection.end(close_codes.SHUTTING_DOWN, self.come_back(why))

    def _tell_trouble(self, error: Exception) -> None:
        message = str(error) if isinstance(error, StoreError) else UNAVAILABLE
        frame = encode_frame(ErrorFrame(code="unavailable", message=message))
        for connection in list(self._connections):
            connection.reply(frame)

    # Timers

    async def _tick(self) -> None:
        polled = self._loop.time()
        while True:
            interval = self._interval()
            due = self._loop.time() + interval
            await asyncio.sleep(interval)
            now = self._loop.time()
            late = now - due
            self._notice_exchange()
            self.counters.lagged(late)
            await self._look_after_connections(interval, blocked=late if late > min(interval, TICK) else 0.0)
            # Without a change only while anything runs, so that rest is rest.
            if self.any_active and now - polled >= self.settings.full_poll_ms / 1000:
                polled = now
                self._poll_all()

    def _interval(self) -> float:
        settings = self.settings
        shortest = min(settings.heartbeat_ms, settings.timeout_ms, settings.write_timeout_ms)
        if self.any_active:
            return min(TICK, shortest / 4000, settings.full_poll_ms / 4000)
        return min(REST_TICK, shortest / 4000)

    def _poll_all(self) -> None:
        if self._full_poll is not None:
            self._full_poll.cancel()
            self._full_poll = None
        self.feeds.request_full_poll()
        if self.lists.watched:
            self._list_poller.request()

    async def _look_after_connections(self, interval: float, *, blocked: float) -> None:
        """Heartbeats and timeouts. ``blocked``: seconds the loop stood still, in which nobody could be heard."""
        for number, connection in enumerate(list(self._connections), start=1):
            connection.heard_at += blocked
            if connection.write_started is not None:
                connection.write_started += blocked
            self._look_after(connection, interval)
            if number % self.settings.fanout_chunk == 0:
                await asyncio.sleep(0)

    def _look_after(self, connection: Connection, interval: float) -> None:
        settings, now = self.settings, self._loop.time()
        started = connection.write_started
        if connection.closed:
            return
        if started is not None and now - started > settings.write_timeout_ms / 1000:
            self.counters.slow_closed += 1
            connection.end(close_codes.SLOW)
        elif connection.speaks and now - connection.heard_at > settings.timeout_ms / 1000:
            self.counters.timed_out += 1
            connection.end(close_codes.HEARTBEAT_TIMEOUT)
        elif now - connection.beat_at >= settings.heartbeat_ms / 1000 - interval / 2:  # the nearest look to its time
            connection.beat()

    def _welcome(self, server: str) -> bytes:
        return encode_frame(
            Welcome(
                protocol=PROTOCOL_VERSION,
                server=server,
                database=self._store.database_id,
                heartbeat_ms=self.settings.heartbeat_ms,
                batch_ms=self.settings.batch_ms,
                history=self.history,
            )
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        task.add_done_callback(_report)
        self._tasks.append(task)


def new_history() -> str:
    """A random id."""
    return secrets.token_hex(8)


def _report(task: asyncio.Task[None]) -> None:
    """A task of the hub ends only by cancellation; anything else is a bug that must be seen."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("A part of the hub failed.", exc_info=error)
