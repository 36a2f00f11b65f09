"""One client: what it asked for, and the one write that is in flight to it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from buildwidget.errors import BuildwidgetError
from buildwidget.hub.feeds import Feeds, Subscriber
from buildwidget.hub.lists import Lists, ListWatcher
from buildwidget.hub.settings import HubSettings
from buildwidget.hub.stats import Counters
from buildwidget.protocol import close_codes
from buildwidget.protocol.close_codes import CloseCode
from buildwidget.protocol.codec import encode_frame
from buildwidget.protocol.frames import (
    ClientFrame,
    Cursor,
    ErrorFrame,
    Heartbeat,
    Ping,
    Pong,
    Subscribe,
    Unsubscribe,
    Unwatch,
    Watch,
)

log = logging.getLogger(__name__)

YIELD_EVERY: Final = 8
"""Frames written in a row to one client before the event loop may do something else."""


class SinkClosed(BuildwidgetError):  # noqa: N818 - reads as what it tells
    """The transport is closed."""


class Sink(Protocol):
    """A transport: a WebSocket, an event stream, a widget's comm."""

    def send(self, frame: bytes) -> Awaitable[None] | None:
        """Take one frame (UTF-8 JSON).

        None: the next one may come; else it may when what is returned is done. So a transport that has taken the
        frame costs no task, and one whose ``send`` is a coroutine works as well. Raises SinkClosed, here or there.
        """

    def close(self, code: int, reason: str) -> None:
        """The hub is done with this client; must not block. Closing twice does nothing."""


class Wiring(Protocol):
    """What a connection needs of its hub."""

    feeds: Feeds
    lists: Lists
    settings: HubSettings
    counters: Counters

    def wake(self, connection: Connection) -> None:
        """Call ``connection.go()`` soon, some connections at a time."""

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""


class Connection:
    """A client of the hub, made by ``Hub.connect``. All methods are called on the hub's loop.

    Frames are not queued: the next one is asked for when the transport can take it, so what is new since then
    comes as one batch (or snapshot), and a slow client costs one frame of memory.
    """

    def __init__(
        self, wiring: Wiring, sink: Sink, *, speaks: bool, on_beat: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self.speaks = speaks
        self._on_beat = on_beat
        self.heard_at = self.beat_at = clock()
        self.write_started: float | None = None
        self.closed = False
        self._wiring = wiring
        self._sink = sink
        self._clock = clock
        self._replies: deque[bytes] = deque()
        self._beat_due = False
        self._subscribers: dict[str, Subscriber] = {}
        self._watcher: ListWatcher | None = None
        self._ready: dict[Subscriber | ListWatcher, None] = {}
        self.writing: asyncio.Future[None] | None = None

    # What the transport calls

    def handle(self, frame: ClientFrame) -> None:
        """Do what the client asks."""
        self.heard()
        if self.closed:
            return
        match frame:
            case Subscribe():
                self._subscribe(frame)
            case Unsubscribe():
                self._unsubscribe(frame.build)
            case Watch():
                self._unwatch()
                self._watcher = self._wiring.lists.watch(self, frame.project)
            case Unwatch():
                self._unwatch()
            case Ping():
                self._answer(encode_frame(Pong(n=frame.n)))
                self.go()  # at once: what wakes everybody else in turn would wake for one

    def heard(self) -> None:
        """The client gave a sign of life (any message, or the pong of a WebSocket ping)."""
        self.heard_at = self._clock()

    def close(self) -> None:
        """The transport is gone, or the client has left: forget it."""
        if self.closed:
            return
        self.closed = True
        for build in list(self._subscribers):
            self._unsubscribe(build)
        self._unwatch()
        self._replies.clear()
        self._wiring.forget(self)
        if self.writing is not None and self.writing is not asyncio.current_task():
            self.writing.cancel()

    # What the hub calls

    @property
    def subscriptions(self) -> int:
        """Builds this client is subscribed to."""
        return len(self._subscribers)

    def cursor(self, build: str) -> Cursor | None:
        """The last place in the build's log that was sent to this client."""
        subscriber = self._subscribers.get(build)
        return subscriber.position.cursor if subscriber is not None and subscriber.position.answered else None

    def end(self, code: CloseCode, reason: str | None = None) -> None:
        """Close the transport with a code that tells the client what to do; the code's name is the default reason."""
        if not self.closed:
            self.close()
            self._sink.close(code.code, code.name if reason is None else reason)

    def reply(self, frame: bytes) -> None:
        """Send a frame before anything that is ready."""
        self._answer(frame)
        if not self.closed:
            self._wiring.wake(self)

    def beat(self) -> None:
        """A heartbeat is due; its content is made when it is sent."""
        self.beat_at = self._clock()
        self._beat_due = True
        self._wiring.wake(self)
        self._on_beat()

    def go(self) -> None:
        """Send what there is, as far as the transport takes it now."""
        if self.writing is not None or self.closed:
            return
        try:
            self._send_some()
        except Exception as error:  # noqa: BLE001 - see _failed
            self._failed(error)

    def ready(self, source: Subscriber | ListWatcher) -> None:
        """A source may have a frame."""
        self._ready[source] = None
        self._wiring.wake(self)

    def ended(self, source: Subscriber, frame: bytes) -> None:
        """The hub ended a subscription."""
        if self._subscribers.get(source.build) is source:
            self._forget(source)
            self.reply(frame)

    # Subscriptions

    def _subscribe(self, request: Subscribe) -> None:
        old = self._subscribers.get(request.build)
        if old is None and len(self._subscribers) >= self._wiring.settings.max_subscriptions:
            message = f"A connection may subscribe to {self._wiring.settings.max_subscriptions} builds."
            self.reply(encode_frame(ErrorFrame(code="limit", message=message, build=request.build)))
            return
        # The new one first: its feed, if the old one shares it, lives on with what it has in memory.
        self._subscribers[request.build] = self._wiring.feeds.subscribe(self, request)
        if old is not None:
            self._ready.pop(old, None)
            old.stop()

    def _unsubscribe(self, build: str) -> None:
        subscriber = self._subscribers.get(build)
        if subscriber is not None:
            self._forget(subscriber)
            subscriber.stop()

    def _forget(self, subscriber: Subscriber) -> None:
        del self._subscribers[subscriber.build]
        self._ready.pop(subscriber, None)

    def _unwatch(self) -> None:
        if self._watcher is not None:
            self._ready.pop(self._watcher, None)
            self._watcher.stop()
            self._watcher = None

    # The one write

    def _answer(self, frame: bytes) -> None:
        self._replies.append(frame)
        if len(self._replies) > self._wiring.settings.max_queued_replies:
            self._wiring.counters.slow_closed += 1
            self.end(close_codes.SLOW)

    def _send_some(self) -> None:
        for _ in range(YIELD_EVERY):
            frame = self._next()
            if frame is None:
                return
            write = self._sink.send(frame)
            self._wiring.counters.sent(len(frame))
            if write is not None:
                self.write_started = self._clock()
                self.writing = asyncio.ensure_future(write)
                self.writing.add_done_callback(self._written)
                return
        self._wiring.wake(self)  # after whatever else the loop has to do

    def _written(self, write: asyncio.Future[None]) -> None:
        self.write_started = self.writing = None
        if write.cancelled():
            self.close()
        elif (error := write.exception()) is not None:
            self._failed(error)
        else:
            self._wiring.wake(self)

    def _failed(self, error: BaseException) -> None:
        """A mistake of the transport (or ours): the client must not wait for heartbeats to notice.

        Who closed a sink knows why; what is left is to forget the client.
        """
        if isinstance(error, SinkClosed):
            self.close()
        else:
            log.error("A connection failed.", exc_info=error)
            self.end(close_codes.GOING_AWAY)

    def _next(self) -> bytes | None:
        if self._replies:
            return self._replies.popleft()
        if self._beat_due:
            self._beat_due = False
            return self._heartbeat()
        while self._ready:
            source = next(iter(self._ready))
            del self._ready[source]
            frame = source.next_frame()
            if frame is not None:
                if source.is_behind:
                    self._ready[source] = None  # it is asked again after all others
                return frame
        return None

    def _heartbeat(self) -> bytes:
        sent = {build: self.cursor(build) for build in self._subscribers}
        heads = {build: cursor.seq for build, cursor in sent.items() if cursor is not None}
        return encode_frame(Heartbeat(heads=heads))
