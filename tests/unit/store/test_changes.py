from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from buildwidget.store.changes import ChangeWatcher
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
