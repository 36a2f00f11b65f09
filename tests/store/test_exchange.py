"""The database file is deleted, moved, replaced or restored under processes that use it."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from buildwidget.protocol.events import MetricEvent
from buildwidget.runner.build_dir import make_build_dir
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from buildwidget.store import schema
from buildwidget.store.changes import Changes
from buildwidget.store.engine import Database
from buildwidget.store.errors import BuildMissing, DatabaseGone, Fenced, NotFound, Unavailable
from buildwidget.store.spool import SPOOL_FILE, keep_spool, take_spool
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.store.making import HERE, check_build, create, drafts, ended, lines, started, status
from tests.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "builds.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{path}") as store:
        yield store


def backup(path: Path) -> Path:
    """A copy of the database as it is now."""
    copy = path.with_name(f"backup-{len(list(path.parent.iterdir()))}.db")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def restore_in_place(copy: Path, path: Path) -> None:
    """What ``sqlite3 builds.db '.restore copy.db'`` does: the file stays, its content is another one."""
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def move_away(path: Path, to: Path) -> None:
    """The database with its WAL, as a person moves it."""
    for suffix in ("", "-wal", "-shm"):
        if Path(f"{path}{suffix}").exists():
            Path(f"{path}{suffix}").rename(f"{to}{suffix}")


def delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def texts(store: Store, build: str) -> list[str]:
    return [text for _number, _stream, text in store.log(build, after=0).lines]


# Gone and back


def test_a_deleted_database_is_said_and_not_made_anew(store: Store, path: Path) -> None:
    build = ended(store)
    delete(path)
    for _ in range(2):
        with pytest.raises(DatabaseGone, match=r"builds\.db was deleted or moved"):
            store.record(build)
        with pytest.raises(DatabaseGone):
            create(store)
    assert not path.exists()


def test_a_database_that_was_moved_and_comes_back_is_used_again(store: Store, path: Path) -> None:
    appender = started(store)
    move_away(path, path.with_name("elsewhere.db"))
    with pytest.raises(Unavailable):
        appender.append(drafts(lines("too early")))
    move_away(path.with_name("elsewhere.db"), path)
    assert not appender.settle()
    appender.append(drafts(lines("again"), status("succeeded")))
    assert texts(store, appender.build_id) == ["again"]
    check_build(store, appender.build_id)


def test_what_another_process_begins_anew_is_used(store: Store, path: Path) -> None:
    old = ended(store)
    before = store.database_id
    delete(path)
    with Store.open(f"sqlite:///{path}") as other:
        new = ended(other)
        assert [row.id for row in store.summaries("ann").builds] == [new]
        assert store.database_id == other.database_id != before
    with pytest.raises(NotFound):
        store.record(old)
    assert store.database.exchanges == 1


@pytest.mark.parametrize("is_empty", [False, True])
def test_no_database_is_begun_beside_the_log_of_one_that_was_moved_away(
    store: Store, path: Path, is_empty: bool
) -> None:
    """It would delete what was committed last, and damage the database once it is put back."""
    appender = started(store)
    away = path.with_name("elsewhere.db")
    path.rename(away)
    if is_empty:
        path.touch()
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"builds\.db-wal is still there\. Put the file back"):
            Store.open(f"sqlite:///{path}")
    assert path.exists() is is_empty
    away.replace(path)
    with Store.open(f"sqlite:///{path}") as other:
        assert other.database_id == store.database_id
        appender.append(drafts(lines("again"), status("succeeded")))
        assert texts(other, appender.build_id) == ["again"]
        check_build(other, appender.build_id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("content", [b"", b"no database at all, but longer than any header of one would be" * 4])
def test_what_is_no_database_is_not_used_and_not_touched(store: Store, path: Path, content: bytes) -> None:
    build = ended(store)
    away = path.with_name("elsewhere.db")
    move_away(path, away)
    path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(Exception, match=r"builds\.db") as raised:
            store.record(build)
        assert type(raised.value).__module__ == "buildwidget.store.errors"
    assert path.read_bytes() == content
    path.unlink()
    move_away(away, path)
    assert store.record(build).summary.status == "succeeded"


# Replaced


def test_a_file_renamed_over_the_database_is_noticed_at_once(store: Store, path: Path) -> None:
    build = started(store).build_id
    with Store.open(f"sqlite:///{path.with_name('other.db')}") as other:
        theirs = ended(other)
    path.with_name("other.db").replace(path)
    with pytest.raises(NotFound):
        store.record(build)
    assert store.record(theirs).summary.status == "succeeded"
    check_build(store, theirs)


def test_the_wal_of_the_replaced_file_is_not_applied_to_the_new_one(store: Store, path: Path) -> None:
    """A backup put in place by a rename, while the WAL of the old file still lies beside it."""
    early = ended(store)
    copy = backup(path)
    with store.database.reading():  # an open reader keeps the WAL from being merged
        late = ended(store)
    copy.replace(path)
    with pytest.raises(NotFound):
        store.record(late)
    check_build(store, early)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


ROOT = Path(__file__).parents[2]
CHECKPOINT = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA wal_checkpoint')"

INTERIM = """
import sys
from buildwidget.store.store import Store
from tests.store.making import ended
from tests.store.test_exchange import texts
with Store.open(sys.argv[1]) as store:
    print(ended(store), flush=True)
    for command in iter(sys.stdin.readline, ""):
        print(*texts(store, command.strip()), flush=True)
"""


def test_a_database_that_comes_back_is_not_written_through_the_wal_of_before(store: Store, path: Path) -> None:
    """Moved away with its WAL, another one begun meanwhile by another process, and its file renamed over that one.

    A process that was idle all the time still holds the WAL that was moved. Two WALs of one file would damage it.
    """
    appender = started(store)
    appender.append(drafts(lines("before")))
    away = path.with_name("elsewhere.db")
    move_away(path, away)
    url = f"sqlite:///{path}"
    with subprocess.Popen(
        [sys.executable, "-c", INTERIM, url], cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True
    ) as interim:
        assert interim.stdin is not None
        assert interim.stdout is not None

        def read_there() -> str:
            print(appender.build_id, file=interim.stdin, flush=True)
            return interim.stdout.readline().strip()  # type: ignore[union-attr]  # asserted above

        assert interim.stdout.readline()
        subprocess.run([sys.executable, "-c", CHECKPOINT, str(away)], check=True)  # the file has all that was committed
        away.replace(path)
        assert read_there() == "before"
        if not appender.settle():
            appender.append(drafts(lines("again"), status("succeeded")))
        assert read_there() == "before again"
        check_build(store, appender.build_id)
        interim.stdin.close()
        assert interim.wait(30) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_wal_that_went_with_the_last_connection_is_no_exchange(store: Store, path: Path) -> None:
    build = ended(store)
    store.database._let_go()
    assert not Path(f"{path}-wal").exists()
    assert store.record(build).summary.status == "succeeded"
    ended(store)
    assert store.database.exchanges == 0


# Restored


def restored(store: Store, path: Path) -> tuple[Writer, list[bytes]]:
    """A writer whose database was restored to a state with fewer of its events."""
    writer = Writer(started(store))
    writer.write(lines("kept"))
    writer.flush()
    copy = backup(path)
    for number in range(3):
        writer.write(lines(f"lost {number}"))
        writer.flush()
    before = check_build(store, writer.build_id)
    restore_in_place(copy, path)
    return writer, before


def test_a_restored_log_goes_on_as_another_history(store: Store, path: Path) -> None:
    epoch_before = None
    writer, before = restored(store, path)
    epoch_before = store.record(writer.build_id).epoch
    writer.write(lines("after"))
    writer.end(status("succeeded"))
    log = check_build(store, writer.build_id)
    assert store.record(writer.build_id).epoch != epoch_before
    assert log[:3] == before[:3]
    assert texts(store, writer.build_id) == [
        "kept",
        "buildwidget: the database was restored to an earlier state. 3 events of this build are missing.",
        "after",
    ]


def test_a_copy_over_the_file_is_read_and_not_the_pages_in_memory(store: Store, path: Path) -> None:
    """``cp backup.db builds.db``: SQLite itself does not notice it where the WAL does not change."""
    early = ended(store)
    copy = backup(path)
    late = ended(store)
    assert {row.id for row in store.summaries("ann").builds} == {early, late}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    changes = Changes(store.database)
    while changes.has_changed():
        pass
    shutil.copyfile(copy, path)
    assert changes.has_changed()
    changes.close()
    assert {row.id for row in store.summaries("ann").builds} == {early}
    with pytest.raises(NotFound):
        store.record(late)
    check_build(store, early)


def test_a_series_that_was_read_before_a_restore_is_read_again(store: Store, path: Path) -> None:
    appender = started(store)
    appender.append(drafts(MetricEvent(at=1, name="loss", points=[(0, 1.0, 1)])))
    copy = backup(path)
    appender.append(drafts(MetricEvent(at=2, name="loss", points=[(1, 99.0, 2)])))
    assert read_series(store, appender.build_id) == [1.0, 99.0]
    restore_in_place(copy, path)
    assert read_series(store, appender.build_id) == [1.0]


def read_series(store: Store, build: str) -> list[Any]:
    series = store.metric(build, "loss")
    while True:
        seq, head = series.advance()
        if seq >= head:
            return [value for _step, value, _at in series.picture(100, 100).points]


def test_a_beat_notices_a_restore_without_any_event(store: Store, path: Path) -> None:
    writer = Writer(started(store), heartbeat_interval=0.02)
    writer.write(lines("kept"))
    writer.flush()
    copy = backup(path)
    writer.write(lines("lost"))
    writer.flush()
    restore_in_place(copy, path)
    wait_until(lambda: any("restored" in text for text in texts(store, writer.build_id)), what="the restore to be said")
    writer.end(status("succeeded"))
    check_build(store, writer.build_id)


def test_a_backup_from_before_the_start_still_ends_as_it_ended(store: Store, path: Path) -> None:
    build = create(store)
    copy = backup(path)
    appender = store.claim(build, HERE)
    appender.append(drafts(status("running"), lines("lost")))
    writer = Writer(appender)
    restore_in_place(copy, path)
    writer.write(lines("after"))
    writer.end(status("succeeded", exit_code=0))
    state = check_build(store, build)
    assert state
    summary = store.record(build).summary
    assert (summary.status, summary.exit_code) == ("succeeded", 0)
    assert summary.started_at is not None


def test_a_writer_that_was_fenced_stays_fenced_after_a_restore(store: Store, path: Path) -> None:
    old = started(store)
    store.claim(old.build_id, HERE)
    copy = backup(path)
    restore_in_place(copy, path)
    with pytest.raises(Fenced):
        old.append(drafts(lines("x")))


# Builds that the database does not have


def test_a_writer_waits_for_the_database_that_has_its_build(store: Store, path: Path) -> None:
    writer = Writer(started(store))
    away = path.with_name("elsewhere.db")
    move_away(path, away)
    with Store.open(f"sqlite:///{path}") as other:
        ended(other)
    for number in range(5):
        writer.write(lines(str(number)))
    assert "does not have this build" in (wait_until(lambda: writer.problem, what="the problem to be said") or "")
    delete(path)
    move_away(away, path)
    writer.end(status("succeeded"))
    found = texts(store, writer.build_id)
    assert found[1:] == [str(number) for number in range(5)]
    assert "nothing could be stored" in found[0]
    check_build(store, writer.build_id)


def test_an_append_to_a_missing_build_is_no_fence(store: Store, path: Path) -> None:
    appender = started(store)
    with Store.open(f"sqlite:///{path.with_name('other.db')}") as other:
        ended(other)
    path.with_name("other.db").replace(path)
    with pytest.raises(BuildMissing):
        appender.append(drafts(lines("x")))
    with pytest.raises(BuildMissing):
        appender.beat()


def test_work_goes_on_for_as_long_as_the_spool_has_room(store: Store, path: Path) -> None:
    """Nobody gives up while nobody waits: the clock runs only once the caller stands still."""
    now = [0.0]
    writer = Writer(started(store), clock=lambda: now[0], retry_for=600, spool_bytes=50_000)
    delete(path)
    writer.write(lines("first"))
    wait_until(lambda: writer.problem, what="the problem to be said")
    now[0] = 100_000.0
    writer.write(lines("still fine"))
    blocked = threading.Thread(target=_write_many, args=(writer,))
    blocked.start()
    wait_until(lambda: writer._waiting, what="the spool to fill")
    wait_until(lambda: _advance(now) or not blocked.is_alive(), what="the writer to give up")
    blocked.join()
    with pytest.raises(Unavailable, match="deleted or moved"):
        writer.write(lines("x"))


def _advance(now: list[float]) -> bool:
    now[0] += 100.0
    return False


def _write_many(writer: Writer) -> None:
    with contextlib.suppress(Unavailable):
        for _ in range(100):
            writer.write(lines("x" * 4000))


def test_a_lost_build_does_not_end_under_the_seq_of_the_end_that_a_restore_took(store: Store, path: Path) -> None:
    """Its runner ended it after the backup and is gone, so nobody but the sweep goes on with its log."""
    appender = started(store)
    copy = backup(path)
    appender.append(drafts(status("succeeded")))
    was = store.hydrate(appender.build_id)
    restore_in_place(copy, path)
    assert swept(store) == [appender.build_id]
    found = store.hydrate(appender.build_id)
    assert store.record(appender.build_id).summary.status == "lost"
    assert found.seq == was.seq  # where a page would see nothing new
    assert found.epoch != was.epoch
    check_build(store, appender.build_id)


def test_a_writer_that_is_fenced_begins_no_epoch(store: Store) -> None:
    appender = started(store)
    store.claim(appender.build_id, HERE)
    before = store.record(appender.build_id).epoch
    with pytest.raises(Fenced):
        appender.begin_epoch()
    assert store.record(appender.build_id).epoch == before == appender.epoch


# The spool as a file


def swept(store: Store) -> list[str]:
    """What is ended as lost by an observer that has waited long enough."""
    observer = LeaseObserver(lease=-1)
    return [*sweep(store, observer), *sweep(store, observer)]


def test_what_was_never_taken_is_kept_in_a_file_and_taken_by_the_next_sweep(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "data"))
    with Store.open(f"sqlite:///{path}") as store:
        appender = started(store)
        spool = make_build_dir(appender.build_id) / SPOOL_FILE
        writer = Writer(appender, retry_for=0.05, keep_spool=lambda unstored: keep_spool(spool, appender, unstored))
        away = path.with_name("elsewhere.db")
        move_away(path, away)
        writer.write(lines("kept in the file", "x" * 5000))
        with pytest.raises(Unavailable, match=r"spool\.msgpack"):
            writer.end(status("succeeded", exit_code=0))
        assert spool.stat().st_mode & 0o077 == 0
        move_away(away, path)
        assert swept(store) == []  # not lost: it ended
        assert store.record(appender.build_id).summary.status == "succeeded"
        assert texts(store, appender.build_id)[-2:] == ["kept in the file", "x" * 5000]
        assert not spool.exists()
        check_build(store, appender.build_id)


def test_a_spool_that_follows_another_history_is_named_and_left(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "data"))
    with Store.open(f"sqlite:///{path}") as store:
        appender = started(store)
        spool = make_build_dir(appender.build_id) / SPOOL_FILE
        keep_spool(spool, appender, drafts(lines("x"), status("succeeded")))
        appender.append(drafts(lines("another line")))
        assert swept(store) == [appender.build_id]
        error = store.record(appender.build_id).summary.error
        assert error is not None
        assert str(spool) in error.message
        assert spool.exists()


@pytest.mark.parametrize("content", [b"", b"\x00garbage", b"\x84"])
def test_a_damaged_spool_is_no_spool(store: Store, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / SPOOL_FILE
    file.write_bytes(content)
    assert not take_spool(file, started(store))
    assert file.exists()


# Who holds the lock

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the table of locks is Linux's")
@pytest.mark.parametrize("on_network", [False, True])
def test_a_stopped_process_that_holds_the_lock_is_named(path: Path, on_network: bool) -> None:
    database = Database(f"sqlite:///{path}", busy_seconds=0.05, on_network=on_network)
    with Store(database, schema.prepare(database)) as store:
        build = ended(store)
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        with holder:
            assert holder.stdout.readline() == b"held\n"
            holder.send_signal(signal.SIGSTOP)
            try:
                with pytest.raises(Unavailable, match=rf"process {holder.pid} \(python.*kill -CONT {holder.pid}"):
                    create(store)
                assert store.record(build).summary.status == "succeeded"  # readers go on
            finally:
                holder.send_signal(signal.SIGCONT)
                holder.stdin.close()
        assert create(store)
