"""A connection for what runs many times a second, without what SQLAlchemy does around each transaction.

After a pause of milliseconds, when the processor has forgotten it all, taking a connection out of the pool and
beginning there the usual way takes as long as a short query.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Dialect, Engine
from sqlalchemy.pool import PoolProxiedConnection


@dataclass(frozen=True, slots=True)
class DriverTransaction:
    """A transaction on a connection of the driver, for ``statements.Prepared``."""

    dialect: Dialect
    connection: PoolProxiedConnection


class KeptConnection:
    """A connection of the engine's pool that is not given back after each transaction; for one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._connection: PoolProxiedConnection | None = None

    @contextlib.contextmanager
    def transaction(self, begin: Callable[[PoolProxiedConnection], None]) -> Iterator[DriverTransaction]:
        """A transaction, begun by ``begin`` where the driver does not begin by itself.

        Whoever asked for it commits it or rolls it back; where anything is raised it is rolled back.
        """
        with self._turn:
            connection = self._connection or self._engine.raw_connection()
            self._connection = None
            try:
                begin(connection)
                yield DriverTransaction(self._engine.dialect, connection)
            except BaseException:
                connection.close()  # to the pool, which rolls back
                raise
            self._connection = connection

    def close(self) -> None:
        """Give the connection back, after the transaction that is under way."""
        with self._turn:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
