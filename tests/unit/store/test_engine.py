from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from sqlalchemy import event, text

from buildwidget.store.engine import Database
from buildwidget.store.errors import Unavailable
from buildwidget.store.file_systems import is_on_network


@pytest.fixture
def mounts(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def mount(**file_systems: str) -> None:
        found = [SimpleNamespace(mountpoint=f"/{point}", fstype=kind) for point, kind in file_systems.items()]
        root = SimpleNamespace(mountpoint="/", fstype="ext4")
        monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [root, *found])

    return mount


def test_network_file_systems_are_known_by_the_nearest_mount(mounts: Callable[..., None]) -> None:
    mounts(home="nfs4", **{"home/ann": "xfs"}, share="CIFS")
    assert is_on_network(Path("/home/bob/builds.db"))
    assert not is_on_network(Path("/home/ann/builds.db"))
    assert is_on_network(Path("/share/builds.db"))
    assert not is_on_network(Path("/shared/builds.db"))
    assert not is_on_network(Path("/tmp/builds.db"))
    assert not is_on_network(None)


def test_one_read_transaction_is_of_one_moment(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.use_journal_mode()
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    with database.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM t")) == 0
        with database.writing() as writer:
            writer.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.scalar(text("SELECT count(*) FROM t")) == 0
    with database.reading() as reader:
        assert reader.scalar(text("SELECT count(*) FROM t")) == 1
    database.close()


def test_a_poll_sees_what_was_committed_before_it_and_goes_on_after_an_error(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=0.1)
    database.use_journal_mode()
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))

    def count() -> int:
        with database.polling() as transaction:
            found = transaction.connection.cursor().execute("SELECT count(*) FROM t").fetchone()
            with database.writing() as connection:
                connection.execute(text("INSERT INTO t VALUES (1)"))
            assert transaction.connection.cursor().execute("SELECT count(*) FROM t").fetchone() == found
            return int(found[0])

    assert [count(), count()] == [0, 1]
    with pytest.raises(ZeroDivisionError), database.polling():
        raise ZeroDivisionError
    assert count() == 2
    database.close()
    assert count() == 3
    database.close()


def test_an_interrupted_write_gives_the_lock_back_while_its_traceback_is_kept(tmp_path: Path) -> None:
    """A notebook keeps the traceback of a KeyboardInterrupt, and with it the cursor that was open."""
    database = Database(f"sqlite:///{tmp_path / 'a.db'}", busy_seconds=0.1)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        connection.execute(text("INSERT INTO t VALUES (1), (2)"))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    kept: list[BaseException] = []
    try:
        with database.writing() as connection:
            connection.execute(text("INSERT INTO t VALUES (3)"))
            event.listen(database.engine, "after_cursor_execute", interrupt)
            connection.execute(text("SELECT x FROM t"))
    except KeyboardInterrupt as error:
        kept.append(error)
    event.remove(database.engine, "after_cursor_execute", interrupt)
    with database.writing() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 2
    assert kept
    database.close()


def test_mistakes_of_ours_are_not_called_unavailable() -> None:
    database = Database("sqlite://")
    with pytest.raises(Exception, match="no such table") as raised, database.reading() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    assert not isinstance(raised.value, Unavailable)
    database.close()


def test_listeners_hear_of_commits_only() -> None:
    database = Database("sqlite://")
    heard: list[int] = []
    listener = lambda: heard.append(1)  # noqa: E731 - removed again by its name
    database.add_listener(listener)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    assert heard == [1]
    with pytest.raises(sqlite3.IntegrityError), database.writing():
        raise sqlite3.IntegrityError
    database.remove_listener(listener)
    database.remove_listener(listener)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE t"))
    assert heard == [1]
    database.close()
