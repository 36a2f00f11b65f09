from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from buildwidget.protocol.state import initial_state, summary_of
from buildwidget.runner.liveness import LEASE_SECONDS, LeaseObserver
from buildwidget.store.records import BuildRecord, ProcessIdentity

ELSEWHERE = ProcessIdentity(host="elsewhere", boot="b", pid=7, created=1.0)
HERE = ProcessIdentity.of()
REBOOTED = dataclasses.replace(HERE, boot="before")


def record(process: ProcessIdentity | None, *, generation: int = 1, heartbeat: int = 1) -> BuildRecord:
    state = initial_state(id="x", owner="o", kind="command", created_at=1)
    return BuildRecord(
        summary=summary_of(state, head=1),
        epoch="e",
        head=1,
        generation=generation,
        heartbeat=heartbeat,
        process=process,
        spec={},
        slotted=True,
    )


class World:
    """The clock an observer reads, and whether processes live."""

    def __init__(self) -> None:
        self.now = 0.0
        self.alive = True
        self.observer = LeaseObserver(clock=lambda: self.now, is_alive=lambda _: self.alive)

    def judge(self, seen: BuildRecord, after: float = 0.0) -> str | None:
        self.now += after
        return self.observer.judge(seen)


@pytest.fixture
def world() -> World:
    return World()


def test_here_the_process_decides_and_no_time_does(world: World) -> None:
    for _ in range(10):
        assert world.judge(record(HERE), after=1e6) is None
    world.alive = False
    reason = world.judge(record(HERE))
    assert reason is not None
    assert str(HERE.pid) in reason
    assert "before the build ended" in reason
    assert "before it took the build over" in (world.judge(record(HERE, generation=0)) or "")


@pytest.mark.parametrize("process", [ELSEWHERE, REBOOTED, None])
def test_elsewhere_a_counter_that_stands_still_for_a_lease_decides(world: World, process: Any) -> None:
    seen = record(process)
    assert world.judge(seen) is None
    assert world.judge(seen, after=LEASE_SECONDS / 2) is None
    assert world.judge(seen, after=LEASE_SECONDS / 2 - 1) is None
    assert world.judge(seen, after=1) is not None


def test_every_beat_starts_the_lease_again(world: World) -> None:
    for beat in range(20):
        assert world.judge(record(ELSEWHERE, heartbeat=beat), after=LEASE_SECONDS * 10) is None


def test_a_new_writer_starts_the_lease_again(world: World) -> None:
    assert world.judge(record(ELSEWHERE)) is None
    world.judge(record(ELSEWHERE), after=LEASE_SECONDS / 2)
    assert world.judge(record(ELSEWHERE, generation=2), after=LEASE_SECONDS) is None


def test_an_observer_that_slept_itself_proves_nothing(world: World) -> None:
    """A laptop with observer and runner (in two containers) sleeps for an hour; both wake, the observer looks first."""
    assert world.judge(record(ELSEWHERE, heartbeat=5)) is None
    assert world.judge(record(ELSEWHERE, heartbeat=5), after=3600) is None
    assert world.judge(record(ELSEWHERE, heartbeat=6), after=5) is None


def test_two_observers_do_not_add_up(world: World) -> None:
    first = world.observer
    assert world.judge(record(ELSEWHERE)) is None
    world.judge(record(ELSEWHERE), after=LEASE_SECONDS / 2)
    second = LeaseObserver(clock=lambda: world.now)
    world.now += LEASE_SECONDS / 2
    assert second.judge(record(ELSEWHERE)) is None
    assert first.judge(record(ELSEWHERE)) is not None


def test_what_is_forgotten_is_watched_from_anew(world: World) -> None:
    assert world.judge(record(ELSEWHERE)) is None
    world.observer.forget_others(set())
    assert world.judge(record(ELSEWHERE), after=LEASE_SECONDS) is None


def test_it_takes_a_zombie_and_a_reused_pid_for_gone() -> None:
    observer = LeaseObserver()
    assert observer.judge(record(HERE)) is None
    assert observer.judge(record(dataclasses.replace(HERE, created=HERE.created - 1))) is not None
