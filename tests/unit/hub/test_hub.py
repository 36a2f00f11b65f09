from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from buildwidget.hub import HubFull
from buildwidget.protocol.frames import Cursor, Ping, Unsubscribe, Unwatch, Watch
from buildwidget.store.errors import Unavailable
from buildwidget.store.logs import read_heads
from buildwidget.store.store import Store
from tests.unit.hub.conftest import StartHub
from tests.unit.hub.parts import Client, Work, until


def hydrated(store: Store, build: str) -> tuple[Cursor, bytes]:
    found = store.hydrate(build)
    return Cursor(found.epoch, found.seq), found.state


async def caught_up(client: Client, work: Work) -> None:
    await until(lambda: client.seq(work.id) == work.head, what="the client to have everything")


class TestSubscribing:
    async def test_without_a_cursor_starts_with_a_snapshot_and_goes_on_with_batches(
        self, store: Store, start_hub: StartHub
    ) -> None:
        work = Work(store)
        work.lines(5)
        client = Client(await start_hub())
        client.subscribe(work.id)
        await caught_up(client, work)
        work.lines(3)
        await caught_up(client, work)
        work.end()
        await caught_up(client, work)
        assert client.types()[0] == "snapshot"
        assert set(client.types()[1:]) == {"batch"}
        assert client.logs[work.id] == list(range(7, 11))
        cursor, state = hydrated(store, work.id)
        assert client.cursors[work.id] == cursor
        assert msgspec.json.encode(client.states[work.id]) == state

    async def test_with_the_cursor_of_the_head_gets_an_empty_batch_at_once(
        self, store: Store, start_hub: StartHub
    ) -> None:
        work = Work(store)
        cursor, _ = hydrated(store, work.id)
        client = Client(await start_hub())
        client.subscribe(work.id, cursor)
        await until(lambda: client.seen)
        assert (client.seen[0]["type"], client.seen[0]["from"], client.seen[0]["to"]) == ("batch", 2, 1)
        work.lines(1)
        await until(lambda: client.seq(work.id) == 2)

    async def test_with_an_older_cursor_gets_exactly_what_follows(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        cursor, _ = hydrated(store, work.id)
        work.lines(700)
        client = Client(await start_hub())
        client.subscribe(work.id, cursor)
        await caught_up(client, work)
        assert client.logs[work.id] == list(range(2, 702))
        assert set(client.types()) == {"batch"}

    async def test_a_second_one_further_behind_gets_it_from_the_database(
        self, store: Store, start_hub: StartHub
    ) -> None:
        work = Work(store)
        early, _ = hydrated(store, work.id)
        work.lines(50)
        hub = await start_hub()
        first, second = Client(hub), Client(hub)
        first.subscribe(work.id, hydrated(store, work.id)[0])
        await until(lambda: first.seen)
        second.subscribe(work.id, early)
        await caught_up(second, work)
        assert second.logs[work.id] == list(range(2, 52))

    @pytest.mark.parametrize("wrong", [Cursor("another", 1), Cursor("", 0)])
    async def test_with_another_epoch_gets_a_snapshot(self, store: Store, start_hub: StartHub, wrong: Cursor) -> None:
        work = Work(store)
        client = Client(await start_hub())
        client.subscribe(work.id, wrong)
        await caught_up(client, work)
        assert client.types() == ["snapshot"]

    async def test_with_a_seq_beyond_the_head_gets_a_snapshot(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        cursor, _ = hydrated(store, work.id)
        client = Client(await start_hub())
        client.subscribe(work.id, Cursor(cursor.epoch, 99))
        await caught_up(client, work)
        assert client.types() == ["snapshot"]

    @pytest.mark.parametrize("ended", [False, True])
    async def test_with_a_seq_beyond_the_head_of_a_build_that_is_watched_gets_a_snapshot(
        self, store: Store, start_hub: StartHub, ended: bool
    ) -> None:
        work = Work(store)
        if ended:
            work.end()
        hub = await start_hub(full_poll_ms=100_000)
        first, second = Client(hub), Client(hub)
        first.subscribe(work.id)
        await caught_up(first, work)
        second.subscribe(work.id, Cursor(work.appender.epoch, 99))
        await caught_up(second, work)
        assert second.types() == ["snapshot"]

    async def test_a_page_may_know_more_than_the_hub_has_polled(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub()
        first = Client(hub)
        first.subscribe(work.id)
        await caught_up(first, work)
        work.lines(3)
        cursor, _ = hydrated(store, work.id)
        second = Client(hub)
        second.subscribe(work.id, cursor)  # before the hub can have polled: nothing was awaited since
        await until(lambda: second.seen)
        assert second.types() == ["batch"]
        assert second.seen[0]["from"] == cursor.seq + 1

    async def test_too_far_behind_gets_a_snapshot(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        cursor, _ = hydrated(store, work.id)
        work.lines(30)
        client = Client(await start_hub(max_lag_events=29))
        client.subscribe(work.id, cursor)
        await caught_up(client, work)
        assert client.types() == ["snapshot"]

    async def test_too_many_bytes_behind_gets_a_snapshot(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        cursor, _ = hydrated(store, work.id)
        work.lines(3, size=3000)
        client = Client(await start_hub(max_lag_bytes=5000))
        client.subscribe(work.id, cursor)
        await caught_up(client, work)
        assert client.types() == ["snapshot"]

    async def test_a_build_that_is_not_there_is_an_error(self, start_hub: StartHub) -> None:
        client = Client(await start_hub())
        client.subscribe("nothing")
        await until(lambda: client.seen)
        assert (client.seen[0]["code"], client.seen[0]["build"]) == ("not_found", "nothing")
        assert client.connection.subscriptions == 0

    async def test_a_build_of_somebody_else_is_not_found(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store, owner="eve")
        client = Client(await start_hub())
        client.subscribe(work.id)
        await until(lambda: client.seen)
        assert [frame["code"] for frame in client.seen] == ["not_found"]
        assert "eve" not in client.seen[0]["message"]

    async def test_more_builds_than_allowed_are_an_error_of_that_build_only(
        self, store: Store, start_hub: StartHub
    ) -> None:
        one, two = Work(store), Work(store)
        client = Client(await start_hub(max_subscriptions=1))
        client.subscribe(one.id)
        client.subscribe(two.id)
        await caught_up(client, one)
        assert [(frame["code"], frame["build"]) for frame in client.of("error")] == [("limit", two.id)]
        client.subscribe(one.id)  # again is not one more
        await until(lambda: len(client.of("snapshot")) == 2)

    async def test_again_replaces_it_and_no_old_frame_follows(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        start, _ = hydrated(store, work.id)
        work.lines(20)
        client = Client(await start_hub(max_batch_events=2))
        client.stall()
        client.subscribe(work.id, start)
        await until(lambda: client.seen)  # its first frame is in flight, nine more are to come
        client.forget(work.id)
        client.subscribe(work.id, start)
        client.go_on()
        await caught_up(client, work)
        work.lines(2)
        await caught_up(client, work)
        sent = [(frame["from"], frame["to"]) for frame in client.of("batch")]
        assert sent == [(2, 3)] + [(seq, seq + 1) for seq in range(2, 24, 2)]

    async def test_unsubscribing_ends_it_and_frees_the_feed(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub()
        client = Client(hub)
        client.subscribe(work.id)
        await caught_up(client, work)
        client.connection.handle(Unsubscribe(work.id))
        client.connection.handle(Unsubscribe("never"))
        work.lines(1)
        client.connection.handle(Ping(1))
        await until(lambda: client.of("pong"))
        assert client.types() == ["snapshot", "pong"]
        assert hub.stats().watched_builds == hub.stats().subscriptions == 0


class TestSharing:
    async def test_subscribers_in_step_get_the_same_bytes_object(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub()
        clients = [Client(hub) for _ in range(20)]
        for client in clients:
            client.subscribe(work.id)
        for client in clients:
            await caught_up(client, work)
        work.lines(5)
        for client in clients:
            await caught_up(client, work)
        for frames in zip(*(client.frames for client in clients), strict=True):
            assert all(frame is frames[0] for frame in frames)
        assert hub.stats().snapshots == 20

    async def test_who_asks_at_the_same_time_shares_one_hydration(
        self, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        monkeypatch.setattr(store, "hydrate", recording(store.hydrate, calls))
        work = Work(store)
        hub = await start_hub()
        clients = [Client(hub) for _ in range(50)]
        for client in clients:
            client.subscribe(work.id)
        for client in clients:
            await caught_up(client, work)
        assert calls == [work.id]

    async def test_snapshots_are_kept_within_bounds(self, store: Store, start_hub: StartHub) -> None:
        works = [Work(store) for _ in range(4)]
        hub = await start_hub(snapshot_cache_bytes=1500)
        client = Client(hub)
        for work in works:
            client.subscribe(work.id)
            await caught_up(client, work)
        kept = [feed.snapshot for feed in hub.feeds._feeds.values() if feed.snapshot is not None]
        assert 1 <= len(kept) < 4
        assert sum(len(snapshot.frame) for snapshot in kept) <= 1500


class TestPacing:
    async def test_batches_wait_for_the_interval_but_urgent_events_do_not(
        self, store: Store, start_hub: StartHub
    ) -> None:
        work = Work(store)
        client = Client(await start_hub(batch_ms=100_000))
        client.subscribe(work.id)
        await caught_up(client, work)
        work.lines(1)
        await caught_up(client, work)  # the first after a quiet time
        work.lines(1)
        work.lines(1)
        work.todos()
        await caught_up(client, work)
        assert [(frame["from"], frame["to"]) for frame in client.of("batch")] == [(2, 2), (3, 5)]

    async def test_many_events_do_not_wait(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        client = Client(await start_hub(batch_ms=100_000, max_batch_events=10))
        client.subscribe(work.id)
        await caught_up(client, work)
        work.lines(1)
        await caught_up(client, work)
        work.lines(11)
        await caught_up(client, work)
        assert [(frame["from"], frame["to"]) for frame in client.of("batch")][1:] == [(3, 12), (13, 13)]

    async def test_the_rest_comes_with_the_interval(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        client = Client(await start_hub(batch_ms=30))
        client.subscribe(work.id)
        await caught_up(client, work)
        for _ in range(5):
            work.lines(1)
        await caught_up(client, work)
        assert client.logs[work.id] == list(range(2, 7))


class TestSlowAndDeadClients:
    async def test_a_stalled_client_costs_no_memory_and_delays_nobody(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub(max_lag_events=50, ring_events=60, ring_bytes=300_000)
        slow, quick = Client(hub), Client(hub)
        for client in (slow, quick):
            client.subscribe(work.id)
            await caught_up(client, work)
        slow.stall()
        for _ in range(40):
            work.lines(10, size=200)
            await caught_up(quick, work)
        taken = len(slow.frames)
        feed = hub.feeds._feeds[work.id]
        assert feed.memory < 60 * 300 + 8 * 50 * 300
        assert len(slow.connection._replies) == 0
        slow.go_on()
        await caught_up(slow, work)
        assert [frame["type"] for frame in slow.seen[taken:]] == ["snapshot"]
        assert slow.states[work.id] == quick.states[work.id]

    async def test_a_write_that_does_not_end_ends_the_connection(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub(write_timeout_ms=100)
        client = Client(hub)
        client.stall()
        client.subscribe(work.id)
        await until(lambda: client.closed)
        assert client.closed == (4100, "slow")
        assert (hub.stats().connections, hub.stats().subscriptions, hub.stats().slow_closed) == (0, 0, 1)

    async def test_answers_that_nobody_reads_end_the_connection(self, start_hub: StartHub) -> None:
        client = Client(await start_hub(max_queued_replies=10))
        client.stall()
        for n in range(20):
            client.connection.handle(Ping(n))
        assert client.closed == (4100, "slow")

    async def test_a_transport_that_died_silently_is_forgotten_with_the_next_write(
        self, store: Store, start_hub: StartHub
    ) -> None:
        work = Work(store)
        hub = await start_hub()
        client = Client(hub)
        client.subscribe(work.id)
        await caught_up(client, work)
        client.dead = True
        work.lines(1)
        await until(lambda: hub.stats().connections == 0)
        assert hub.stats().subscriptions == hub.stats().watched_builds == 0

    async def test_a_transport_with_a_mistake_in_it_is_closed_and_logged(
        self, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        hub = await start_hub()
        client = Client(hub)
        monkeypatch.setattr(client, "send", failing(ZeroDivisionError))
        client.connection.handle(Ping(1))
        await until(lambda: client.closed)
        assert client.closed == (1001, "going_away")
        await until(lambda: "ZeroDivisionError" in caplog.text)
        assert hub.stats().connections == 0

    async def test_who_speaks_and_falls_silent_is_closed(self, start_hub: StartHub) -> None:
        hub = await start_hub(timeout_ms=200)
        silent, speaking, deaf = Client(hub, speaks=True), Client(hub, speaks=True), Client(hub)

        def closed() -> bool:
            speaking.connection.heard()
            return silent.closed is not None

        await until(closed)
        assert silent.closed == (4101, "heartbeat_timeout")
        assert speaking.closed is deaf.closed is None
        assert hub.stats().timed_out == 1

    async def test_a_loop_that_stood_still_does_not_time_anybody_out(self, start_hub: StartHub) -> None:
        hub = await start_hub(timeout_ms=200, heartbeat_ms=100)
        client = Client(hub, speaks=True)
        await until(lambda: client.of("heartbeat"))
        client.connection.heard()
        threading.Event().wait(0.4)  # the loop is held: nothing can be heard
        beats = len(client.of("heartbeat"))
        await until(lambda: len(client.of("heartbeat")) > beats)
        assert client.closed is None


class TestHeartbeats:
    async def test_tell_the_last_seq_that_was_sent(self, store: Store, start_hub: StartHub) -> None:
        one, two = Work(store), Work(store)
        client = Client(await start_hub(heartbeat_ms=50))
        client.subscribe(one.id)
        client.subscribe(two.id)
        one.lines(4)
        await caught_up(client, one)
        await caught_up(client, two)
        seen = len(client.seen)
        await until(lambda: any(frame["type"] == "heartbeat" for frame in client.seen[seen:]))
        assert client.of("heartbeat")[-1]["heads"] == {one.id: 5, two.id: 1}

    async def test_welcome_comes_first(self, store: Store, start_hub: StartHub) -> None:
        client = Client(await start_hub(), server="s1")
        client.connection.handle(Ping(7))
        await until(lambda: len(client.seen) == 2)
        assert client.seen == [
            {
                "type": "welcome", "protocol": 1, "server": "s1", "database": store.database_id,
                "heartbeat_ms": 30000, "batch_ms": 20, "history": client.seen[0]["history"],
            },
            {"type": "pong", "n": 7},
        ]  # fmt: skip


class TestEndsAndTrouble:
    async def test_a_deleted_build_is_told_and_forgotten(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub(full_poll_ms=100)
        client = Client(hub)
        client.subscribe(work.id)
        work.end()
        await caught_up(client, work)
        store.delete(work.id)
        await until(lambda: client.of("deleted"))
        assert client.of("deleted") == [{"type": "deleted", "build": work.id}]
        assert hub.stats().watched_builds == client.connection.subscriptions == 0

    async def test_a_new_epoch_under_a_live_subscription_is_a_snapshot(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        client = Client(await start_hub())
        client.subscribe(work.id)
        await caught_up(client, work)
        with store.database.writing() as connection:
            connection.exec_driver_sql("UPDATE builds SET epoch = 'rewritten'")
        await until(lambda: client.cursors[work.id].epoch == "rewritten")
        assert client.types() == ["snapshot", "snapshot"]

    async def test_a_database_in_trouble_is_told_once_and_read_on_afterwards(
        self, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(store)
        client = Client(await start_hub())
        client.subscribe(work.id)
        await caught_up(client, work)
        with monkeypatch.context() as trouble:
            trouble.setattr("buildwidget.hub.reader.read_heads", failing(Unavailable))
            work.lines(3)
            await until(lambda: client.of("error"))
        await caught_up(client, work)
        assert [(frame["code"], "build" in frame) for frame in client.of("error")] == [("unavailable", False)]
        assert client.logs[work.id] == [2, 3, 4]

    async def test_a_build_that_cannot_be_read_is_an_error_of_that_build(
        self, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(store)
        monkeypatch.setattr("buildwidget.hub.database.RETRY_DELAYS", (0.01,))
        tries = failing(Unavailable)
        monkeypatch.setattr(store, "hydrate", tries)
        client = Client(await start_hub())
        client.subscribe(work.id)
        await until(lambda: client.of("error"))
        assert [(frame["code"], frame["build"]) for frame in client.seen] == [("unavailable", work.id)]
        assert tries.count == 2
        monkeypatch.undo()
        client.subscribe(work.id)
        await caught_up(client, work)

    async def test_any_error_of_the_driver_is_told_and_logged(
        self, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        work = Work(store)
        monkeypatch.setattr(store, "record", failing(ZeroDivisionError))
        client = Client(await start_hub())
        client.subscribe(work.id)
        await until(lambda: client.of("error"))
        assert client.seen[0]["code"] == "unavailable"
        assert "ZeroDivisionError" in caplog.text


class TestLists:
    async def test_first_everything_then_what_changes(self, store: Store, start_hub: StartHub) -> None:
        one = Work(store)
        client = Client(await start_hub())
        client.connection.handle(Watch())
        await until(lambda: client.seen)
        assert (client.seen[0]["reset"], [row["id"] for row in client.seen[0]["builds"]]) == (True, [one.id])
        two = Work(store)
        await until(lambda: len(client.seen) > 1)
        assert (client.seen[1]["reset"], [row["id"] for row in client.seen[1]["builds"]]) == (False, [two.id])
        one.end()
        await until(lambda: any(row["status"] == "succeeded" for row in client.seen[-1]["builds"]))
        store.delete(one.id)
        await until(lambda: client.seen[-1]["removed"] == [one.id])

    async def test_a_build_that_ends_out_of_the_window_is_told_and_stays(
        self, store: Store, start_hub: StartHub
    ) -> None:
        client = Client(await start_hub(list_newest=1))
        old = Work(store)
        client.connection.handle(Watch())
        new = Work(store)
        new.end()
        await until(lambda: {row["id"] for frame in client.seen for row in frame["builds"]} == {old.id, new.id})
        old.end()
        await until(lambda: (old.id, "succeeded") in {(r["id"], r["status"]) for r in client.seen[-1]["builds"]})
        assert not any(frame["removed"] for frame in client.seen)

    async def test_unwatching_ends_it(self, store: Store, start_hub: StartHub) -> None:
        hub = await start_hub()
        client = Client(hub)
        client.connection.handle(Watch())
        await until(lambda: client.seen)
        client.connection.handle(Unwatch())
        assert hub.lists.watched == 0
        Work(store)
        client.connection.handle(Ping(1))
        await until(lambda: client.of("pong"))
        assert client.types() == ["builds", "pong"]

    async def test_all_watchers_share_one_frame(self, store: Store, start_hub: StartHub) -> None:
        Work(store)
        hub = await start_hub()
        clients = [Client(hub) for _ in range(5)]
        for client in clients:
            client.connection.handle(Watch())
        await until(lambda: all(client.frames for client in clients))
        assert all(client.frames[0] is clients[0].frames[0] for client in clients)


class TestLife:
    @pytest.mark.parametrize("noticed", [True, False])
    async def test_stopping_waits_for_a_database_call_that_is_under_way(
        self, noticed: bool, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(store)
        hub = await start_hub()
        client = Client(hub)
        client.subscribe(work.id)
        await caught_up(client, work)
        entered, may_go_on = threading.Event(), threading.Event()

        def slow_heads(connection: Any, builds: Any) -> Any:
            entered.set()
            may_go_on.wait(10)
            return read_heads(connection, builds)

        monkeypatch.setattr("buildwidget.hub.reader.read_heads", slow_heads)
        if noticed:
            work.lines(1)
        else:
            hub.feeds.request_full_poll()
        await until(entered.is_set)
        stopping = asyncio.create_task(hub.stop())
        await until(lambda: client.closed)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not stopping.done()
        may_go_on.set()
        await stopping

    async def test_stopping_tells_everybody_to_come_back_and_leaves_no_task(
        self, store: Store, start_hub: StartHub
    ) -> None:
        before = asyncio.all_tasks()
        work = Work(store)
        hub = await start_hub(activity_ms=1000, reconnect_ms=100)
        clients = [Client(hub) for _ in range(5)]
        clients[0].stall()
        for client in clients:
            client.subscribe(work.id)
            client.connection.handle(Watch())
        await until(lambda: all(client.seen for client in clients))
        await hub.stop()
        for client in clients:
            assert client.closed is not None
            assert client.closed[0] == 4102
            assert 100 <= msgspec.json.decode(client.closed[1])["retry_ms"] <= 300
        assert asyncio.all_tasks() == before
        assert not [thread for thread in threading.enumerate() if thread.name == "buildwidget-changes"]
        with pytest.raises(HubFull):
            hub.connect(clients[0])

    async def test_too_many_connections_are_refused(self, start_hub: StartHub) -> None:
        hub = await start_hub(max_connections=1)
        first = Client(hub)
        with pytest.raises(HubFull):
            Client(hub)
        first.connection.close()
        assert Client(hub).connection.closed is False

    async def test_active_builds_are_counted_though_nobody_watches(self, store: Store, start_hub: StartHub) -> None:
        works = [Work(store) for _ in range(3)]
        works[0].end()
        Work(store, owner="eve")
        hub = await start_hub(activity_ms=20)
        await until(lambda: hub.active_builds() == 2)
        works[1].end()
        await until(lambda: hub.active_builds() == 1)

    async def test_the_database_is_watched_only_as_closely_as_needed(
        self, store: Store, start_hub: StartHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        work = Work(store)
        hub = await start_hub()
        interests: list[str] = []
        monkeypatch.setattr(hub._watcher, "set_interest", recording(hub._watcher.set_interest, interests))
        client = Client(hub)
        client.subscribe(work.id)
        await caught_up(client, work)
        assert interests[-1] == "active"
        work.end()
        await caught_up(client, work)
        assert interests[-1] == "idle"
        client.connection.handle(Unsubscribe(work.id))
        assert interests[-1] == "none"
        client.connection.handle(Watch())
        assert interests[-1] == "idle"
        client.connection.close()
        assert interests[-1] == "none"

    async def test_the_numbers_are_counted(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub(full_poll_ms=100)
        client = Client(hub)
        client.subscribe(work.id)
        await caught_up(client, work)
        work.lines(2)
        await caught_up(client, work)
        await until(lambda: hub.counters._lags)
        stats = hub.stats()
        assert (stats.connections, stats.subscriptions, stats.snapshots) == (1, 1, 1)
        assert stats.batches == len(client.of("batch"))
        assert stats.frames == len(client.frames)
        assert stats.bytes == sum(map(len, client.frames))
        assert stats.commit_to_send_p50_ms is not None
        assert 0 <= stats.commit_to_send_p50_ms < 5000

    async def test_it_runs_in_a_thread_with_a_loop_of_its_own(self, store: Store, executor: Any) -> None:
        work = Work(store)
        got: list[list[str]] = []

        async def follow() -> None:
            from buildwidget.hub import Hub  # noqa: PLC0415 - as a kernel's thread would

            hub = Hub(store, owner="ada", executor=executor)
            await hub.start()
            client = Client(hub)
            client.subscribe(work.id)
            await caught_up(client, work)
            await hub.stop()
            got.append(client.types())

        thread = threading.Thread(target=lambda: asyncio.run(follow()))
        thread.start()
        await until(lambda: not thread.is_alive())
        assert got == [["snapshot"]]


class TestManySubscribers:
    async def test_one_client_with_many_frames_lets_the_loop_go_on(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        start, _ = hydrated(store, work.id)
        work.lines(200)
        hub = await start_hub(max_batch_events=1)
        client = Client(hub)
        client.subscribe(work.id, start)
        most = seen = 0
        while client.seq(work.id) != work.head:
            await asyncio.sleep(0)
            most, seen = max(most, len(client.frames) - seen), len(client.frames)
        assert seen == 200
        assert most <= 8

    async def test_a_thousand_are_served_in_chunks(self, store: Store, start_hub: StartHub) -> None:
        work = Work(store)
        hub = await start_hub(fanout_chunk=50)
        clients = [Client(hub) for _ in range(1000)]
        for client in clients:
            client.subscribe(work.id)
        await until(lambda: all(client.seq(work.id) == work.head for client in clients))
        served_per_turn: list[int] = []
        work.lines(1)
        while not all(client.seq(work.id) == work.head for client in clients):
            before = sum(len(client.frames) for client in clients)
            await asyncio.sleep(0)
            served_per_turn.append(sum(len(client.frames) for client in clients) - before)
        assert sum(served_per_turn) == 1000
        assert max(served_per_turn) <= 100


def failing(error: type[Exception]) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        fail.count += 1  # type: ignore[attr-defined] # a counter on the function itself
        raise error

    fail.count = 0  # type: ignore[attr-defined] # see above
    return fail


def recording(function: Callable[[Any], Any], into: list[str]) -> Callable[[Any], Any]:
    def record(value: str) -> Any:
        into.append(value)
        return function(value)

    return record


def test_coming_back_is_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    from buildwidget.hub import Hub  # noqa: PLC0415 - the other tests get theirs from the fixture

    monkeypatch.setattr(random, "uniform", lambda low, high: low + high)
    hub = Hub(None, owner="ada", executor=None)  # type: ignore[arg-type] # neither is touched
    assert hub.come_back() == '{"retry_ms":4000}'
