"""Following builds from inside this process: one thread with one hub serves every handle and widget of it.

The frames are the same that a page gets, so the kernel sees a build exactly as a browser does.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import TimeoutError as FutureTimeout  # TimeoutError itself from Python 3.11 on
from types import TracebackType
from typing import Any, Final, TypeVar

import msgspec

from buildwidget.daemon_executor import DaemonExecutor
from buildwidget.hub import Connection, Hub, HubSettings
from buildwidget.protocol import close_codes
from buildwidget.protocol.codec import decode_event, decode_state
from buildwidget.protocol.cursor import Folded, apply_batch
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.frames import Cursor, Subscribe
from buildwidget.protocol.state import State
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from buildwidget.store.errors import NotFound, StoreError
from buildwidget.store.location import owner
from buildwidget.store.store import Store

T = TypeVar("T")

_log = logging.getLogger(__name__)

SETTINGS: Final = HubSettings(
    # A callback of the user may take its time, and a kernel may be stopped in a debugger for a day: neither is a
    # client that went away.
    write_timeout_ms=7 * 24 * 3600 * 1000,
    activity_ms=0,
)


SWEEP_INTERVAL: Final = 5.0
"""Seconds between looks for builds whose runner died, while something that has not ended is followed here.

With no server around (a script, nbclient, another editor) nobody else would notice, and a wait would last for ever.
"""


_CALLBACK_THREADS: Final = 32
"""Callbacks that run at once; the next waits until one of them returns."""
_EXIT_SECONDS: Final = 1.0
"""How long the end of the process waits for what is followed in it."""


class Live:
    """A thread with an event loop and a hub over one store."""

    def __init__(self, store: Store) -> None:
        self.closing = False
        self._loop = asyncio.new_event_loop()
        self._database = DaemonExecutor(2, "buildwidget-live-database")
        self._callbacks = DaemonExecutor(_CALLBACK_THREADS, "buildwidget-live-callback")
        self._thread = threading.Thread(target=self._loop.run_forever, name="buildwidget-live", daemon=True)
        self._thread.start()
        self.hub = self.run(self._make_hub(store))
        self._sweeping = asyncio.run_coroutine_threadsafe(self._sweep(store), self._loop)

    async def _make_hub(self, store: Store) -> Hub:
        hub = Hub(store, owner=owner(), settings=SETTINGS, executor=self._database)
        await hub.start()
        return hub

    async def _sweep(self, store: Store) -> None:
        observer = LeaseObserver()
        while True:
            await asyncio.sleep(SWEEP_INTERVAL)
            if self.hub.any_active:
                with contextlib.suppress(StoreError):  # a locked database is swept the next time
                    await self._loop.run_in_executor(self._database, sweep, store, observer)

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Runs a coroutine on the loop and waits for its result, up to ``timeout`` seconds."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    async def call_back(self, function: Callable[..., None], *args: object) -> None:
        """Runs a function that may block in a thread."""
        await self._loop.run_in_executor(self._callbacks, function, *args)

    def call(self, function: Callable[[], object]) -> None:
        """Runs a function on the loop, soon."""
        self._loop.call_soon_threadsafe(function)

    def close(self, timeout: float | None = None) -> None:
        """Ends the hub, the loop and the threads.

        Args:
            timeout: seconds to wait for each; what has not ended then is left alone. Default: until it has ended.
        """
        self.closing = True
        self._sweeping.cancel()
        with contextlib.suppress(TimeoutError, FutureTimeout):
            self.run(self.hub.stop(), timeout)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout)
        for executor in (self._database, self._callbacks):
            executor.shutdown(wait=timeout is None)
        if not self._thread.is_alive():
            self._loop.close()


_lock = threading.Lock()
_lives: dict[tuple[int, str], Live] = {}


def live(store: Store) -> Live:
    """The one of this process and database; threads do not cross a fork, so a child gets its own."""
    key = (os.getpid(), store.url)
    with _lock:
        if key not in _lives:
            _lives[key] = Live(store)
        return _lives[key]


def close_all(timeout: float | None = None) -> None:
    """Ends every thread of this module; the next ``follow`` starts anew. ``timeout``: see ``Live.close``."""
    with _lock:
        while _lives:
            (pid, _), ended = _lives.popitem()
            if pid == os.getpid():
                ended.close(timeout)


# Threads that go on while the interpreter ends would say so with a traceback.
atexit.register(close_all, _EXIT_SECONDS)


class Following:
    """A build as it is followed from this process until it ends; a sink of the hub.

    Callbacks run one at a time in a thread of their own, so they may block without holding back another build.
    """

    def __init__(self, store: Store, build_id: str, on_frame: Callable[[bytes], None] | None = None) -> None:
        self._live = live(store)
        self._build = build_id
        self._folded: Folded | None = None
        self._problem: StoreError | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._change_callbacks: list[Callable[[State], None]] = []
        self._end_callbacks: list[Callable[[], None]] = []
        self._on_frame = on_frame
        self._connection: Connection
        self._live.run(self._open())

    async def _open(self) -> None:
        self._connect()

    def _connect(self) -> None:
        self._connection = self._live.hub.connect(self)
        self._connection.handle(Subscribe(build=self._build))

    # What the hub calls.

    async def send(self, frame: bytes) -> None:
        """Takes one frame; the next comes when this one is done with, so a slow callback holds back nobody else."""
        await self._live.call_back(self._take, frame)

    def close(self, code: int = 0, reason: str = "") -> None:  # noqa: ARG002 - the hub's close has a code and a reason
        """Stops following; may be called from a callback, and again.

        Where the hub closes because its database has another history now, this reads the build anew and goes on.
        """
        with contextlib.suppress(RuntimeError):  # the loop is gone when the interpreter ends
            self._live.call(self._connect_again if code == close_codes.SHUTTING_DOWN.code else self._connection.close)

    def _connect_again(self) -> None:
        if not (self._ended.is_set() or self._live.closing):
            self._connect()

    def _take(self, frame: bytes) -> None:
        if self._on_frame is not None:
            self._on_frame(frame)
        content = msgspec.json.decode(frame, type=_Frame)
        if content.type == "snapshot":
            self._show(Folded(Cursor(content.epoch, content.seq), decode_state(bytes(content.state))))
        elif content.type == "batch" and self._folded is not None and content.events:
            events = [decode_event(bytes(event)) for event in content.events]
            applied = apply_batch(self._folded, content.epoch, content.first, events)
            assert applied is not None, "the hub sends no gaps"
            self._show(applied)
        elif content.type in ("error", "deleted") and content.build is not None:
            # An error that names no build (the database is in trouble) ends nothing: the hub goes on trying.
            gone = content.type == "deleted" or content.code == "not_found"
            self._problem = NotFound(self._build) if gone else StoreError(content.message)
            self._end()

    def _show(self, folded: Folded) -> None:
        with self._lock:
            self._folded = folded
            callbacks = tuple(self._change_callbacks)
        for callback in callbacks:
            _call(callback, folded.state)
        if folded.state.status in ENDS:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self._ended.set()
            callbacks, self._end_callbacks = self._end_callbacks, []
        for callback in callbacks:
            _call(callback)
        self.close()

    # What the process asks.

    def on_change(self, callback: Callable[[State], None]) -> None:
        """Calls back with the present state, if it is known already, and with the new one after every change."""
        with self._lock:
            self._change_callbacks.append(callback)
            folded = self._folded
        if folded is not None:
            _call(callback, folded.state)

    def on_end(self, callback: Callable[[], None]) -> None:
        """Calls back once the build has ended, is gone, or cannot be read."""
        with self._lock:
            if not self._ended.is_set():
                self._end_callbacks.append(callback)
                return
        _call(callback)

    def wait_for_end(self, timeout: float) -> bool:
        """Whether it ended within ``timeout`` seconds.

        Raises:
            StoreError: it was deleted, or the database cannot be read.
        """
        ended = self._ended.wait(timeout)
        if self._problem is not None:
            raise self._problem
        return ended

    def __enter__(self) -> Following:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Frame(msgspec.Struct, rename={"first": "from"}):
    """Any frame, its big parts left as bytes."""

    type: str
    build: str | None = None
    epoch: str = ""
    seq: int = 0
    state: msgspec.Raw = msgspec.Raw(b"")
    first: int = 0
    events: list[msgspec.Raw] = []
    code: str | None = None
    message: str | None = None


def _call(callback: Callable[..., None], *arguments: object) -> None:
    """Calls what a user gave. What it raises is told in the log and ends nothing: the others still want the change."""
    try:
        callback(*arguments)
    except Exception:  # noqa: BLE001 - the user's own code may raise anything
        _log.exception("A callback of a build failed")


def follow(store: Store, build_id: str, on_frame: Callable[[bytes], None] | None = None) -> Following:
    """Follows a build until closed; ``on_frame`` gets every frame as it comes, before the state is changed."""
    return Following(store, build_id, on_frame)
