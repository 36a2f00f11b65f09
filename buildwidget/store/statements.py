"""Statements that run often, given to the driver without what SQLAlchemy would do to them each time.

They are SQLAlchemy's own, compiled once for each dialect. Only for values that need no conversion on their way:
texts, integers, floats, bytes, None.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Dialect, Executable, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler

from buildwidget.store.kept import DriverTransaction

Transaction: TypeAlias = Connection | DriverTransaction

_ROWS_AT_ONCE: Final = 100


class Prepared:
    """A statement with named parameters, run by the driver's own cursor.

    For what each append does, and what live pages wait for many times a second: after a pause, when the processor has
    forgotten it all, SQLAlchemy's way takes a multiple.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement: Any = statement
        self._compiled = functools.lru_cache(maxsize=4)(self._compile)

    def _compile(self, dialect: Dialect) -> tuple[str, Mapping[str, Any], Sequence[str] | None]:
        compiled: SQLCompiler = self._statement.compile(dialect=dialect)
        return str(compiled), compiled.params, compiled.positiontup

    def run(self, connection: Transaction, parameters: Mapping[str, Any]) -> int:
        """Run it once, in the transaction of the connection; how many rows it changed.

        Parameters that it does not have are passed over.
        """
        with _cursor(connection) as cursor:
            cursor.execute(*self._call(connection, parameters))
            return cursor.rowcount

    def rows(self, connection: Transaction, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query."""
        with _cursor(connection) as cursor:
            cursor.execute(*self._call(connection, parameters))
            while found := cursor.fetchmany(_ROWS_AT_ONCE):
                yield from found

    def _call(self, connection: Transaction, parameters: Mapping[str, Any]) -> tuple[str, Any]:
        statement, defaults, order = self._compiled(connection.dialect)
        values = {**defaults, **parameters}
        chosen = {name: values[name] for name in defaults} if order is None else tuple([values[name] for name in order])
        return statement, chosen


@contextlib.contextmanager
def _cursor(connection: Transaction) -> Iterator[DBAPICursor]:
    if isinstance(connection, Connection) and not connection.in_transaction():
        connection.begin()  # the driver's cursor would not, and two queries would see two moments
    cursor = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


def insert_rows(connection: Transaction, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows given as tuples in the order of the table's columns.

    Half the price of a list of dicts, of which SQLAlchemy makes the same tuples; logs are written through this.
    """
    if not rows:
        return
    statement, is_positional = _compiled_insert(table, connection.dialect)
    names = [column.name for column in table.columns]
    with _cursor(connection) as cursor:
        cursor.executemany(statement, rows if is_positional else [dict(zip(names, row, strict=True)) for row in rows])


def upsert(connection: Transaction, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; one whose primary key exists is replaced."""
    for row in rows:
        _upsert(table, connection.dialect.name).run(connection, row)


@functools.lru_cache(maxsize=16)
def _compiled_insert(table: Table, dialect: Dialect) -> tuple[str, bool]:
    compiled: SQLCompiler = insert(table).compile(dialect=dialect)
    return str(compiled), compiled.positional


@functools.lru_cache(maxsize=16)
def _upsert(table: Table, dialect: str) -> Prepared:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = {column.name for column in table.primary_key}
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return Prepared(statement.on_conflict_do_update(index_elements=sorted(keys), set_=others))
