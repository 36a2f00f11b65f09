"""Durable ingest: an appender and a writer of ours beside the bare insert of the same rows by the sqlite3 module."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from buildwidget.protocol.events import Event, LogEvent
from buildwidget.store.drafts import draft
from buildwidget.store.store import Store
from buildwidget.store.tables import events as events_table
from buildwidget.store.writer import Writer
from tests.bench.event_mix import MIX, events
from tests.bench.figures import Figure, Samples, Scale, Side, interleave
from tests.store.making import started

BATCH: Final = 50
_REACH: Final = 0.6
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY")

Row = tuple[Any, ...]
Act = Callable[[], None]


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Events per second, each batch of 50 a commit that is on the disk."""
    made = list(events(scale.of(1_000, 500)))
    rounds = scale.of(60, 2)
    with contextlib.ExitStack() as files:
        store = files.enter_context(Store.open(f"sqlite:///{directory}/ours.db"))
        rows = _rows_of(store, made)
        bare = files.enter_context(contextlib.closing(_Bare(directory / "bare.db", rows, indexes=False)))
        indexed = files.enter_context(contextlib.closing(_Bare(directory / "indexed.db", rows, indexes=True)))
        cpu: dict[str, list[float]] = {}
        written: list[str] = []
        sides: dict[str, Callable[[], Act]] = {
            "append": lambda: _append(store, made),
            "write": lambda: _write(store, made, written),
            "bare": bare.insert,
            "indexed": indexed.insert,
        }
        timed = {name: _timed(name, side, len(made), cpu) for name, side in sides.items()}
        found = interleave(timed, rounds)
        lines = sum(len(event.lines) for event in made if isinstance(event, LogEvent))
        assert {store.log(build, limit=1).count for build in written} == {lines}
    mean = sum(len(row[-1]) for row in rows) / len(rows)
    note = f"{len(made):,} events of {mean:.0f} bytes in the mean: {MIX}."
    spent = {f"{name}_cpu_us": Samples(tuple(values)).median for name, values in cpu.items()}
    return [_appended(found, note, spent), _written(found, spent)]


def _appended(found: dict[str, Samples], note: str, spent: dict[str, float]) -> Figure:
    ours, bare = found["append"].median, found["bare"].median
    return Figure(
        what=f"durable ingest through the store, batches of {BATCH}, synchronous=FULL",
        unit="events/s",
        ours=Side.of("Appender.append", found["append"]),
        peer=Side.of("sqlite3.executemany, bare insert", found["bare"]),
        floor=Side.of("the same with our two indexes", found["indexed"]),
        judged=ours / bare,
        judged_as="ours / peer",
        bound=_REACH,
        at_least=True,
        note=f"{note} Ours also checks the head, fences, folds, and keeps columns, summary and indexes.{_cpu(spent)}",
        extra=spent,
    )


def _written(found: dict[str, Samples], spent: dict[str, float]) -> Figure:
    ours, bare = found["write"].median, found["bare"].median
    return Figure(
        what="durable ingest from Writer.write to the commit",
        unit="events/s",
        ours=Side.of("Writer.write, close", found["write"]),
        peer=Side.of("sqlite3.executemany, bare insert", found["bare"]),
        judged=ours / bare,
        judged_as="ours / peer",
        bound=_REACH,
        at_least=True,
        note="Checked, cut and encoded too, and grouped by the writer's thread: what queues up while it commits is one "
        "transaction, in which lines, points and bars are joined.",
        extra=spent,
    )


def _cpu(spent: dict[str, float]) -> str:
    return f" CPU per event: {spent['append_cpu_us']:.1f} us, the bare insert {spent['bare_cpu_us']:.1f} us."


def _timed(name: str, side: Callable[[], Act], count: int, cpu: dict[str, list[float]]) -> Callable[[], float]:
    """The rate of what the side has made ready, and beside it the processor time per event in microseconds."""

    def timed() -> float:
        act = side()
        began, began_cpu = time.perf_counter(), time.process_time()
        act()
        cpu.setdefault(name, []).append((time.process_time() - began_cpu) / count * 1e6)
        return count / (time.perf_counter() - began)

    return timed


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _append(store: Store, made: list[Event]) -> Act:
    appender = started(store)
    expected = appender.head + len(made)
    batches = list(_batches([draft(event) for event in made]))

    def act() -> None:
        for batch in batches:
            appender.append(batch)
        assert appender.head == expected

    return act


def _write(store: Store, made: list[Event], written: list[str]) -> Act:
    writer = Writer(started(store))
    written.append(writer.build_id)

    def act() -> None:
        for event in made:
            writer.write(event)
        writer.close()

    return act


def _rows_of(store: Store, made: list[Event]) -> list[Row]:
    """The rows that ours inserts for these events."""
    appender = started(store)
    first = appender.head
    appender.append([draft(event) for event in made])
    query = select(events_table).where(events_table.c.build_id == appender.build_id, events_table.c.seq > first)
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(events_table.c.seq))]


class _Bare:
    """A database of the sqlite3 module with nothing but the table of events; each insert is of another build."""

    def __init__(self, path: Path, rows: list[Row], *, indexes: bool) -> None:
        self._rows = rows
        self._build = itertools.count()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        made: list[DDLElement] = [CreateTable(events_table)]
        made += [CreateIndex(index) for index in events_table.indexes if indexes]
        for each in made:
            self._connection.execute(str(each.compile(dialect=sqlite.dialect())))

    def insert(self) -> Act:
        """What inserts all rows once."""
        build_id = f"{self._rows[0][0][:-6]}{next(self._build):06d}"
        batches = list(_batches([(build_id, *row[1:]) for row in self._rows]))
        connection = self._connection

        def act() -> None:
            for batch in batches:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", batch)
                connection.execute("COMMIT")

        return act

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
