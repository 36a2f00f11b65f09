from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget.protocol.events import StatusEvent
from buildwidget.runner.stop import StopRequests
from buildwidget.store.drafts import draft
from buildwidget.store.records import NewBuild
from buildwidget.store.store import Store
from tests.waiting import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/builds.db") as store:
        new = NewBuild(id="b", owner="o", kind="command", created_at=1, spec={})
        store.create(new, [draft(StatusEvent(at=1, status="queued"))])
        yield store


@pytest.fixture
def stop(store: Store) -> Iterator[StopRequests]:
    stop = StopRequests(store, "b")
    yield stop
    stop.close()


def test_a_cancel_in_the_database_is_heard_once(store: Store, stop: StopRequests) -> None:
    heard: list[str | None] = []
    stop.on_request(lambda: heard.append(stop.reason))
    assert not stop.requested.is_set()
    store.send("b", "cancel", "r1")
    store.send("b", "cancel", "r2")
    wait_until(lambda: stop.requested.is_set() and heard, what="the cancel")
    stop.request("signal")
    assert heard == ["cancel"]
    assert stop.reason == "cancel"


def test_a_cancel_from_before_is_heard_at_once(store: Store) -> None:
    store.send("b", "cancel", "r1")
    stop = StopRequests(store, "b")
    try:
        wait_until(stop.requested.is_set, what="the cancel")
        heard = threading.Event()
        stop.on_request(heard.set)
        assert heard.is_set()
    finally:
        stop.close()


def test_answers_are_no_stop(store: Store, stop: StopRequests) -> None:
    store.send("b", "answer", "r1", {"decision": "allow"})
    store.send("b", "cancel", "r2")
    wait_until(stop.requested.is_set, what="the cancel")
    assert stop.reason == "cancel"


def test_being_fenced_overrules(stop: StopRequests) -> None:
    stop.request("cancel")
    stop.request("fenced")
    assert stop.reason == "fenced"


def test_sigterm_is_a_request(stop: StopRequests) -> None:
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in names]
    try:
        stop.obey_signals()
        signal.raise_signal(signal.SIGTERM)
        wait_until(stop.requested.is_set, what="the request")
        assert stop.reason == "signal"
    finally:
        for number, handler in zip(names, before, strict=True):
            signal.signal(number, handler)


def test_whoever_waits_for_a_slot_is_woken_by_changes(store: Store, stop: StopRequests) -> None:
    wait_until(stop.changed.is_set, what="the first look")
    stop.changed.clear()
    store.send("b", "answer", "r1")
    wait_until(stop.changed.is_set, what="the change")
