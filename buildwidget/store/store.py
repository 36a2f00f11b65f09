"""The store: every method is one short transaction, and may be called from any thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from buildwidget.protocol import codec
from buildwidget.protocol.events import ENDS, MetricPoint
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import ArtifactRow, Summary, initial_state
from buildwidget.store import details, logs, removal, rows, schema
from buildwidget.store.appender import Appender
from buildwidget.store.engine import Database
from buildwidget.store.entries import enter, folded_columns
from buildwidget.store.errors import Ended, Fenced
from buildwidget.store.hydration import hydrate, keep_folded, save_state
from buildwidget.store.ids import new_epoch
from buildwidget.store.location import database_url
from buildwidget.store.process import ProcessIdentity, this_host
from buildwidget.store.records import (
    BuildPage,
    BuildRecord,
    Command,
    CommandKind,
    Draft,
    EventRange,
    Hydration,
    LogPage,
    NewBuild,
)
from buildwidget.store.series import MetricSeries, SeriesCache, read_points
from buildwidget.store.statements import insert_rows, upsert
from buildwidget.store.tables import builds, commands, events, payloads


def wall_clock_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Store:
    """The builds of one database. ``open`` makes one; close it, or use it as a context manager."""

    def __init__(
        self,
        database: Database,
        database_id: str,
        *,
        now_ms: Callable[[], int] = wall_clock_ms,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.database_id = database_id
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._series = SeriesCache(database)
        database.guard(self._recognise)

    def _recognise(self) -> None:
        """Another file has taken the place of the database: use it if it is one, whichever it is."""
        self.database_id = schema.prepare(self.database, create=False)

    @classmethod
    def open(cls, url: str | None = None) -> Store:
        """Open the database, make it if the file is missing or empty, migrate it if it is older.

        Args:
            url: an SQLAlchemy URL; default: location.database_url().

        Raises:
            ForeignDatabase, CorruptDatabase, DatabaseTooNew, UpgradeWaits, Unavailable: see errors.py.
        """
        database = Database(url or database_url())
        try:
            return cls(database, schema.prepare(database))
        except BaseException:
            database.close()
            raise

    @property
    def url(self) -> str:
        """The URL that opens the same database."""
        return self.database.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create(self, new: NewBuild, drafts: Sequence[Draft]) -> BuildRecord:
        """Insert a build with its first events.

        Raises:
            KeyTaken: a build that has not ended holds the key (of this owner and project).
        """
        state = initial_state(
            id=new.id,
            owner=new.owner,
            kind=new.kind,
            created_at=new.created_at,
            key=new.key,
            retry_of=new.retry_of,
            follows=new.follows,
        )
        entries = enter(StateBuilder(state), new.id, 0, drafts)
        columns = {
            **folded_columns(entries),
            "epoch": new_epoch(),
            "bytes": entries.size,
            "generation": 0,
            "heartbeat": 0,
            "host": this_host(),
        }
        with self.database.writing() as connection:
            schema.check_writer(connection)
            rows.insert_build(connection, new, columns)
            insert_rows(connection, events, entries.events)
            upsert(connection, payloads, entries.payloads)
            save_state(connection, new.id, entries.head, codec.encode_state(entries.state))
            return rows.record(rows.row(connection, new.id))

    def record(self, build_id: str) -> BuildRecord:
        """The build as a whole, or NotFound."""
        with self.database.reading() as connection:
            schema.check_reader(connection)
            return rows.record(rows.row(connection, build_id))

    def records_by_status(self, owner: str | None, statuses: Collection[str]) -> list[BuildRecord]:
        """All builds of these statuses, oldest first; owner None: everybody's."""
        with self.database.reading() as connection:
            return rows.by_status(connection, owner, statuses)

    def find(self, owner: str, project: str | None, key: str, statuses: rows.Statuses = None) -> list[BuildRecord]:
        """All builds launched under a key in a project (None: in none), newest first."""
        with self.database.reading() as connection:
            return rows.by_key(connection, owner, project, key, statuses)

    def summaries(
        self,
        owner: str,
        *,
        status: rows.Statuses = None,
        project: str | None = None,
        q: str | None = None,
        retry_of: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> BuildPage:
        """A page of builds, newest first, queued ones with their place.

        ``q`` is looked for in name, project, key and id, whatever the case of its letters; ``retry_of`` is the build
        that they retry. ValueError: not a cursor.
        """
        wanted = rows.Wanted(status, project, q, retry_of)
        with self.database.reading() as connection:
            schema.check_reader(connection)
            return rows.page(connection, owner, wanted, limit=limit, cursor=cursor)

    def active_and_newest(self, owner: str, project: str | None = None, newest: int = 50) -> list[Summary]:
        """All builds that have not ended and the newest others, newest first."""
        with self.database.reading() as connection:
            schema.check_reader(connection)
            return rows.active_and_newest(connection, owner, project, newest)

    def set_process(self, build_id: str, process: ProcessIdentity) -> None:
        """Note the process that was spawned for the build; does nothing once a writer has claimed it."""
        unclaimed = (builds.c.id == build_id, builds.c.generation == 0)
        with self.database.writing() as connection:
            connection.execute(update(builds).where(*unclaimed).values(**rows.process_columns(process)))

    def claim(self, build_id: str, process: ProcessIdentity, *, expected_generation: int | None = None) -> Appender:
        """Become the build's writer; whoever was it before is fenced.

        Raises:
            NotFound: there is no such build.
            Ended: it has ended.
            Fenced: ``expected_generation`` is not its generation any more.
        """
        with self.database.writing() as connection:
            schema.check_writer(connection)
            found = rows.row(connection, build_id)
            if found.status in ENDS:
                raise Ended
            if expected_generation not in (None, found.generation):
                raise Fenced
            claimed = {"generation": found.generation + 1, "heartbeat": found.heartbeat + 1}
            connection.execute(
                update(builds).where(builds.c.id == build_id).values(**claimed, **rows.process_columns(process))
            )
        hydrated = hydrate(self.database, build_id)
        if hydrated.row.generation != claimed["generation"]:
            raise Fenced
        return Appender(self.database, hydrated, now_ms=self._now_ms, monotonic=self._monotonic)

    def heads(self, build_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """(epoch, head) of each build; those that are deleted are missing."""
        with self.database.reading() as connection:
            return logs.read_heads(connection, list(build_ids))

    def hydrate(self, build_id: str) -> Hydration:
        """The state at the head of the log, in one consistent read."""
        found = hydrate(self.database, build_id)
        keep_folded(self.database, found)
        return Hydration(build_id, found.row.epoch, found.seq, found.json)

    def events(self, build_id: str, after: int = 0, limit: int = 1000, max_bytes: int | None = None) -> EventRange:
        """Events after a seq: at most ``limit`` and ``max_bytes``, but at least one if there is one."""
        with self.database.reading() as connection:
            return logs.read_events(connection, build_id, after, limit, max_bytes)

    def log(
        self,
        build_id: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 1000,
        q: str | None = None,
    ) -> LogPage:
        """Whole lines after a number, or before one, or (with neither) the last ones.

        Args:
            build_id: the build.
            after: read upwards from the line after this one.
            before: read downwards from the line before this one.
            limit: maximum number of lines.
            q: only lines that contain this text (spaces count). Case is ignored as by ``str.casefold``; colours and
                other escape sequences are skipped. One call searches a bounded part of the log: see ``LogPage``. The
                unfinished line is not searched.

        Raises:
            NotFound: there is no such build.
        """
        with self.database.reading() as connection:
            if after is not None:
                return logs.read_forward(connection, build_id, after, limit, q)
            return logs.read_backward(connection, build_id, before, limit, q)

    def metric(self, build_id: str, name: str) -> MetricSeries:
        """A metric for drawings. It reads nothing yet, and knows what was read before, if that was not long ago."""
        return self._series.series(build_id, name)

    def metric_points(self, build_id: str, name: str) -> Iterator[MetricPoint]:
        """Every point of a metric as it was reported, in order; read page by page as they are taken.

        Raises:
            NotFound: the build is gone, or has no such metric (raised at the end).
        """
        return read_points(self.database, build_id, name)

    def tool(self, build_id: str, tool_id: str) -> dict[str, Any]:
        """The row of a tool with its whole input and output, or NotFound."""
        with self.database.reading() as connection:
            return details.tool(connection, build_id, tool_id)

    def display(self, build_id: str, display_id: str) -> tuple[str, bytes]:
        """The mime type and content of a display, or NotFound."""
        with self.database.reading() as connection:
            return details.display(connection, build_id, display_id)

    def artifact(self, build_id: str, index: int) -> ArtifactRow:
        """The artifact at a place, from 0, in order of first sight, or NotFound."""
        with self.database.reading() as connection:
            return details.artifact(connection, build_id, index)

    def send(self, build_id: str, kind: CommandKind, request: str, body: dict[str, Any] | None = None) -> None:
        """Leave a command for the build's runner; the same request twice is one.

        Raises:
            Ended: nobody will read it.
        """
        row = {"build_id": build_id, "request": request, "kind": kind, "body": msgspec.json.encode(body or {})}
        with self.database.writing() as connection:
            schema.check_writer(connection)
            if rows.row(connection, build_id).status in ENDS:
                raise Ended
            known = select(commands.c.id).where(commands.c.build_id == build_id, commands.c.request == request)
            if connection.execute(known).first() is None:
                connection.execute(insert(commands), [row])

    def commands(self, build_id: str, after: int = 0) -> list[Command]:
        """The commands after an id, in order."""
        query = select(commands).where(commands.c.build_id == build_id, commands.c.id > after).order_by(commands.c.id)
        with self.database.reading() as connection:
            return [
                Command(row.id, row.build_id, row.request, row.kind, msgspec.json.decode(row.body))
                for row in connection.execute(query)
            ]

    def queue_ahead(self, build_id: str) -> int:
        """How many queued builds on its host must start before this one; 0 if it is not queued."""
        with self.database.reading() as connection:
            return rows.ahead(connection, build_id)

    def delete(self, build_id: str) -> None:
        """Delete an ended build, its log and its files.

        Raises:
            NotFound: there is no such build.
            StillRunning: it has not ended.
        """
        removal.remove(self.database, build_id)
