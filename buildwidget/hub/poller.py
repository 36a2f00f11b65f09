"""Runs a piece of work when asked, one run at a time, and goes on after trouble with the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

FIRST_RETRY: Final = 0.1
LAST_RETRY: Final = 5.0
"""Seconds between tries while the database is in trouble, doubling from the first to the last."""
PATIENCE: Final = 3
"""Failures in a row before anybody is told: a short lock is no news."""


class Poller:
    """Runs ``work`` once for any number of requests, starting at most every ``interval`` seconds.

    ``on_trouble`` is called once, with the error, when ``work`` has failed a few times in a row; it is tried on until
    it works.
    """

    def __init__(
        self, work: Callable[[], Awaitable[None]], *, interval: float, on_trouble: Callable[[Exception], None]
    ) -> None:
        self._work = work
        self._interval = interval
        self._on_trouble = on_trouble
        self._requested = asyncio.Event()

    def request(self) -> None:
        """There may be something to do: a run starts after now."""
        self._requested.set()

    async def run(self) -> None:
        """Serve requests until cancelled."""
        failures = 0
        while True:
            await self._requested.wait()
            self._requested.clear()
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - see _failed
                failures += 1
                await self._failed(failures, error)
                self._requested.set()
            else:
                failures = 0
                await asyncio.sleep(self._interval)

    async def _failed(self, failures: int, error: Exception) -> None:
        """Wait before the next try.

        Whatever it was (locked, unreachable, a driver's own error), the clients hang on this loop: it must not
        end silently, and it is not silent.
        """
        log.debug("reading news failed %d times", failures, exc_info=error)
        if failures == PATIENCE:
            log.warning("The builds database cannot be read: %s. Trying on.", error)
            self._on_trouble(error)
        await asyncio.sleep(min(LAST_RETRY, FIRST_RETRY * 2 ** (failures - 1)))
