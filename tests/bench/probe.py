"""A server extension that tells of the server's process from inside: its CPU time, its loop's lateness, its queries."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sqlite3.dbapi2
import time
from typing import Any, Final

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from tornado.web import authenticated

EVERY: Final = 0.005
"""Seconds between two looks at the loop's lateness."""


class Queries:
    """Counts the statements on connections to a builds database, whoever makes them."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self) -> None:
        """Begin: connections that are made from now on are heard."""
        connect = sqlite3.connect

        def traced(database: Any, *args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(database, *args, **kwargs)
            if "builds.db" in str(database):
                connection.set_trace_callback(self._note)
            return connection

        # Both names: SQLAlchemy takes the one, our watcher the other.
        sqlite3.connect = sqlite3.dbapi2.connect = traced  # type: ignore[assignment] # the same but for the overloads

    def _note(self, _statement: str) -> None:
        self.count += 1


class Lateness:
    """How late the loop runs what is due every few milliseconds, in seconds."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin anew."""
        self.late = []
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def stop(self) -> list[float]:
        """What was found since the start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        return self.late

    async def _look(self) -> None:
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self.late.append(time.perf_counter() - due)


class ProbeHandler(JupyterHandler):
    """``GET bench/probe?late=start`` or ``?late=stop``."""

    @authenticated
    async def get(self) -> None:
        late: list[float] = []
        if self.get_query_argument("late", "") == "start":
            _lateness.start()
        elif self.get_query_argument("late", "") == "stop":
            late = await _lateness.stop()
        self.finish(json.dumps({"cpu": time.process_time(), "late": late, "queries": _queries.count}))


_queries = Queries()
_lateness = Lateness()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.bench.probe"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    # Ours is loaded before (by its name), and opens the database once the loop runs.
    _queries.watch()
    serverapp.web_app.add_handlers(".*$", [(f"{serverapp.base_url}bench/probe", ProbeHandler)])  # type: ignore[no-untyped-call] # Tornado says nothing
