"""All watched builds: which feeds exist, what is read for them, and who is told that something is new."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from buildwidget.hub.database import Database
from buildwidget.hub.feed import Feed, Need, Position
from buildwidget.hub.reader import Ask, News, open_build, read_news, read_range, read_snapshot
from buildwidget.hub.settings import HubSettings
from buildwidget.hub.stats import Counters
from buildwidget.protocol.codec import encode_frame
from buildwidget.protocol.frames import Cursor, Deleted, ErrorFrame, Subscribe
from buildwidget.store.errors import NotFound, StoreError
from buildwidget.store.store import Store

log = logging.getLogger(__name__)

UNAVAILABLE: Final = "The builds database cannot be read right now."


class Listener(Protocol):
    """Who a subscriber belongs to (a connection)."""

    def ready(self, source: Subscriber) -> None:
        """``source.next_frame()`` may have something."""

    def ended(self, source: Subscriber, frame: bytes) -> None:
        """The subscription is over; ``frame`` says why."""


class Subscriber:
    """One connection's place in one build's log. It holds no events: it asks the feed for its next frame."""

    def __init__(self, feeds: Feeds, feed: Feed, listener: Listener, position: Position) -> None:
        self.feed = feed
        self.listener = listener
        self.position = position
        self._feeds = feeds

    @property
    def build(self) -> str:
        """The build's id."""
        return self.feed.build

    def next_frame(self) -> bytes | None:
        """The next frame; None: nothing now, ``listener.ready`` is called when there may be."""
        found = self.feed.next_in_step(self.position)
        if found is None:
            return self._feeds.next_frame(self)
        if found is Need.NOTHING:
            return None
        self._feeds.counters.batches += 1
        return found

    @property
    def is_behind(self) -> bool:
        """Whether there is more to send."""
        return self.feed.is_ahead_of(self.position)

    def stop(self) -> None:
        """The connection wants no more."""
        self._feeds.unsubscribe(self)


class Feeds:
    """The feeds of a hub. All methods run on its loop; only ``reader`` functions run in threads."""

    def __init__(self, database: Database, owner: str, settings: HubSettings, counters: Counters) -> None:
        self._database = database
        self._owner = owner
        self._settings = settings
        self.counters = counters
        self._loop = asyncio.get_running_loop()
        self._feeds: dict[str, Feed] = {}
        self._subscribers: dict[Feed, dict[Subscriber, None]] = {}
        self._tasks: dict[tuple[Feed, str], asyncio.Task[None]] = {}
        self._timers: dict[tuple[Feed, str], asyncio.TimerHandle] = {}
        self._polls_started = self._polls_done = 0
        self._poll_ended_ones = False
        self.request_poll: Callable[[], None] = lambda: None
        self.rewound: Callable[[], None] = lambda: None
        self.interest_changed: Callable[[], None] = lambda: None

    # Subscribers

    @property
    def subscriptions(self) -> int:
        """How many subscriptions there are."""
        return sum(map(len, self._subscribers.values()))

    @property
    def watched(self) -> int:
        """How many builds are watched."""
        return len(self._feeds)

    @property
    def any_active(self) -> bool:
        """Whether a watched build has not ended."""
        return any(not feed.ended for feed in self._feeds.values())

    def subscribe(self, listener: Listener, request: Subscribe) -> Subscriber:
        """A subscriber from the requested cursor on; ``listener.ready`` is called when it has its first frame."""
        feed = self._feeds.get(request.build) or self._add(request.build)
        cursor = None
        if request.epoch is not None and request.seq is not None and request.seq >= 0:
            cursor = Cursor(request.epoch, request.seq)
        position = Position(cursor, believed_until=self._polls_started + 1)
        subscriber = Subscriber(self, feed, listener, position)
        self._subscribers[feed][subscriber] = None
        if feed.open:
            listener.ready(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Forget the subscriber, and its feed with the last one."""
        subscribers = self._subscribers.get(subscriber.feed, {})
        subscribers.pop(subscriber, None)
        if not subscribers:
            self._drop(subscriber.feed)

    def next_frame(self, subscriber: Subscriber) -> bytes | None:
        """The subscriber's next frame, or None; then what it needs is under way."""
        feed, position = subscriber.feed, subscriber.position
        found = feed.next(position, self._loop.time(), self._polls_done)
        if isinstance(found, bytes):
            self._count(feed, found)
            return found
        if found is Need.SNAPSHOT:
            self._want_snapshot(feed)
        elif found is Need.BACKFILL and position.cursor is not None:
            self._start(feed, "backfill", partial(self._backfill, feed, position.cursor.seq))
        elif found is Need.POLL:
            self._poll_ended_ones |= feed.ended
            self.request_poll()
        return None

    # Polls

    def request_full_poll(self) -> None:
        """Read the heads of ended builds too: they may have been deleted, or their history rewritten."""
        self._poll_ended_ones = True
        self.request_poll()

    async def poll(self) -> None:
        """Read what is new for every feed: one query for all heads, then the events of those that moved."""
        full, self._poll_ended_ones = self._poll_ended_ones, False
        self._polls_started += 1
        number = self._polls_started
        asked = [feed for feed in self._feeds.values() if feed.open and (full or not feed.ended)]
        if asked:
            self.take(await self._database.call(self.read, asked))
        self._polls_done = number
        for feed in asked:
            self._wake(feed, only_unanswered=True)

    def read(self, store: Store, feeds: Sequence[Feed] | None = None) -> dict[Feed, News | None]:
        """In any thread: what is new for some feeds (by default: for those of builds that have not ended).

        It is read after what they had when they were looked at, which may have moved until it is taken.
        """
        if feeds is None:
            feeds = [feed for feed in list(self._feeds.values()) if feed.open and not feed.ended]
        asked = {feed.build: feed for feed in feeds}
        asks = [Ask(feed.build, feed.epoch, feed.have) for feed in feeds]
        if not asks:
            return {}
        found = read_news(store, asks, self._settings.max_lag_events, self._settings.max_lag_bytes)
        return {asked[build]: news for build, news in found.items()}

    def take(self, found: Mapping[Feed, News | None]) -> None:
        """Take what was read."""
        for feed, news in found.items():
            if self._feeds.get(feed.build) is not feed:
                continue
            if news is not None and news.rewound:
                self.rewound()  # which ends all feeds
                return
            if news is None:
                self._end(feed, encode_frame(Deleted(build=feed.build)))
            else:
                self._receive(feed, news)

    def _receive(self, feed: Feed, news: News) -> None:
        was_ended = feed.ended
        if not feed.receive(news):
            if news.head > feed.have:
                self.request_poll()
            return
        if feed.ended != was_ended:
            self.interest_changed()
        if news.events and news.head > feed.have:
            self.request_poll()
        if not news.events:  # a jump: where everybody stands is open again
            self._wake(feed)
        self._release_when_due(feed)

    def _release_when_due(self, feed: Feed) -> None:
        due = feed.due(self._loop.time())
        timer = self._timers.pop((feed, "release"), None)
        if timer is not None:
            timer.cancel()
        if due is None:
            return
        if due <= self._loop.time():
            self._release(feed)
        else:
            self._timers[feed, "release"] = self._loop.call_at(due, self._release, feed)

    def _release(self, feed: Feed) -> None:
        self._timers.pop((feed, "release"), None)
        self.counters.released(feed.release(self._loop.time()))
        self._wake(feed)

    # What single feeds need

    def _add(self, build: str) -> Feed:
        feed = self._feeds[build] = Feed(build, self._settings)
        self._subscribers[feed] = {}
        self._start(feed, "open", partial(self._open, feed))
        self.interest_changed()
        return feed

    async def _open(self, feed: Feed) -> None:
        feed.opened(await self._database.call_with_retries(open_build, feed.build, self._owner))
        self.interest_changed()
        self._wake(feed)

    def _want_snapshot(self, feed: Feed) -> None:
        key = (feed, "snapshot")
        if key in self._tasks or key in self._timers:
            return
        wait = feed.snapshot_allowed_at() - self._loop.time()
        if wait <= 0:
            self._start(feed, "snapshot", partial(self._snapshot, feed))
        else:
            self._timers[key] = self._loop.call_later(wait, self._wake_after_wait, feed)

    def _wake_after_wait(self, feed: Feed) -> None:
        self._timers.pop((feed, "snapshot"), None)
        self._wake(feed)

    async def _snapshot(self, feed: Feed) -> None:
        started = self._loop.time()
        snapshot = await self._database.call_with_retries(read_snapshot, feed.build)
        now = self._loop.time()
        if not feed.receive_snapshot(snapshot, now, now - started):
            self.request_full_poll()
        self.interest_changed()
        self._trim_snapshots(feed)

    async def _backfill(self, feed: Feed, after: int) -> None:
        bounds = self._settings.max_lag_events, self._settings.max_lag_bytes
        found = await self._database.call_with_retries(read_range, feed.build, after, *bounds)
        if not feed.receive_older(found):
            self.request_full_poll()

    def _start(self, feed: Feed, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work`` for the feed unless the same is under way; then look what its subscribers can get."""
        if (feed, name) not in self._tasks:
            self._tasks[feed, name] = self._loop.create_task(self._run(feed, name, work))

    async def _run(self, feed: Feed, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except NotFound as error:
            self._tasks.pop((feed, name), None)
            never_was = name == "open"
            not_found = ErrorFrame(code="not_found", message=str(error), build=feed.build)
            self._end(feed, encode_frame(not_found if never_was else Deleted(build=feed.build)))
        except Exception as error:
            # Whatever the driver raised, the subscribers wait for this read: they are told, nobody else can.
            log.warning(
                "build %s cannot be read (%s): %s",
                feed.build,
                name,
                error,
                exc_info=None if isinstance(error, StoreError) else error,
            )
            self._tasks.pop((feed, name), None)
            message = str(error) if isinstance(error, StoreError) else UNAVAILABLE
            self._end(feed, encode_frame(ErrorFrame(code="unavailable", message=message, build=feed.build)))
        else:
            self._tasks.pop((feed, name), None)
            self._wake(feed)

    # Bookkeeping

    def _wake(self, feed: Feed, *, only_unanswered: bool = False) -> None:
        for subscriber in self._subscribers.get(feed, ()):
            if not (only_unanswered and subscriber.position.answered):
                subscriber.listener.ready(subscriber)

    def _count(self, feed: Feed, frame: bytes) -> None:
        if feed.snapshot is not None and frame is feed.snapshot.frame:
            self.counters.snapshots += 1
        else:
            self.counters.batches += 1

    def _trim_snapshots(self, newest: Feed) -> None:
        """Keep the snapshots of all feeds together within bounds, the newest in any case."""
        self._feeds[newest.build] = self._feeds.pop(newest.build)  # the oldest come first
        kept = [feed for feed in self._feeds.values() if feed.snapshot is not None]
        total = sum(len(feed.snapshot.frame) for feed in kept if feed.snapshot is not None)
        for feed in kept[:-1]:
            if total <= self._settings.snapshot_cache_bytes:
                return
            if feed.snapshot is not None:
                total -= len(feed.snapshot.frame)
                feed.forget_snapshot()

    def _end(self, feed: Feed, frame: bytes) -> None:
        for subscriber in list(self._subscribers.get(feed, ())):
            subscriber.listener.ended(subscriber, frame)
        self._drop(feed)

    def _drop(self, feed: Feed) -> None:
        if self._feeds.get(feed.build) is not feed:
            return
        del self._feeds[feed.build], self._subscribers[feed]
        for timers_key in [key for key in self._timers if key[0] is feed]:
            self._timers.pop(timers_key).cancel()
        for task_key in [key for key in self._tasks if key[0] is feed]:
            self._tasks.pop(task_key).cancel()
        self.interest_changed()

    async def stop(self) -> None:
        """Drop every feed and wait for what it had under way."""
        tasks = list(self._tasks.values())
        for feed in list(self._feeds.values()):
            self._drop(feed)
        await asyncio.gather(*tasks, return_exceptions=True)
