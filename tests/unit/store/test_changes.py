from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from buildwidget.store import changes
from buildwidget.store.changes import Changes, ChangeWatcher
from buildwidget.store.store import Store
from tests.store.making import create
from tests.waiting import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        yield store


class Counter:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1

    def reaches(self, calls: int) -> None:
        wait_until(lambda: self.calls >= calls, what=f"call {calls}")


def test_nobody_interested_hears_nothing(store: Store) -> None:
    changed = Counter()
    watcher = ChangeWatcher(store, changed, active_interval=0.001)
    create(store)
    watcher.wake()
    watcher.close()
    assert changed.calls == 0


def test_new_interest_is_told_once_since_something_may_have_been_missed(store: Store) -> None:
    changed = Counter()
    watcher = ChangeWatcher(store, changed, active_interval=3600, idle_interval=3600)
    watcher.set_interest("idle")
    changed.reaches(1)
    watcher.set_interest("idle")
    watcher.set_interest("active")
    changed.reaches(2)
    watcher.wake()
    changed.reaches(3)
    watcher.close()
    assert changed.calls == 3


def test_quiet_is_quiet(store: Store) -> None:
    changed = Counter()
    watcher = ChangeWatcher(store, changed, active_interval=0.001)
    watcher.set_interest("active")
    changed.reaches(1)
    looks = threading.Event()
    threading.Timer(0.1, looks.set).start()
    assert looks.wait(10)
    assert changed.calls == 1
    create(store)
    changed.reaches(2)
    watcher.close()


def test_a_mistake_of_the_listener_does_not_end_the_watching(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def broken() -> None:
        calls.append(1)
        raise RuntimeError("the loop is closed")

    watcher = ChangeWatcher(store, broken, active_interval=0.001)
    watcher.set_interest("active")
    wait_until(lambda: calls, what="the first call")
    create(store)
    wait_until(lambda: len(calls) > 1, what="the second call")
    watcher.close()
    assert "the loop is closed" in caplog.text


def test_a_database_that_is_locked_or_away_may_have_changed(store: Store, tmp_path: Path) -> None:
    changed = Counter()
    watcher = ChangeWatcher(store, changed, active_interval=0.001)
    watcher.set_interest("active")
    changed.reaches(1)
    away = tmp_path / "away.db"
    path = tmp_path / "builds.db"
    with closing(sqlite3.connect(path)):
        path.rename(away)
    watcher.close()
    again = ChangeWatcher(store, changed, active_interval=0.001)
    again.set_interest("active")
    changed.reaches(5)
    assert not path.exists()
    away.rename(path)
    again.close()


def test_it_may_be_closed_by_who_it_calls(store: Store) -> None:
    closed = threading.Event()

    def close() -> None:
        watcher.close()
        closed.set()

    watcher = ChangeWatcher(store, close)
    watcher.set_interest("idle")
    assert closed.wait(10)


WRITE = "INSERT INTO meta (name, value) VALUES (hex(randomblob(8)), 'x')"


class Disk:
    """What the files of a database look like on a file system with a coarse clock, told by who writes."""

    TICK_NS = 2_000_000_000

    def __init__(self) -> None:
        self.now = 1_000 * self.TICK_NS + 1
        self.files = {"db": (1, 4096, 0), "wal": (2, 0, 0)}

    def written(self, file: str, grown: int) -> None:
        inode, size, _ = self.files[file]
        self.files[file] = inode, size + grown, self.now // self.TICK_NS * self.TICK_NS

    def look_at(self, _path: Path) -> tuple[tuple[int, ...], ...]:
        return (*self.files.values(), ())


class Writer:
    """Another connection, whose commits are visible some time after they were written."""

    def __init__(self, connection: sqlite3.Connection, disk: Disk) -> None:
        self.connection = connection
        self._disk = disk

    def do(self, step: str) -> None:
        if step == "roll back":
            self.roll_back()
        elif step == "checkpoint":
            if not self.connection.in_transaction:
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._disk.written("db", 0)
        else:
            if not self.connection.in_transaction:
                self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute(WRITE)
            self._disk.written("wal", 100 if step == "grow" else 0)

    def commit(self) -> bool:
        done = self.connection.in_transaction
        if done:
            self.connection.execute("COMMIT")
        return done

    def roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


STEPS = st.lists(
    st.sampled_from(["write", "grow", "commit", "roll back", "checkpoint", "look", "look", "moment", "while", "long"]),
    min_size=15,
    max_size=60,
)
PASSING = {"moment": 10_000_000, "while": 1_000_000_000, "long": 5_000_000_000}


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One database for all examples: making one takes longer than an example."""
    path = tmp_path_factory.mktemp("changes") / "builds.db"
    with Store.open(f"sqlite:///{path}") as store, closing(sqlite3.connect(path)) as keeps_the_wal:
        keeps_the_wal.execute("SELECT 1 FROM meta")
        yield store


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
@example(steps=["write", "commit", "look", "write", "commit", "look"])  # twice in one tick
@example(steps=["write", "long", "look", "commit", "look"])  # written, but long not visible
def test_no_commit_is_missed_whatever_is_written_when(one_store: Store, steps: list[str]) -> None:
    disk = Disk()
    path = one_store.database.path
    assert path is not None
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(path, isolation_level=None)) as connection:
        patch.setattr(changes, "_look_at", disk.look_at)
        writer, seen = Writer(connection, disk), Changes(one_store.database, clock_ns=lambda: disk.now)
        assert seen.has_changed()
        committed = False
        for step in steps:
            if step == "commit":
                committed = writer.commit() or committed
            elif step == "look":
                found = seen.has_changed()
                assert found or not committed
                committed = False
            elif step in PASSING:
                disk.now += PASSING[step]
            else:
                writer.do(step)
        writer.roll_back()
        _comes_to_rest(seen, disk, patch)
        seen.close()


def _comes_to_rest(seen: Changes, disk: Disk, patch: pytest.MonkeyPatch) -> None:
    disk.now += PASSING["long"]
    seen.has_changed()
    asked: list[str] = []
    patch.setattr(seen, "_ask", lambda: asked.append("again"))
    assert not any(seen.has_changed() for _ in range(5))
    assert not asked


def test_what_is_committed_while_it_comes_to_rest_is_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time_ns() + 10_000_000_000
    seen = Changes(store.database, clock_ns=lambda: later)
    free = seen._nobody_writes

    def commits_before() -> bool:
        create(store)
        return free()

    seen.has_changed()
    monkeypatch.setattr(seen, "_nobody_writes", commits_before)
    monkeypatch.setattr(seen, "_quiet", False)
    assert seen.has_changed()
    monkeypatch.setattr(seen, "_nobody_writes", free)
    seen.has_changed()
    assert not seen.has_changed()
    seen.close()


def test_looking_for_writers_writes_nothing_itself(store: Store, tmp_path: Path) -> None:
    seen = Changes(store.database)
    seen.has_changed()
    before = changes._look_at(tmp_path / "builds.db")
    assert seen._nobody_writes()
    assert changes._look_at(tmp_path / "builds.db") == before
    with store.database.writing():
        assert not seen._nobody_writes()
    seen.close()


class Statements:
    """Every statement that a watcher makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        connect: Any = sqlite3.connect

        def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **kwargs)
            connection.set_trace_callback(self.made.append)
            return connection

        monkeypatch.setattr(sqlite3, "connect", traced)


def test_an_idle_watcher_makes_no_query_and_notices_what_another_process_commits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = Statements(monkeypatch)
    looks = Counter()
    look_at = changes._look_at

    def counted(path: Path) -> Any:
        looks()
        return look_at(path)

    monkeypatch.setattr(changes, "_look_at", counted)
    monkeypatch.setattr(changes, "_SETTLED_NS", 50_000_000)  # a local file system's clock ticks every 10 ms at most
    changed = Counter()
    watcher = ChangeWatcher(store, changed, active_interval=0.001, idle_interval=0.001)
    watcher.set_interest("idle")
    for commits in range(1, 4):
        wait_until(lambda: "ROLLBACK" in statements.made, what="the watcher to come to rest")
        calls, made, before = changed.calls, len(statements.made), looks.calls
        looks.reaches(before + 100)
        assert (changed.calls, len(statements.made)) == (calls, made), f"before commit {commits}"
        statements.made.clear()
        script = f"import sqlite3; c = sqlite3.connect({str(store.database.path)!r}); c.execute({WRITE!r}); c.commit()"
        subprocess.run([sys.executable, "-c", script], check=True)
        changed.reaches(calls + 1)
    watcher.close()


def test_on_a_network_file_system_the_files_are_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'there.db'}") as store:
        monkeypatch.setattr(store.database, "on_network", True)
        seen = Changes(store.database, clock_ns=lambda: time.time_ns() + 10_000_000_000)
        asked = Counter()
        ask = seen._ask

        def counted() -> bool:
            asked()
            return ask()

        monkeypatch.setattr(seen, "_ask", counted)
        assert [seen.has_changed() for _ in range(4)] == [True, False, False, False]
        assert asked.calls == 4
        seen.close()


def test_another_file_in_its_place_is_a_change(store: Store, tmp_path: Path) -> None:
    seen = Changes(store.database, clock_ns=lambda: time.time_ns() + 10_000_000_000)
    seen.has_changed()
    assert not seen.has_changed()
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(tmp_path / "builds.db")) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.replace(tmp_path / "builds.db")
    assert seen.has_changed()
    seen.close()


def test_in_memory_whoever_commits_tells() -> None:
    with Store.open("sqlite://") as store:
        seen = Changes(store.database)
        assert [seen.has_changed(), seen.has_changed()] == [True, False]
        create(store)
        assert [seen.has_changed(), seen.has_changed()] == [True, False]
        seen.close()
        create(store)
        assert not seen.has_changed()
