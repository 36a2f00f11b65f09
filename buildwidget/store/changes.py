"""Noticing what other processes (and other threads of this one) commit, cheaply.

SQLite tells nobody, so a thread asks: every 20 ms while a watched build is active, four times a second while somebody
watches and nothing runs, and not at all while nobody watches.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

from buildwidget.store.store import Store

Interest: TypeAlias = Literal["none", "idle", "active"]

_NETWORK_INTERVAL: Final = 1.0
"""Seconds between looks at files of a network file system, where each look asks the other machine."""

_log = logging.getLogger(__name__)


class ChangeWatcher:
    """Calls ``on_change`` from a thread of its own after the database has changed; perhaps also when it has not.

    Args:
        store: what to watch.
        on_change: may be called any number of times for one change, at least once after each.
        active_interval: seconds between looks while a watched build is active.
        idle_interval: seconds between looks while somebody watches.
    """

    def __init__(
        self,
        store: Store,
        on_change: Callable[[], None],
        *,
        active_interval: float = 0.02,
        idle_interval: float = 0.25,
    ) -> None:
        database = store.database
        self._path = database.path
        self._database = database
        self._on_change = on_change
        slowest = _NETWORK_INTERVAL if database.on_network else 0.0
        self._intervals = {"active": active_interval, "idle": max(idle_interval, slowest), "none": None}
        self._condition = threading.Condition()
        self._interest: Interest = "none"
        self._woken = False
        self._closed = False
        if self._path is None:
            # In-memory SQLite is seen by nobody but this process, which tells.
            database.add_listener(self.wake)
        self._thread = threading.Thread(target=self._run, name="buildwidget-changes", daemon=True)
        self._thread.start()

    def set_interest(self, interest: Interest) -> None:
        """How closely to look; a change to a closer one is reported as a change, since some may have been missed."""
        with self._condition:
            if interest != self._interest:
                self._interest = interest
                self._condition.notify_all()

    def wake(self) -> None:
        """Report a change now, without waiting for the next look (if anybody is interested)."""
        with self._condition:
            self._woken = self._interest != "none"
            self._condition.notify_all()

    def close(self) -> None:
        """Stop; after this ``on_change`` is not called again."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._database.remove_listener(self.wake)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        look = None if self._path is None else _DataVersion(self._path)
        interest: Interest = "none"
        while True:
            before, interest = interest, self._wait(interest)
            if self._closed:
                break
            woken = self._take_woken()
            if interest == "none":
                continue
            # Asked in any case, so that what is reported now is not reported again.
            changed = look is not None and look.has_changed()
            if woken or changed or interest != before:
                self._report()
        if look is not None:
            look.close()

    def _wait(self, interest: Interest) -> Interest:
        """Until the next look is due, or something else is to be done."""
        with self._condition:
            if not (self._closed or self._woken or self._interest != interest):
                timeout = None if self._path is None else self._intervals[interest]
                self._condition.wait(timeout)
            return self._interest

    def _take_woken(self) -> bool:
        with self._condition:
            woken, self._woken = self._woken, False
            return woken

    def _report(self) -> None:
        try:
            self._on_change()
        except Exception:  # noqa: BLE001 - whatever it is:
            # a mistake of whoever listens (a loop that is closed, say) must not end the watching of everybody else.
            _log.exception("on_change failed")


class _DataVersion:
    """Tells whether the database has changed since it was asked last. At first everything is known.

    The number is per connection, blind to the connection's own commits, and stands still inside an open transaction;
    so this has a connection of its own, in autocommit. Sizes and times of the files would be cheaper to look at, but
    a commit changes them before it is synced and visible: whoever looks in between learns of it and reads too early.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = self._read()

    def has_changed(self) -> bool:
        """Ask. Perhaps, where it cannot be told now (the file is locked or away), counts as yes."""
        version = self._read()
        changed = version is None or version != self._version
        self._version = version
        return changed

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self) -> int | None:
        try:
            if self._connection is None:
                # mode=rw: a database that was moved away must not be made anew by looking at it.
                uri = f"{self._path.as_uri()}?mode=rw"
                self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self.close()
            return None
        return version
