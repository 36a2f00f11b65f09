"""The SQLite file itself: who may read it, what is refused, and what happens when it is locked, full or damaged."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from buildwidget.store import schema
from buildwidget.store.engine import Database
from buildwidget.store.errors import CorruptDatabase, Fenced, ForeignDatabase, Unavailable
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.store.making import HERE, check_build, create, drafts, ended, lines, started, status
from tests.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "builds.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with _open(path) as store:
        yield store


def _open(path: Path, *, busy_seconds: float = 10.0) -> Store:
    database = Database(f"sqlite:///{path}", busy_seconds=busy_seconds)
    try:
        return Store(database, schema.prepare(database))
    except BaseException:
        database.close()
        raise


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Making and recognising


def test_only_the_owner_may_read(store: Store, path: Path) -> None:
    create(store)
    assert _mode(path.parent) == 0o700
    assert {file.name: _mode(file) for file in path.parent.iterdir()} == {
        "builds.db": 0o600,
        "builds.db-wal": 0o600,
        "builds.db-shm": 0o600,
    }


def test_a_file_that_others_may_read_is_narrowed(path: Path) -> None:
    _open(path).close()
    path.chmod(0o644)
    _open(path).close()
    assert _mode(path) == 0o600


def test_a_directory_of_somebody_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    _open(tmp_path / "builds.db").close()
    assert _mode(tmp_path) == 0o755


def test_the_database_keeps_its_id(path: Path) -> None:
    with _open(path) as first:
        assert len(first.database_id) == 20
    with _open(path) as again:
        assert again.database_id == first.database_id


def test_the_url_opens_the_same_file_from_anywhere(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    monkeypatch.chdir(path.parent)
    with Store.open("sqlite:///builds.db") as store:
        assert store.url == f"sqlite:///{path}"


def test_an_empty_file_is_ours_to_make(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with _open(path) as store:
        check_build(store, create(store))


@pytest.mark.parametrize("content", [b"hello\n", b"x", b"SQLite format 3\0", b"SQLite format 2\0" + bytes(100)])
def test_what_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ForeignDatabase, match="left untouched"):
        _open(path)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["builds.db"]


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_database_of_another_program_is_refused_and_left_alone(path: Path, journal: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE builds (id)")
    content = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="another program"):
        _open(path)
    assert path.read_bytes() == content


def test_a_directory_at_the_path_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be opened"):
        _open(path)


def test_a_database_without_its_version_is_refused(path: Path) -> None:
    _open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE alembic_version")
    with pytest.raises(CorruptDatabase):
        _open(path)


def test_a_damaged_database_is_refused_and_left_alone(path: Path) -> None:
    with _open(path) as store:
        ended(store)
    content = path.read_bytes()
    damaged = content[:100] + b"\xff" * 4000 + content[4100:]
    path.write_bytes(damaged)
    with pytest.raises(CorruptDatabase, match="damaged"):
        _open(path)
    assert path.read_bytes() == damaged


def test_damage_further_in_is_told_when_it_is_met(path: Path) -> None:
    with _open(path) as store:
        build = ended(store)
        with store.database.reading() as connection:
            page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'events'").scalar_one()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with _open(path) as store, pytest.raises(CorruptDatabase):
        store.events(build)


# Journal modes


@pytest.mark.parametrize(("on_network", "mode"), [(False, "wal"), (True, "delete")])
def test_the_journal_suits_the_file_system(path: Path, on_network: bool, mode: str) -> None:
    database = Database(f"sqlite:///{path}", on_network=on_network)
    with Store(database, schema.prepare(database)) as store, store.database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == mode
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_it_works_with_a_rollback_journal(path: Path) -> None:
    database = Database(f"sqlite:///{path}", on_network=True)
    with Store(database, schema.prepare(database)) as store, _open(path) as other:
        appender = started(store)
        appender.append(drafts(lines("x")))
        assert check_build(other, appender.build_id) == check_build(store, appender.build_id)


# Locked


@contextmanager
def _locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_a_locked_database_is_waited_for(store: Store, path: Path) -> None:
    appender = started(store)
    done = threading.Event()

    def append() -> None:
        appender.append(drafts(lines("patient")))
        done.set()

    thread = threading.Thread(target=append)
    with _locked(path):
        thread.start()
        assert not done.wait(0.1)
        assert store.hydrate(appender.build_id).seq == 3  # readers do not wait
    thread.join()
    assert done.is_set()
    assert len(check_build(store, appender.build_id)) == 4


def test_a_database_locked_for_too_long_is_unavailable_and_nothing_is_written(path: Path) -> None:
    with _open(path, busy_seconds=0.05) as store:
        appender = started(store)
        with _locked(path), pytest.raises(Unavailable, match="locked"):
            appender.append(drafts(lines("too early")))
        assert not appender.settle()
        appender.append(drafts(lines("again")))
        assert store.log(appender.build_id).lines == [(1, "stdout", "again")]


def test_a_writer_outlasts_a_lock_and_tells(path: Path) -> None:
    with _open(path, busy_seconds=0.02) as store:
        writer = Writer(started(store))
        with _locked(path):
            writer.write(lines("first"))
            assert "locked" in (wait_until(lambda: writer.problem, what="the problem to be told") or "")
            for number in range(100):
                writer.write(lines(f"more {number}"))
        writer.end(status("succeeded"))
        assert writer.problem is None
        found = store.log(writer.build_id).lines
        assert found[0][1] == "system"
        assert "locked by another process" in found[0][2]
        assert [text for _n, _s, text in found[1:]] == ["first", *(f"more {number}" for number in range(100))]
        check_build(store, writer.build_id)


def test_an_end_outlasts_a_lock_and_stays_the_last(path: Path) -> None:
    with _open(path, busy_seconds=0.02) as store:
        writer = Writer(started(store))
        ending = threading.Thread(target=lambda: writer.end(status("succeeded")))
        with _locked(path):
            ending.start()
            wait_until(lambda: writer.problem, what="the problem to be told")
        ending.join()
        log = check_build(store, writer.build_id)
        assert b'"system"' in log[-2]
        assert b'"succeeded"' in log[-1]


# Full


@contextmanager
def _full(store: Store) -> Iterator[None]:
    """No page more: SQLite itself says that the disk is full, on every connection."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # never less than there are

    def unlimit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    event.listen(store.database.engine, "checkout", limit)
    store.database.close()  # what is kept is given back, so that all are taken out anew
    try:
        yield
    finally:
        event.remove(store.database.engine, "checkout", limit)
        event.listen(store.database.engine, "checkout", unlimit)


def test_a_full_disk_loses_nothing_committed(store: Store) -> None:
    appender = started(store)
    appender.append(drafts(lines("before")))
    committed = 4
    with _full(store):
        with pytest.raises(Unavailable, match="full"):  # noqa: PT012 - some of them go through first
            for _ in range(1000):
                appender.append(drafts(*(lines("x" * 4000) for _ in range(10))))
                committed += 10
        assert len(check_build(store, appender.build_id)) == committed
    assert not appender.settle()
    appender.append(drafts(lines("after"), status("succeeded")))
    assert len(check_build(store, appender.build_id)) == committed + 2


def test_a_writer_outlasts_a_full_disk_and_tells(store: Store) -> None:
    writer = Writer(started(store))
    texts = [f"{number} " + "x" * 3000 for number in range(300)]
    with _full(store):
        for text in texts:
            writer.write(lines(text))
        assert "full" in (wait_until(lambda: writer.problem, what="the problem to be told") or "")
    writer.end(status("succeeded"))
    found = store.log(writer.build_id, after=0).lines
    assert [text for _n, stream, text in found if stream == "stdout"] == texts
    [told] = [text for _n, stream, text in found if stream == "system"]
    assert "disk with the database is full" in told
    check_build(store, writer.build_id)


def test_a_full_spool_makes_the_caller_wait(store: Store) -> None:
    writer = Writer(started(store), spool_bytes=100_000)
    written: list[int] = []

    def work() -> None:
        for number in range(100):
            writer.write(lines("x" * 4000))
            written.append(number)

    working = threading.Thread(target=work)
    with _full(store):
        working.start()
        wait_until(lambda: writer.problem, what="the problem to be told")
        wait_until(lambda: len(written) >= 20, what="the spool to fill")
        assert not _joins(working)
        assert len(written) < 60
    working.join()
    writer.end(status("succeeded"))
    assert store.record(writer.build_id).summary.status == "succeeded"
    assert sum(stream == "stdout" for _n, stream, _t in store.log(writer.build_id, after=0).lines) == 100


def _joins(thread: threading.Thread) -> bool:
    thread.join(0.1)
    return not thread.is_alive()


def test_a_database_that_stays_away_is_given_up(path: Path) -> None:
    with _open(path, busy_seconds=0.01) as store:
        writer = Writer(started(store), retry_for=0.1)
        with _locked(path):
            writer.write(lines("x"))
            with pytest.raises(Unavailable, match="locked"):
                writer.flush()
            with pytest.raises(Unavailable):
                writer.write(lines("y"))
            with pytest.raises(Unavailable):
                writer.end(status("succeeded"))
        assert len(check_build(store, writer.build_id)) == 3


def test_a_writer_that_is_fenced_says_so_once(store: Store) -> None:
    fenced: list[int] = []
    writer = Writer(started(store), on_fenced=lambda: fenced.append(1), heartbeat_interval=0.02)
    store.claim(writer.build_id, HERE)
    wait_until(lambda: fenced, what="the beat to be refused")
    with pytest.raises(Fenced):
        writer.write(lines("x"))
    with pytest.raises(Fenced):
        writer.end(status("succeeded"))
    assert fenced == [1]


def test_what_a_fenced_writer_had_queued_is_not_called_committed(store: Store) -> None:
    fenced = threading.Event()
    writer = Writer(started(store), on_fenced=fenced.set)
    store.claim(writer.build_id, HERE)
    writer.write(lines("x"))
    with pytest.raises(Fenced):
        writer.flush()
    assert fenced.wait(10)
    assert len(check_build(store, writer.build_id)) == 3


def test_checkpoints_pass_readers_by(store: Store, path: Path) -> None:
    """An open reader holds the WAL back; the state stays true, and the WAL is cut back when the reader has gone."""
    appender = started(store)
    with store.database.reading() as reader:
        before = reader.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
        for _ in range(60):
            appender.append(drafts(*(lines("x" * 4000) for _ in range(10))))
            with store.database.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        assert reader.exec_driver_sql("SELECT count(*) FROM events").scalar_one() == before
    with closing(sqlite3.connect(path)) as connection:
        busy, _log, _done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0
    assert len(check_build(store, appender.build_id)) == 603
