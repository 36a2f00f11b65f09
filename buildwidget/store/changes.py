"""Noticing what other processes (and other threads of this one) commit, cheaply.

SQLite tells nobody, so a thread asks: every 20 ms while a watched build is active, four times a second while somebody
watches and nothing runs, and not at all while nobody watches. Where nothing is written it only looks at the files.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

from buildwidget.store.engine import Database
from buildwidget.store.store import Store

Interest: TypeAlias = Literal["none", "idle", "active"]

_NETWORK_INTERVAL: Final = 1.0
"""Seconds between looks at files of a network file system, where each look asks the other machine."""

_SETTLED_NS: Final = 2_000_000_000
"""A write this long after another one shows in a file's time, however coarse the file system's clock."""

_BUSY_MS: Final = 5_000
"""How long a look waits for a lock that only a recovery or a rollback journal holds against readers."""

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
        look = None if self._path is None else Changes(self._database)
        interest: Interest = "none"
        while True:
            before = interest
            interest, woken = self._wait(interest, look)
            if self._closed:
                break
            if interest == "none":
                continue
            # Asked in any case, so that what is reported now is not reported again.
            changed = look is not None and look.has_changed()
            if woken or changed or interest != before:
                self._report()
        if look is not None:
            look.close()

    def _wait(self, interest: Interest, look: Changes | None) -> tuple[Interest, bool]:
        """Until the next look is due, or something else is to be done: the interest, and whether it was woken."""
        with self._condition:
            if not (self._closed or self._woken or self._interest != interest):
                self._condition.wait(None if look is None else self._pause(interest, look))
            woken, self._woken = self._woken, False
            return self._interest, woken

    def _pause(self, interest: Interest, look: Changes) -> float | None:
        if interest == "idle" and look.expects_commit:
            return self._intervals["active"]
        return self._intervals[interest]

    def _report(self) -> None:
        try:
            self._on_change()
        except Exception:  # noqa: BLE001 - whatever it is:
            # a mistake of whoever listens (a loop that is closed, say) must not end the watching of everybody else.
            _log.exception("on_change failed")


class Changes:
    """Tells whether the database has changed since it was asked last; the first time it has.

    What tells is ``PRAGMA data_version``. The number is per connection, blind to the connection's own commits, and
    stands still inside an open transaction; so this has a connection of its own, in autocommit. But it is a query, and
    where nothing is written the sizes and times of the files tell the same without one. They tell too early, for a
    commit writes before it is synced and visible, and two writes within one tick of the file system's clock look like
    one. So once the files have changed the number is asked every time, until all of this holds:

    - the last write that shows in the files is longer ago than a tick, so that a later one will show in them;
    - since that look nobody was in the middle of a write: the lock that writers hold from before their first write
      until their commit is visible could be had;
    - since then the number has not changed.

    Whatever is committed later then begins with a write that shows. On network file systems and on Windows files show
    what others wrote to them late, so there the number is always asked.

    Not thread-safe, but calls may come from different threads in turn. Close it.

    Args:
        database: what to look at.
        clock_ns: the time that files get, nanoseconds. Where it was put back they seem to be written in the future, and
            are not trusted until then.
    """

    def __init__(self, database: Database, *, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._database = database
        self._path = database.path
        self._clock_ns = clock_ns
        self._version: int | None = None
        self._files_tell = os.name == "posix" and not database.on_network
        self._connection: sqlite3.Connection | None = None
        self._told = True
        self._quiet = False
        self._files: _Files | None = None
        self._settled = False
        self._expected_until = 0
        if database.path is None:
            # In-memory SQLite is seen by nobody but this process, which tells.
            database.add_listener(self._tell)

    def has_changed(self) -> bool:
        """Ask. Perhaps, where it cannot be told now (the file is locked or away), counts as yes."""
        if self._path is None:
            told, self._told = self._told, False
            return told
        if self._quiet and _look_at(self._path) == self._files:
            return False
        written = self._note_files(self._path) if self._files_tell else False
        # A copy written over the database changes no version.
        changed = self._ask() or written
        if self._settled and self._nobody_writes():
            self._quiet = not self._ask()
            changed = changed or not self._quiet
        if changed or self._quiet:
            self._expected_until = 0
        return changed

    @property
    def expects_commit(self) -> bool:
        """Whether the files have changed just now and no commit was seen for it yet."""
        return self._expected_until > 0 and self._clock_ns() < self._expected_until

    def close(self) -> None:
        """Close the connection."""
        self._database.remove_listener(self._tell)
        self._disconnect()

    def _tell(self) -> None:
        self._told = True

    def _note_files(self, path: Path) -> bool:
        """Look at the files; whether the database itself was written (by a checkpoint, or as a whole)."""
        now = self._clock_ns()
        files, before = _look_at(path), self._files
        self._quiet = False
        self._settled = all(not marks or marks[-1] < now - _SETTLED_NS for marks in files)
        if files != before:
            self._files = files
            self._expected_until = now + _SETTLED_NS
        if before is not None and files[0][:1] != before[0][:1]:
            self._disconnect()  # another file in its place
            self._version = None
        return before is not None and files[0] != before[0]

    def _ask(self) -> bool:
        version = self._read()
        changed = version is None or version != self._version
        self._version = version
        return changed

    def _read(self) -> int | None:
        if self._path is None:
            return None
        try:
            if self._connection is None:
                # mode=rw: a database that was moved away must not be made anew by looking at it.
                uri = f"{self._path.as_uri()}?mode=rw"
                self._connection = sqlite3.connect(
                    uri, uri=True, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
                )
            version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            self._disconnect()
            return None
        return version

    def _nobody_writes(self) -> bool:
        """Whether the writers' lock is free; it is had only for a moment, and nothing is written."""
        connection = self._connection
        if connection is None:
            return False
        try:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                connection.execute("BEGIN IMMEDIATE")
            finally:
                connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            if connection.in_transaction:
                self._disconnect()  # the number would stand still
            return False
        return True

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_Files: TypeAlias = "tuple[tuple[int, ...], ...]"


def _look_at(path: Path) -> _Files:
    """What changes with every write to the database or its journal: which files they are, their sizes and times."""
    file = str(path)
    return _marks(file), _marks(file + "-wal") or _marks(file + "-journal")


def _marks(file: str) -> tuple[int, ...]:
    try:
        found = os.stat(file)  # noqa: PTH116 - four times a second: a Path of each takes longer than the look
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
