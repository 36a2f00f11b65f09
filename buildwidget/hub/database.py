"""Database calls that the loop of the hub waits for: always in the thread pool, never on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from buildwidget.store.errors import Unavailable
from buildwidget.store.store import Store

P = ParamSpec("P")
T = TypeVar("T")

RETRY_DELAYS: Final = (0.1, 0.3, 1.0)
"""Seconds between the tries of a call that somebody waits for."""
HEAVY_CALLS: Final = 2
"""Hydrations and the like that run at once: the poll for new events never waits for a free thread behind them."""


class Database:
    """Runs functions of the store in the thread pool."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._heavy = asyncio.Semaphore(HEAVY_CALLS)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def call(self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``function(store, ...)``, run in a thread.

        With a future of our own: the executor's, wrapped and shielded, takes as long as a short query.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._executor.submit(self._run, future, partial(function, self._store, *args, **kwargs))
        self._running += 1
        self._idle.clear()
        return await future

    async def call_with_retries(
        self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for a heavier read that somebody waits for: tried again while the database is unavailable."""
        delays = iter(RETRY_DELAYS)
        while True:
            try:
                async with self._heavy:
                    return await self.call(function, *args, **kwargs)
            except Unavailable:
                delay = next(delays, None)
                if delay is None:
                    raise
            await asyncio.sleep(delay)

    async def idle(self, timeout: float) -> None:
        """Wait until no call runs in a thread, so that the store may be closed; at most ``timeout`` seconds."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)

    def _run(self, future: asyncio.Future[T], work: Callable[[], T]) -> None:
        """In a thread."""
        try:
            settle = partial(future.set_result, work())
        except BaseException as error:  # noqa: BLE001 - whoever called gets it, whatever it is
            settle = partial(future.set_exception, error)
        # A loop that was closed without waiting has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, future, settle)

    def _settle(self, future: asyncio.Future[Any], settle: Callable[[], None]) -> None:
        self._running -= 1
        if not self._running:
            self._idle.set()
        if not future.cancelled():  # whoever called may have left; the thread went on all the same
            settle()
