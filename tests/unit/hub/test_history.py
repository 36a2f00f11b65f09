"""What the hub does when its database is replaced, restored, deleted, or comes back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from buildwidget.protocol.frames import Cursor, Watch
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from buildwidget.store.store import Store
from tests.unit.hub.conftest import StartHub
from tests.unit.hub.parts import Client, Work, until


async def caught_up(client: Client, work: Work) -> None:
    await until(lambda: client.seq(work.id) == work.head, what="the client to have everything")


def file_of(store: Store) -> Path:
    assert store.database.path is not None
    return store.database.path


def copy_of(store: Store) -> Path:
    copy = file_of(store).with_name("copy.db")
    with closing(sqlite3.connect(file_of(store))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def restore(store: Store, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(file_of(store))) as target:
        source.backup(target)


def end_as_lost(store: Store, build: str) -> None:
    """Sweeps as a server does that finds no process of the build's runner."""
    assert sweep(store, LeaseObserver(is_alive=lambda _process: False)) == [build]


async def test_a_restore_in_place_sends_everybody_to_read_anew(store: Store, start_hub: StartHub) -> None:
    hub = await start_hub()
    work = Work(store)
    work.lines(17)
    copy = copy_of(store)
    client = Client(hub, server="s")
    client.subscribe(work.id)
    work.lines(35)
    await caught_up(client, work)
    history = client.seen[0]["history"]
    restore(store, copy)
    await until(lambda: client.closed)
    assert client.closed is not None
    code, reason = client.closed
    assert code == 4102
    assert json.loads(reason)["message"] == "The builds database was restored to an earlier state."
    assert len(reason.encode()) <= 123
    again = Client(hub, server="s")
    again.subscribe(work.id, client.cursors[work.id])
    await until(lambda: work.id in again.states)
    assert again.seen[0]["history"] != history
    assert again.cursors[work.id].seq == 18
    assert json.loads(store.hydrate(work.id).state)["log"]["count"] == again.states[work.id].log.count == 17


async def test_a_restore_is_noticed_for_builds_that_have_ended(store: Store, start_hub: StartHub) -> None:
    work = Work(store)
    work.lines(3)
    copy = copy_of(store)
    work.end()
    client = Client(await start_hub())
    client.subscribe(work.id)
    await caught_up(client, work)
    restore(store, copy)
    await until(lambda: client.closed)


async def test_a_list_is_read_anew_after_an_exchange(store: Store, start_hub: StartHub) -> None:
    hub = await start_hub()
    old = Work(store)
    client = Client(hub)
    client.connection.handle(Watch())
    await until(lambda: client.of("builds"))
    with Store.open(f"sqlite:///{file_of(store).with_name('other.db')}") as other:
        new = Work(other)
    file_of(store).with_name("other.db").replace(file_of(store))
    await until(lambda: client.closed)
    again = Client(hub)
    again.connection.handle(Watch())
    await until(lambda: again.of("builds"))
    assert [row["id"] for row in again.of("builds")[0]["builds"]] == [new.id] != [old.id]


async def test_a_database_that_is_away_is_said_and_read_on_when_it_is_back(store: Store, start_hub: StartHub) -> None:
    work = Work(store)
    client = Client(await start_hub())
    client.subscribe(work.id)
    await caught_up(client, work)
    away = file_of(store).with_name("away.db")
    file_of(store).rename(away)
    await until(lambda: client.of("error"))
    assert "was deleted or moved" in client.of("error")[0]["message"]
    away.rename(file_of(store))
    work.lines(2)
    await caught_up(client, work)
    assert client.closed is None
    assert client.logs[work.id] == [2, 3]


async def test_an_end_by_the_sweep_is_not_taken_for_the_end_that_a_restore_took(
    store: Store, start_hub: StartHub
) -> None:
    """Both have the same seq, and the hub does not look between them."""
    hub = await start_hub(full_poll_ms=100_000)
    work = Work(store)
    copy = copy_of(store)
    client = Client(hub)
    client.subscribe(work.id)
    work.end()
    await caught_up(client, work)
    restore(store, copy)
    end_as_lost(store, work.id)
    await until(lambda: client.states[work.id].status == "lost")
    found = store.hydrate(work.id)
    assert client.cursors[work.id] == Cursor(found.epoch, found.seq)
