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
from sqlalchemy.pool import StaticPool

from buildwidget.store.errors import CorruptDatabase, StoreError, Unavailable
from buildwidget.store.file_systems import is_on_network
from buildwidget.store.kept import DriverTransaction, KeptConnection

BUSY_SECONDS: Final = 10.0
"""How long a transaction waits for its turn before it is Unavailable."""

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
        self.engine = _engine(self.url, is_memory=self.is_memory, busy_seconds=busy_seconds)
        self._writer = self.engine.execution_options(**_IMMEDIATE)
        self._listeners: list[Callable[[], None]] = []
        self._polls, self._appends = KeptConnection(self.engine), KeptConnection(self.engine)
        # In-memory SQLite is one connection that all threads share, so they take turns. A file needs no turns.
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.RLock() if self.is_memory else contextlib.nullcontext()
        )
        _forget_after_fork(self)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read transaction: everything read in it is of one moment. Keep it short: it holds the WAL back."""
        with self._turn, _translated(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One write transaction: waits for its turn, commits at the end, rolls back if anything is raised.

        Raises:
            Unavailable: another process held the lock too long, or the disk is full. Nothing was written,
                except where the connection was lost during the commit itself.
        """
        with self._turn, _translated(), self._writer.begin() as connection:
            yield connection
        self._tell_listeners()

    @contextlib.contextmanager
    def polling(self) -> Iterator[DriverTransaction]:
        """Like ``reading``, for who asks many times a second: over one connection that is kept, one at a time."""
        begin = "BEGIN" if self._is_sqlite else None
        with self._turn, _translated(), self._polls.transaction(begin) as transaction:
            yield transaction
            self.engine.dialect.do_rollback(transaction.connection)

    @contextlib.contextmanager
    def appending(self) -> Iterator[DriverTransaction]:
        """Like ``writing``, for who writes all the time: over one connection that is kept, one at a time."""
        begin = "BEGIN IMMEDIATE" if self._is_sqlite else None
        with self._turn, _translated(), self._appends.transaction(begin) as transaction:
            yield transaction
            self.engine.dialect.do_commit(transaction.connection)
        self._tell_listeners()

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
            _set_journal_mode(self.engine, "delete" if self.on_network else "wal")

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


def _engine(url: URL, *, is_memory: bool, busy_seconds: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="REPEATABLE READ")
    # isolation_level None: the driver begins nothing by itself, so every BEGIN is ours (it would begin none for
    # SELECT, and two SELECTs could see different moments).
    arguments: dict[str, Any] = {"timeout": busy_seconds, "isolation_level": None, "check_same_thread": False}
    arguments["factory"] = _Connection
    if is_memory:
        engine = create_engine(url, connect_args=arguments, poolclass=StaticPool)
    else:
        engine = create_engine(url, connect_args=arguments, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
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


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("buildwidget_immediate", False)
    # By the driver's own cursor: through SQLAlchemy this would be a third of the price of a transaction.
    connection.connection.cursor().execute("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _set_journal_mode(engine: Engine, mode: str) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    with _translated(), contextlib.closing(engine.raw_connection()) as connection:
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


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors as ours; what is neither busy, full nor damaged is a mistake of ours and goes through."""
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable("All connections to the database are in use.") from error
    except DBAPIError as error:
        translated = _translation(error.orig)
        if translated is None:
            raise
        raise translated from error
    except sqlite3.Error as error:
        translated = _translation(error)
        if translated is None:
            raise
        raise translated from error


def _translation(error: object) -> StoreError | None:
    text = str(error).lower()
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
