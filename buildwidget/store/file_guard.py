"""Noticing that the database's file was deleted, or that another file stands in its place.

SQLite keeps reading the file that it opened, wherever its name went. A process that did not look would serve events
that the database at its path does not have, and write events that nobody will ever read.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Final, Literal, TypeAlias

Finding: TypeAlias = Literal["same", "gone", "other"]

_DESCRIPTORS: Final = "/dev/fd"

STALE_SUFFIX: Final = ".stale"
"""Added to the name of a WAL that belongs to a file which is no longer there."""


class FileGuard:
    """Compares the file at a path with the one that was adopted last. Thread-safe.

    The connections to a file that is gone must stay open until another one is adopted: they keep its inode from being
    given to a new file, which would then look the same.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._lock = threading.Lock()
        self.marks = (0, 0)
        """Size and modification time (nanoseconds) of the file when it was last looked at."""
        self._file: tuple[int, int] | None = None
        self._wal: tuple[int, int] | None = None

    def look(self) -> Finding:
        """What is at the path now."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - see _identity
        except OSError:
            return "gone"
        self.marks = found.st_size, found.st_mtime_ns
        return "same" if (found.st_dev, found.st_ino) == self._file and self._has_its_wal() else "other"

    def _has_its_wal(self) -> bool:
        """Whether the file's WAL is the one that this process writes to, or can be opened without harm.

        A database that was moved away with its WAL and came back without it has a new one: to write to the old one
        would damage it. A WAL is also deleted and made anew where no connection to it is open, here or elsewhere.
        """
        known = self._wal
        if known is None or _identity(f"{self._path}-wal") == known:
            return True
        if _holds_open(known):
            return False
        self._wal = None
        return True

    def note_wal(self) -> None:
        """Remember which WAL belongs to the adopted file; to be called after a commit."""
        self._wal = _identity(f"{self._path}-wal")

    def adopt(self) -> None:
        """The file at the path is the database from now on."""
        with self._lock:
            self._file = _identity(self._path)
            self._wal = _identity(f"{self._path}-wal")

    def reject(self) -> None:
        """The file at the path is not one to use; it is looked at anew the next time."""
        self._file = None

    def set_stale_wal_aside(self) -> None:
        """Rename a WAL that was written for the file before: SQLite would apply it to the new one.

        Only the WAL that this process knows as the old one. Another process may have made a new one already.
        """
        with self._lock:
            stale = self._wal
            self._wal = None
            if stale is None or _identity(f"{self._path}-wal") != stale:
                return
            with contextlib.suppress(OSError):
                Path(f"{self._path}-wal").replace(f"{self._path}-wal{STALE_SUFFIX}")
                Path(f"{self._path}-shm").unlink()


def _holds_open(file: tuple[int, int]) -> bool:
    """Whether this process has the file open; yes where the system does not say."""
    try:
        descriptors = os.listdir(_DESCRIPTORS)  # noqa: PTH208 - names of numbers, looked at one by one
    except OSError:
        return True
    return any(_identity(f"{_DESCRIPTORS}/{descriptor}") == file for descriptor in descriptors)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - with every transaction: a Path of each takes longer than the look
    except OSError:
        return None
    return found.st_dev, found.st_ino
