"""Faults between any two steps of a transaction, and other work in the middle of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from buildwidget.store.store import Store


class PowerCut(BaseException):
    """The process ends here. No code of ours may catch it."""


class Steps:
    """Counts the steps of a store's transactions: before and after each BEGIN, statement and commit.

    At step number ``at`` it runs ``then``, once; what that raises ends the transaction right there.
    """

    def __init__(self, store: Store) -> None:
        engine = store.database.engine
        self._then: Callable[[], None] | None = None
        self._at = 0
        self._count = 0
        event.listen(engine, "checkout", self._watch)
        for kept in (store.database._polls, store.database._appends):
            if kept._connection is not None:
                self._watch(kept._connection.dbapi_connection)
        self._commit = engine.dialect.do_commit
        engine.dialect.do_commit = self._do_commit  # type: ignore[method-assign, assignment]  # no event comes after it

    @contextmanager
    def at(self, number: int, then: Callable[[], None]) -> Iterator[Callable[[], bool]]:
        """Within this, run ``then`` at step ``number``, from 0; gives whether there was such a step."""
        self._count, self._at, self._then = 0, number, then
        try:
            yield lambda: self._count > number
        finally:
            self._then = None

    def _watch(self, connection: Any, *_: Any) -> None:
        """See the statements where the driver gets them: not all go by way of SQLAlchemy's execution."""
        if "cursor" in vars(connection):
            return
        step, plain = self._step, connection.cursor

        class Stepping(sqlite3.Cursor):
            def execute(self, *args: Any) -> Any:
                step()
                super().execute(*args)
                step()
                return self

            def executemany(self, *args: Any) -> Any:
                step()
                super().executemany(*args)
                step()
                return self

        connection.cursor = lambda: plain(Stepping)

    def _step(self) -> None:
        if self._then is None:
            return
        self._count += 1
        if self._count > self._at:
            then, self._then = self._then, None
            then()

    def _do_commit(self, connection: Any) -> None:
        self._step()
        self._commit(connection)
        self._step()


def cut_power() -> None:
    """Raise PowerCut."""
    raise PowerCut


def fail_io() -> None:
    """What SQLite says when a disk fails, or a connection breaks: nobody knows whether it was done."""
    raise sqlite3.OperationalError("disk I/O error")
