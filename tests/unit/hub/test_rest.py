"""Where nothing runs nothing is asked, however many look at it; and still nothing is missed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from buildwidget.protocol.frames import Watch
from buildwidget.store import changes
from buildwidget.store.store import Store
from tests.unit.hub.conftest import StartHub
from tests.unit.hub.parts import Client, Work, until


@pytest.fixture
def queries(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement of the store and of whoever looks for changes of it, from now on."""
    made: list[str] = []
    connect: Any = sqlite3.connect

    def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(made.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    event.listen(store.database.engine, "before_cursor_execute", lambda *given: made.append(given[2]))
    return made


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the files were looked at; their times count as old after 50 ms."""
    looked: list[Path] = []
    look_at = changes._look_at

    def counted(path: Path) -> Any:
        looked.append(path)
        return look_at(path)

    monkeypatch.setattr(changes, "_look_at", counted)
    monkeypatch.setattr(changes, "_SETTLED_NS", 50_000_000)
    return lambda: len(looked)


async def a_rest(queries: list[str], looks: Callable[[], int]) -> None:
    """Until a good many looks at the files were followed by no query."""
    since = [len(queries), looks()]

    def rested() -> bool:
        if len(queries) != since[0]:
            since[:] = [len(queries), looks()]
        return looks() > since[1] + 30

    await until(rested, what="the hub to come to rest")


async def test_twenty_views_of_ended_builds_make_no_query_and_miss_nothing(
    store: Store, start_hub: StartHub, queries: list[str], looks: Callable[[], int]
) -> None:
    works = [Work(store) for _ in range(20)]
    for work in works:
        work.end()
    hub = await start_hub(activity_ms=10, full_poll_ms=20)
    clients = [Client(hub) for _ in works]
    for client, work in zip(clients, works, strict=True):
        client.subscribe(work.id)
        client.connection.handle(Watch())
    await until(lambda: all(client.of("snapshot") and client.of("builds") for client in clients))
    await a_rest(queries, looks)
    new = Work(store)
    await until(lambda: all(client.of("builds")[-1]["builds"][0]["id"] == new.id for client in clients))
    await until(lambda: hub.active_builds() == 1)
    new.end()
    await until(lambda: hub.active_builds() == 0)
    await a_rest(queries, looks)
    store.delete(works[0].id)
    await until(lambda: clients[0].of("deleted"))
    await until(lambda: clients[1].of("builds")[-1]["removed"] == [works[0].id])


async def test_while_something_runs_it_is_polled_even_if_no_change_is_seen(
    store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes.Changes, "has_changed", lambda _: False)
    work = Work(store)
    client = Client(await start_hub(full_poll_ms=20))
    client.subscribe(work.id)
    await until(lambda: client.seq(work.id) == 1)
    work.lines(1)
    await until(lambda: client.seq(work.id) == 2)
