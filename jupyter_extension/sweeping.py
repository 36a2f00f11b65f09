"""When to look for lost builds: only a build that has not ended can be lost."""

from __future__ import annotations

import threading
from typing import Final

from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from buildwidget.store.changes import Changes
from buildwidget.store.store import Store

_UNENDED: Final = ("queued", "running")


class Sweeps:
    """Sweeps a database while anything in it has not ended, and asks nothing of it while nothing is written."""

    def __init__(self, store: Store, observer: LeaseObserver) -> None:
        self._store = store
        self._observer = observer
        self._changes = Changes(store.database)
        self._due = False
        self._lock = threading.Lock()

    def look(self) -> list[str]:
        """Ends what is lost, of all owners; gives the ids. Call it from a thread, again and again.

        Raises:
            Unavailable: the database cannot be read or written now; the next look goes on.
        """
        with self._lock:
            # Asked first: a build that is made while this sweeps counts for the next time.
            self._due = self._changes.has_changed() or self._due
            if not self._due:
                return []
            lost = sweep(self._store, self._observer)
            self._due = bool(self._store.records_by_status(None, _UNENDED))
            return lost

    def close(self) -> None:
        """Close what it needs of the database."""
        with self._lock:
            self._changes.close()
