"""How many builds are active, known without asking a database in which nothing happens."""

from __future__ import annotations

import asyncio
import logging

from buildwidget.hub.database import Database
from buildwidget.hub.reader import count_active
from buildwidget.store.changes import Changes
from buildwidget.store.store import Store

log = logging.getLogger(__name__)


class Activity:
    """Counts the active builds of an owner again after the database has changed."""

    def __init__(self, store: Store, database: Database, owner: str) -> None:
        self.count = 0
        self._database = database
        self._owner = owner
        self._changes = Changes(store.database)
        self._stale = False
        self._looking = asyncio.Lock()  # one look at a time

    async def run(self, seconds: float) -> None:
        """Look so often, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(seconds)

    async def look(self) -> int:
        """The count as it is now; where the database cannot be read the last one."""
        async with self._looking:
            try:
                await self._database.call(self._look)
            except Exception as error:
                # Whatever it is: a server that is kept alive too long errs safely.
                log.debug("active builds could not be counted", exc_info=error)
        return self.count

    def close(self) -> None:
        """After the last look: close what it needs of the database."""
        self._changes.close()

    def _look(self, store: Store) -> None:
        # Asked first: what changes while builds are counted counts for the next time.
        self._stale = self._changes.has_changed() or self._stale
        if self._stale:
            self.count = count_active(store, self._owner)
            self._stale = False
