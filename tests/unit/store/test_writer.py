from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from buildwidget.store.errors import Ended, Fenced, Unavailable
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.store.making import check_build, lines, started, status
from tests.waiting import wait_until


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def test_it_beats_while_idle(store: Store) -> None:
    writer = Writer(started(store), heartbeat_interval=0.005)
    before = store.record(writer.build_id).heartbeat
    wait_until(lambda: store.record(writer.build_id).heartbeat > before + 3, what="beats")
    writer.close()
    after = store.record(writer.build_id).heartbeat
    assert store.record(writer.build_id).summary.status == "running"
    assert store.record(writer.build_id).heartbeat == after


def test_what_queues_up_is_committed_together(store: Store) -> None:
    appender = started(store)
    writer = Writer(appender)
    with store.database.writing():  # the thread waits for its turn, and meanwhile lines queue up
        for number in range(500):
            writer.write(lines(str(number)))
    writer.end(status("succeeded"))
    assert len(check_build(store, writer.build_id)) < 20
    assert [text for _n, _s, text in store.log(writer.build_id).lines] == [str(number) for number in range(500)]


def test_flush_gives_up_after_its_time(store: Store) -> None:
    writer = Writer(started(store))
    with store.database.writing():
        writer.write(lines("x"))
        with pytest.raises(TimeoutError):
            writer.flush(timeout=0.01)
    writer.flush()
    assert len(store.log(writer.build_id).lines) == 1
    writer.close()


def test_what_cannot_be_stored_is_refused_at_once(store: Store) -> None:
    writer = Writer(started(store))
    wrong: Any = lines("x", stream="nowhere")
    with pytest.raises(ValueError, match="not an event"):
        writer.write(wrong)
    writer.write(lines("fine"))
    writer.end(status("succeeded"))
    with pytest.raises(Ended):
        writer.end(status("failed"))


def test_a_fork_cannot_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(started(store))
    real = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: real + 1)
    with pytest.raises(Fenced, match="fork"):
        writer.write(lines("x"))
    with pytest.raises(Fenced, match="fork"):
        writer.flush()
    with pytest.raises(Fenced, match="fork"):
        writer.close()
    monkeypatch.undo()
    writer.close()


def test_a_failure_of_the_thread_is_told_to_who_writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    appender = started(store)
    writer = Writer(appender)

    def broken(_drafts: object) -> list[bytes]:
        raise ZeroDivisionError

    monkeypatch.setattr(appender, "append", broken)
    writer.write(lines("x"))
    with pytest.raises(ZeroDivisionError):
        writer.flush()
    with pytest.raises(ZeroDivisionError):
        writer.write(lines("y"))


def test_the_time_that_is_told_begins_with_the_first_try(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try itself may wait for the lock as long as SQLite lets it."""
    appender = started(store)
    now = [0.0]
    append = appender.append
    waits = iter([10.0, 10.0, 10.0])

    def locked_for_a_while(drafts: Any) -> list[bytes]:
        wait = next(waits, None)
        if wait is None:
            return append(drafts)
        now[0] += wait
        raise Unavailable("The database is locked by process 1 (x).")

    monkeypatch.setattr(appender, "append", locked_for_a_while)
    writer = Writer(appender, clock=lambda: now[0])
    writer.write(lines("x"))
    writer.end(status("succeeded"))
    told = store.log(writer.build_id).lines[0][2]
    assert told.startswith("buildwidget: nothing could be stored for 30 s. The database is locked by process 1")
