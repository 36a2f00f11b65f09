"""The soak finds what is wrong: every fault it looks for is planted here once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import delete

from buildwidget.protocol import codec
from buildwidget.protocol.frames import Cursor
from buildwidget.store.store import Store
from buildwidget.store.tables import events
from tests.soak.conductor import bad_lines
from tests.soak.journal import JournaledAppender, read_journals
from tests.soak.ledger import LastState, Ledger, Result, SeenEvent, SeenState, Step
from tests.soak.replica import Replica
from tests.soak.verify import Restore, Truth, verify
from tests.store.making import HERE, create, drafts, fold_of, lines, status, whole_log


class World:
    """A build of six events with its journal, and a client that follows it."""

    def __init__(self, directory: Path, store: Store) -> None:
        self.directory = directory
        self.store = store
        self.build = create(store)
        store.claim(self.build, HERE)
        self.appender = JournaledAppender(store, self.build, directory)
        self.appender.append(drafts(status("running"), lines("one"), lines("two"), lines("three")))
        self.epoch = self.appender.epoch
        self.log = whole_log(store, self.build)
        self.ledger = Ledger()
        self.client = Replica(self.build, "the client", "WebSocket", self.ledger)

    def snapshot(self) -> None:
        found = self.store.hydrate(self.build)
        self.client.snapshot(found.epoch, found.seq, found.state)

    def begin(self) -> None:
        """Get the state as it was after the first event."""
        self.client.snapshot(self.epoch, 1, codec.encode_state(fold_of(self.store, self.build, self.log[:1])))

    def begin_up_to(self, seq: int) -> None:
        """Get that, and the events that follow."""
        self.begin()
        self.batch(2, *self.log[1:seq])

    def batch(self, first: int, *bodies: bytes) -> None:
        self.client.batch(self.epoch, first, first + len(bodies) - 1, bodies)

    def faults(self, restore: Restore | None = None) -> list[str]:
        return verify(Truth(self.store, read_journals(self.directory), restore), [self.result()], restore)

    def result(self) -> Result:
        at = self.client.at
        if at is None:
            return self.ledger.result([])
        digest = self.ledger.state(self.build, at.cursor.epoch, at.cursor.seq, at.state, "the client")
        return self.ledger.result([LastState(self.build, at.cursor.epoch, at.cursor.seq, digest, "the client")])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        found = World(tmp_path, store)
        try:
            yield found
        finally:
            found.appender.close()


def test_all_is_well(world: World) -> None:
    world.begin_up_to(3)
    world.batch(4, *world.log[3:])
    world.client.heartbeat(6)
    assert world.faults() == []


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda world: world.batch(5, *world.log[4:]), "has a gap: 5 after 3"),
        (lambda world: world.batch(3, *world.log[2:]), "repeats: 3 after 3"),
        (lambda world: world.client.batch("other", 4, 4, world.log[3:4]), "is of epoch other"),
        (lambda world: world.client.batch(world.epoch, 4, 6, world.log[3:4]), "has 1 events from 4 to 6"),
        (lambda world: (world.client.forget(), world.batch(1, *world.log)), "begins at 1 without a snapshot"),
        (lambda world: world.batch(4, world.log[4]), "event 4 of"),
        (lambda world: world.client.heartbeat(4), "is at 3 where the heartbeat says 4"),
        (lambda world: world.batch(4, b"no event"), "event 4 of"),
        (lambda world: world.begin(), "back to 1"),
    ],
    ids=["gap", "repeat", "epoch", "count", "no snapshot", "another seq", "heartbeat", "garbage", "back"],
)
def test_a_planted_frame(world: World, plant: Callable[[World], object], said: str) -> None:
    world.begin_up_to(3)
    plant(world)
    assert any(said in fault for fault in world.faults()), world.faults()


def test_events_may_come_again_after_a_second_subscription(world: World) -> None:
    world.begin_up_to(3)
    world.client.overlaps = True
    world.batch(2, *world.log[1:])
    assert world.ledger.faults == []
    assert world.client.cursor == Cursor(world.epoch, 6)


def test_an_event_that_never_was(world: World) -> None:
    forged = codec.with_seq(codec.encode_event(lines("forged")), 4)
    world.begin_up_to(3)
    world.batch(4, forged)
    found = world.faults()
    assert any("was sent event 4" in fault for fault in found)
    assert any("is not the fold of its log" in fault for fault in found)


def test_an_event_beyond_the_head(world: World) -> None:
    world.snapshot()
    world.batch(7, codec.with_seq(codec.encode_event(lines("too much")), 7))
    assert any("was sent event 7" in fault for fault in world.faults())


def test_a_snapshot_of_another_seq(world: World) -> None:
    found = world.store.hydrate(world.build)
    world.client.snapshot(found.epoch, 5, found.state)
    assert any(":5 of the client is not the fold" in fault for fault in world.faults())


def test_a_client_that_stayed_behind(world: World) -> None:
    world.begin_up_to(3)
    assert any(f"at {world.epoch}:3, stored is" in fault for fault in world.faults())


def test_a_saved_state_that_is_not_the_fold(world: World) -> None:
    world.appender.append(drafts(status("succeeded")))
    with world.store.database.writing() as connection:
        wrong = world.store.hydrate(world.build).state.replace(b'"three"', b'"wrong"')
        connection.exec_driver_sql("update states set state = ?", (wrong,))
    assert any("of the database is not the fold" in fault for fault in world.faults())


def take_away(world: World, seq: int) -> None:
    """The events from here on are not there any more."""
    with world.store.database.writing() as connection:
        connection.execute(delete(events).where(events.c.build_id == world.build, events.c.seq >= seq))
        connection.exec_driver_sql("update builds set head = ?", (seq - 1,))
        connection.exec_driver_sql("delete from states")


def test_events_that_the_database_lost(world: World) -> None:
    take_away(world, 6)
    assert any("has lost events" in fault for fault in world.faults())
    # It runs on, so its writer should have written into the restored log.
    kept = Restore(0.0, {world.build: Cursor(world.epoch, 5)})
    assert any("has lost events" in fault for fault in world.faults(kept))


def test_an_end_that_a_restore_took_away(world: World) -> None:
    take_away(world, 6)
    end = world.store.claim(world.build, HERE)
    end.begin_epoch()
    end.append(drafts(status("lost")))
    assert any("has lost events" in fault for fault in world.faults())
    assert world.faults(Restore(0.0, {world.build: Cursor(world.epoch, 5)})) == []
    # A backup that had them does not explain it.
    whole = Restore(0.0, {world.build: Cursor(world.epoch, 6)})
    assert any("has lost events" in fault for fault in world.faults(whole))


def test_a_build_that_is_gone(world: World) -> None:
    world.appender.append(drafts(status("succeeded")))
    world.store.delete(world.build)
    assert any("is not in the database any more" in fault for fault in world.faults())
    assert world.faults(Restore(0.0, {})) == []  # it is younger than the backup


def test_a_build_said_to_be_missing(world: World) -> None:
    world.ledger.missing.add(world.build)
    assert world.faults() == [f"{world.build} was said to be missing"]


def test_a_step_back_is_right_after_a_restore_only(world: World) -> None:
    world.ledger.back.append(Step(100.0, "went back"))
    assert "went back" in world.faults()
    kept = {world.build: Cursor(world.epoch, 6)}
    assert "went back" not in world.faults(Restore(99.0, kept))
    assert "went back" in world.faults(Restore(101.0, kept))
    assert "went back" in world.faults(Restore(1.0, kept))


def test_a_result_travels_whole() -> None:
    result = Result(
        events=[SeenEvent("b", "e", 1, b"{}", "x")],
        states=[SeenState("b", "e", 1, "d", "x")],
        back=[Step(1.0, "back")],
        missing=["b"],
        histories=["h"],
        finals=[LastState("b", "e", 1, "d", "x")],
        faults=["f"],
        counts={"polling": {"events": 1}},
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(result), type=Result) == result


def test_a_journal_says_what_was_stored(world: World) -> None:
    world.appender.append(drafts(lines("four"), status("succeeded")))
    journal = read_journals(world.directory)[world.build]
    assert journal.logs == {world.epoch: whole_log(world.store, world.build)}
    assert [json.loads(body)["seq"] for body in journal.logs[world.epoch]] == list(range(1, 9))


def test_lines_of_the_server_that_are_faults() -> None:
    log = "all is well\nTraceback (most recent call last):\nA part of the hub failed.\n"
    assert len(list(bad_lines(log))) == 2
