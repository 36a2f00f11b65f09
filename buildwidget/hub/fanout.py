"""Serves connections some at a time, so that a batch for a thousand of them does not hold the event loop."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Protocol


class Wakeable(Protocol):
    """A connection."""

    def go(self) -> None:
        """Send what there is."""


class Fanout:
    """The connections that have something to send, each once, in the order they were noted."""

    def __init__(self, chunk: int) -> None:
        self._chunk = chunk
        self._waiting: dict[Wakeable, None] = {}
        self._some = asyncio.Event()

    def wake(self, connection: Wakeable) -> None:
        """Serve it in its turn."""
        self._waiting[connection] = None
        self._some.set()

    def forget(self, connection: Wakeable) -> None:
        """It is closed."""
        self._waiting.pop(connection, None)

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            await self._some.wait()
            for connection in list(islice(self._waiting, self._chunk)):
                del self._waiting[connection]
                connection.go()
            if not self._waiting:
                self._some.clear()
            # Whatever else the loop has to do comes before the next chunk.
            await asyncio.sleep(0)
