"""Database calls of the hub: always in the thread pool, never on the event loop, known until they are done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from buildwidget.store.errors import Unavailable
from buildwidget.store.store import Store

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

RETRY_DELAYS: Final = (0.1, 0.3, 1.0)
"""Seconds between the tries of a call that somebody waits for."""
HEAVY_CALLS: Final = 2
"""Hydrations and the like that run at once: the poll for new events never waits for a free thread behind them."""


class Database:
    """Runs functions of the store in the thread pool."""

    def __init__(self, store: Store, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._heavy = asyncio.Semaphore(HEAVY_CALLS)
        self._running: set[asyncio.Future[Any]] = set()

    async def call(self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``function(store, ...)``, run in a thread."""
        submitted = self._executor.submit(function, self._store, *args, **kwargs)
        future: asyncio.Future[T] = asyncio.wrap_future(submitted)
        self._running.add(future)
        future.add_done_callback(self._done)
        # Shielded: a caller that is cancelled leaves the future to `idle`, which waits for the thread.
        return await asyncio.shield(future)

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
        if self._running:
            await asyncio.wait(set(self._running), timeout=timeout)

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._running.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            # Whoever called has it; this only marks it as seen where the caller was cancelled.
            log.debug("a database call failed: %s", error)
