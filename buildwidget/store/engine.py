"""One database: its connections, its two kinds of transactions, and everything that differs between dialects.

SQLite is set up for truth first: WAL with ``synchronous=FULL`` (with NORMAL a power cut could lose a commit that a
client has already seen, and give its seq to another event), writes that begin IMMEDIATE (so that they wait for
their turn at the start, not fail in the middle), and a rollback journal on network file systems, where WAL's shared
memory does not work.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, StaticPool

from buildwidget.store.errors import CorruptDatabase, DatabaseGone, StoreError, Unavailable
from buildwidget.store.file_guard import FileGuard
from buildwidget.store.file_systems import is_on_network
from buildwidget.store.kept import DriverTransaction, KeptConnection
from buildwidget.store.lock_holder import lock_holder

BUSY_SECONDS: Final = 8.0
"""How long a transaction waits for its turn before it is Unavailable. Below 10 s, so that within 10 s a person reads
which process holds the lock."""

_JOURNAL_BYTES: Final = 64 * 1024 * 1024
"""A WAL that grew (a reader was open during many commits) is cut back to this when it is next reused."""

_IMMEDIATE = {"buildwidget_immediate": True}


class Database:
    """A pool of connections to one database. Thread-safe; after a fork the child gets connections of its own."""

    def __init__(self, url: str, *, on_network: bool | None = None, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = make_url(url)
        self.path = sqlite_path(self.url)
        if self.path is not None:
            # Absolute: other processes get this URL, and have other working directories.
            self.url = self.url.set(database=str(self.path))
        self._is_sqlite = self.url.get_backend_name() == "sqlite"
        self.is_memory = self._is_sqlite and self.path is None
        self.on_network = is_on_network(self.path) if on_network is None else on_network
        self._guard = None if self.path is None else FileGuard(self.path)
        self._recognise: Callable[[], None] | None = None
        self._exchange = threading.RLock()
        self.exchanges = 0
        """How often another file has taken the place of the one before; what was read before is then worth nothing."""
        self.engine = _engine(self, is_memory=self.is_memory, busy_seconds=busy_seconds)
        self._writer = self.engine.execution_options(**_IMMEDIATE)
        self._hasty_writer = self.engine.execution_options(**_IMMEDIATE, buildwidget_wait=False)
        self._listeners: list[Callable[[], None]] = []
        self._polls, self._appends = KeptConnection(self.engine), KeptConnection(self.engine)
        # In-memory SQLite is one connection that all threads share, so they take turns. A file needs no turns.
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self.is_memory else contextlib.nullcontext()
        )
        _forget_after_fork(self)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction: everything read in it is of one moment. Keep it short: it holds the WAL back.

        Raises:
            Unavailable: the file is gone or was replaced meanwhile (DatabaseGone), or cannot be read.
        """
        self._check_file()
        with self._turn, self._translated(), self.engine.connect() as connection:
            yield connection
            self._confirm_file()

    @contextlib.contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[Connection]:
        """One write transaction: waits for its turn, commits at the end, rolls back if anything is raised.

        Args:
            wait: False: Unavailable at once where another process is writing.

        Raises:
            Unavailable: another process held the lock too long, or the disk is full. Nothing was written,
                except where the connection was lost during the commit itself.
        """
        self._check_file()
        engine = self._writer if wait else self._hasty_writer
        with self._turn, self._translated(), engine.begin() as connection:
            yield connection
            self._confirm_file()
        self._committed()

    @contextlib.contextmanager
    def polling(self) -> Iterator[DriverTransaction]:
        """Like ``reading``, for who asks many times a second: over one connection that is kept, one at a time."""
        self._check_file()
        with self._turn, self._translated(), self._polls.transaction(self._begin_read) as transaction:
            yield transaction
            self._confirm_file()
            self.engine.dialect.do_rollback(transaction.connection)

    @contextlib.contextmanager
    def appending(self) -> Iterator[DriverTransaction]:
        """Like ``writing``, for who writes all the time: over one connection that is kept, one at a time."""
        self._check_file()
        with self._turn, self._translated(), self._appends.transaction(self._begin_write) as transaction:
            yield transaction
            self._confirm_file()
            self.engine.dialect.do_commit(transaction.connection)
        self._committed()

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each commit made through this object."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Undo ``add_listener``."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)

    def use_journal_mode(self) -> None:
        """Choose between WAL and rollback journal, outside any transaction."""
        if self.path is not None:
            with self._translated():
                _set_journal_mode(self.engine, "delete" if self.on_network else "wal")

    def guard(self, recognise: Callable[[], None]) -> None:
        """From now on watch the file: refuse to work without it, and make sure of any file that takes its place.

        Args:
            recognise: called before another file is used; raises StoreError if it is not a usable database.
        """
        if self._guard is not None:
            self._recognise = recognise
            self._guard.adopt()

    def _begin_read(self, connection: PoolProxiedConnection) -> None:
        self.begin(connection, "BEGIN")

    def _begin_write(self, connection: PoolProxiedConnection) -> None:
        self.begin(connection, "BEGIN IMMEDIATE")

    def begin(self, connection: PoolProxiedConnection, statement: str) -> None:
        """Begin a transaction on a connection of the driver.

        With a WAL, SQLite keeps pages in memory for as long as the WAL stays the same. A copy written over the
        database changes its file and not the WAL, so where the file has changed these pages are dropped. A checkpoint
        changes it too; then they are read once more.
        """
        if not self._is_sqlite:
            return
        driver = connection.driver_connection
        if self._guard is not None and not self.on_network and isinstance(driver, _Connection):
            driver.drop_pages_unless(self._guard.marks)
        # By the driver's own cursor: through SQLAlchemy this would be a third of the price of a transaction.
        connection.cursor().execute(statement)

    @property
    def may_create(self) -> bool:
        """Whether a connection may make the file. Once it has been there, only a person may begin a new database."""
        return self._recognise is None

    def _check_file(self) -> None:
        """Before a transaction: the file is the one that was adopted, or another one that can be used."""
        if self._guard is None or self._recognise is None or self._guard.look() == "same":
            return
        with self._exchange:
            found = self._guard.look()
            if found == "same":
                return
            if found == "gone":
                raise DatabaseGone(self.path)
            self._let_go()
            self._adopt(self._guard, self._recognise)

    def _adopt(self, guard: FileGuard, recognise: Callable[[], None]) -> None:
        guard.set_stale_wal_aside()
        guard.adopt()
        try:
            recognise()
        except BaseException:
            guard.reject()
            self._let_go()
            raise
        guard.adopt()
        self.exchanges += 1

    def _confirm_file(self) -> None:
        """At the end of a transaction: what was read, or is to be committed, belongs to the file that is there now."""
        if self._guard is not None and self._recognise is not None and self._guard.look() != "same":
            raise Unavailable("The database file was moved or replaced while it was in use. Trying again.")

    def _committed(self) -> None:
        self._confirm_file()
        if self._guard is not None:
            self._guard.note_wal()
        self._tell_listeners()

    def _let_go(self) -> None:
        """Close the connections to a file that is no longer at the path."""
        self._polls.close()
        self._appends.close()
        self.engine.dispose()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """The driver's errors as ours; what is neither busy, full nor damaged is a mistake of ours and goes through."""
        try:
            yield
        except PoolTimeout as error:
            raise Unavailable("All connections to the database are in use.") from error
        except DBAPIError as error:
            translated = self._translation(error.orig)
            if translated is None:
                raise
            raise translated from error
        except sqlite3.Error as error:
            translated = self._translation(error)
            if translated is None:
                raise
            raise translated from error

    def _translation(self, error: object) -> StoreError | None:
        text = str(error).lower()
        if ("locked" in text or "busy" in text) and self.path is not None:
            holder = lock_holder(self.path) or "another process"
            return Unavailable(f"The database is locked by {holder}.")
        return _translation(text)

    def leave_to_parent(self) -> None:
        """In a fork: let go of the parent's connections without closing them."""
        _pools_of_parents.extend([self.engine.pool, self._polls, self._appends])
        self._polls, self._appends = KeptConnection(self.engine), KeptConnection(self.engine)
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Close the connections. What is under way in other threads ends first."""
        with self._turn:
            self._polls.close()
            self._appends.close()
            self.engine.dispose()

    def _tell_listeners(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def sqlite_path(url: URL) -> Path | None:
    """The file of an SQLite URL; None for in-memory SQLite and for other databases."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database).absolute()


def _engine(database: Database, *, is_memory: bool, busy_seconds: float) -> Engine:
    url, path = database.url, database.path
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="REPEATABLE READ")
    # isolation_level None: the driver begins nothing by itself, so every BEGIN is ours (it would begin none for
    # SELECT, and two SELECTs could see different moments).
    arguments: dict[str, Any] = {"timeout": busy_seconds, "isolation_level": None, "check_same_thread": False}
    arguments["factory"] = _Connection
    if is_memory or path is None:
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:

        def connect() -> sqlite3.Connection:
            # mode=rw: a database that was moved away must not be made anew by looking for it.
            mode = "rwc" if database.may_create else "rw"
            connection: sqlite3.Connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, **arguments)
            return connection

        engine = create_engine(url, creator=connect, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _set_up_sqlite)

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("buildwidget_immediate", False):
            database.begin(connection.connection, "BEGIN")
        elif options.get("buildwidget_wait", True):
            database.begin(connection.connection, "BEGIN IMMEDIATE")
        else:
            connection.connection.cursor().execute("PRAGMA busy_timeout = 0")
            try:
                database.begin(connection.connection, "BEGIN IMMEDIATE")
            finally:
                connection.connection.cursor().execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")

    event.listen(engine, "begin", begin)
    event.listen(engine, "invalidate", _let_go_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("synchronous=FULL", f"journal_size_limit={_JOURNAL_BYTES}", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


class _Connection(sqlite3.Connection):
    """A connection that can give its locks back although somebody holds on to a cursor of it.

    A KeyboardInterrupt in the middle of a statement makes SQLAlchemy close the connection. SQLite keeps a closed
    connection and its locks while a cursor of it is open, and the traceback that a notebook keeps holds one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        self._marks = (0, 0)

    def drop_pages_unless(self, marks: tuple[int, int]) -> None:
        """Outside a transaction: forget the pages in memory if the file has other marks than the last time."""
        if marks != self._marks:
            self._marks = marks
            self.execute("PRAGMA shrink_memory")

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        cursor = super().cursor(*args, **kwargs)
        self._cursors.add(cursor)
        return cursor

    def let_go(self) -> None:
        for cursor in self._cursors:
            cursor.close()
        self.rollback()


def _let_go_sqlite(connection: _Connection, *_: object) -> None:
    with contextlib.suppress(sqlite3.Error):
        connection.let_go()


def _set_journal_mode(engine: Engine, mode: str) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    with contextlib.closing(engine.raw_connection()) as connection:
        while True:
            try:
                (now,) = connection.cursor().execute("PRAGMA journal_mode").fetchone()
                if now != mode:
                    connection.cursor().execute(f"PRAGMA journal_mode={mode}")
            except sqlite3.OperationalError as error:
                # Changing the mode needs the file for oneself and does not wait for it: another process is opening it.
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


def _translation(text: str) -> StoreError | None:
    if "malformed" in text or "not a database" in text:
        return CorruptDatabase(f"The database is damaged ({text}). Move the file away, or put a copy in its place.")
    if "is full" in text:
        return Unavailable("The disk with the database is full.")
    if "locked" in text or "busy" in text:
        return Unavailable("The database is locked by another process.")
    if "unable to open" in text or "i/o error" in text or "readonly" in text:
        return Unavailable(f"The database cannot be used: {text}.")
    return None


_pools_of_parents: list[object] = []
"""Connections that a fork copied. Closing one in the child could delete the WAL under its parent, so they are kept."""


def _forget_after_fork(database: Database) -> None:
    if not hasattr(os, "register_at_fork"):
        return
    reference = weakref.ref(database)

    def forget() -> None:
        forked = reference()
        if forked is not None:
            forked.leave_to_parent()

    os.register_at_fork(after_in_child=forget)
