"""Every step of every write, one after another: what a crash, a fault or a reader there does."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from buildwidget.protocol import codec
from buildwidget.protocol.events import StatusEvent, ToolEvent
from buildwidget.store.appender import Appender
from buildwidget.store.errors import Fenced, KeyTaken, Unavailable
from buildwidget.store.removal import finish_removals
from buildwidget.store.store import Store
from buildwidget.store.tables import events, payloads
from buildwidget.store.writer import Writer
from tests.store.faults import PowerCut, Steps, cut_power, fail_io
from tests.store.making import (
    HERE,
    check_build,
    create,
    drafts,
    ended,
    fold_of,
    impatient,
    lines,
    started,
    status,
    whole_log,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        yield store


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """The same database as another process has it."""
    with Store.open(store.url) as other:
        yield other


@pytest.fixture
def steps(store: Store) -> Steps:
    return Steps(store)


def _some() -> list[ToolEvent | StatusEvent]:
    return [ToolEvent(at=1, id="t", name="Bash", output="x" * 2000), status("running")]


def _every_step(steps: Steps, then: Callable[[], None], act: Callable[[], None], check: Callable[[], None]) -> int:
    """Do ``act`` with ``then`` at its first step, then with it at its second ... until there are no more; how many."""
    number = 0
    while True:
        with steps.at(number, then) as was_reached:
            act()
        check()
        if not was_reached():
            return number
        number += 1


def test_a_crash_at_any_step_of_an_append_writes_all_or_nothing(store: Store, other: Store, steps: Steps) -> None:
    build = create(store)
    appenders = [store.claim(build, HERE)]
    sizes = [2]

    def append() -> None:
        with contextlib.suppress(PowerCut):
            appenders[-1].append(drafts(*_some()))

    def check() -> None:
        sizes.append(len(check_build(other, build)))
        appenders.append(store.claim(build, HERE))  # the process that crashed has no more to say

    assert _every_step(steps, cut_power, append, check) >= 9
    grown = [after - before for before, after in pairwise(sizes)]
    assert set(grown) == {0, 2}
    assert grown == sorted(grown)


def test_a_crash_at_any_step_of_a_claim_leaves_one_writer(store: Store, other: Store, steps: Steps) -> None:
    appenders = [started(store)]

    def claim() -> None:
        with contextlib.suppress(PowerCut):
            appenders.append(store.claim(appenders[0].build_id, HERE))

    def check() -> None:
        for appender in appenders[:-1]:
            with pytest.raises(Fenced):
                appender.beat()
        appenders.append(other.claim(appenders[0].build_id, HERE))
        appenders[-1].append(drafts(lines("mine")))
        assert len(check_build(other, appenders[0].build_id)) == appenders[-1].head

    assert _every_step(steps, cut_power, claim, check) >= 12


@pytest.mark.parametrize("kind", ["append", "start", "beat"])
def test_a_claim_at_any_step_of_a_write_fences_it_or_comes_after_it(store: Store, steps: Steps, kind: str) -> None:
    """The fence holds only if it is looked at in the transaction that writes: a look before it proves nothing."""
    outcomes = []
    with impatient(store.url) as other:
        builds = [create(store)]
        writers = [store.claim(builds[-1], HERE)]
        claims: list[Appender] = []

        def claim() -> None:
            with contextlib.suppress(Unavailable):  # the write has the lock already
                claims.append(other.claim(builds[-1], HERE))

        def write() -> None:
            writer = writers[-1]
            before = len(whole_log(store, builds[-1]))
            try:
                if kind == "append":
                    writer.append(drafts(*_some()))
                elif kind == "start":
                    assert writer.start(drafts(status("running"))[0], 1)
                else:
                    writer.beat()
            except Fenced:
                outcomes.append("fenced")
                assert len(whole_log(store, builds[-1])) == before
            else:
                outcomes.append("claimed after" if claims else "not claimed")

        def check() -> None:
            for claimed in claims:
                # Its view of the log is the whole of it: nothing was written behind its back.
                assert claimed.head == len(whole_log(other, builds[-1]))
                claimed.append(drafts(lines("mine")))
                with pytest.raises(Fenced):
                    writers[-1].append(drafts(lines("not mine")))
                assert len(check_build(other, builds[-1])) == claimed.head
                claimed.append(drafts(status("cancelled")))
            if not claims:
                writers[-1].append(drafts(status("cancelled")))
            claims.clear()
            builds.append(create(store))
            writers.append(store.claim(builds[-1], HERE))

        assert _every_step(steps, claim, write, check) >= 6
    # Before the lock is taken, while it is held, and after it is given back; the last round had no such step.
    assert [outcome for outcome, _group in itertools.groupby(outcomes)] == [
        *["fenced", "not claimed", "claimed after", "not claimed"]
    ]


def test_a_fault_at_any_step_of_an_append_is_settled(store: Store, other: Store, steps: Steps) -> None:
    appender = started(store)
    log = whole_log(store, appender.build_id)
    settled = []

    def append() -> None:
        wanted = drafts(*_some())
        try:
            appender.append(wanted)
        except Unavailable:
            settled.append(appender.settle())
            if not settled[-1]:
                appender.append(wanted)

    def check() -> None:
        found = check_build(other, appender.build_id)
        assert found[: len(log)] == log
        assert len(found) == len(log) + 2 == appender.head
        log[:] = found

    assert _every_step(steps, fail_io, append, check) >= 9
    assert settled == sorted(settled)
    assert set(settled) == {False, True}


def test_a_fault_at_any_step_of_a_start_starts_it_once(store: Store, other: Store, steps: Steps) -> None:
    appenders = [store.claim(create(store), HERE)]

    def start() -> None:
        with contextlib.suppress(Unavailable):
            appenders[-1].start(drafts(status("running"))[0], 1)

    def check() -> None:
        assert appenders[-1].start(drafts(status("running"))[0], 1)
        assert len(check_build(other, appenders[-1].build_id)) == 3
        appenders[-1].append(drafts(status("succeeded")))
        appenders.append(store.claim(create(store), HERE))

    assert _every_step(steps, fail_io, start, check) >= 12


def test_after_a_fault_something_else_may_be_written(store: Store, other: Store, steps: Steps) -> None:
    appender = started(store)

    def append() -> None:
        with contextlib.suppress(Unavailable):
            appender.append(drafts(*_some()))

    def check() -> None:
        appender.append(drafts(lines("else")))
        assert len(check_build(other, appender.build_id)) == appender.head

    assert _every_step(steps, fail_io, append, check) >= 9


def test_a_writer_writes_all_once_whatever_step_fails(store: Store, other: Store, steps: Steps) -> None:
    appender = started(store)
    writer = Writer(appender)
    written = [0]

    def write() -> None:
        writer.write(lines(str(written[0])))
        written[0] += 1
        writer.flush()

    def check() -> None:
        check_build(other, appender.build_id)

    assert _every_step(steps, fail_io, write, check) >= 8
    writer.end(status("succeeded"))
    found = [text for _n, stream, text in other.log(appender.build_id, after=0).lines if stream == "stdout"]
    assert found == [str(number) for number in range(written[0])]


def test_a_reader_at_any_step_of_an_append_sees_a_true_state(store: Store, other: Store, steps: Steps) -> None:
    appender = started(store)
    seen = []

    def read() -> None:
        seen.append(len(check_build(other, appender.build_id)) - appender.head)

    def append() -> None:
        appender.append(drafts(*_some()))

    assert _every_step(steps, read, append, lambda: None) >= 9
    assert set(seen) == {0, 2}
    assert seen == sorted(seen)


def test_an_append_at_any_step_of_a_reader_leaves_it_a_true_state(store: Store, other: Store, steps: Steps) -> None:
    appender = other.claim(create(store), HERE)
    found = []

    def read() -> None:
        found.append(store.hydrate(appender.build_id))

    def append() -> None:
        appender.append(drafts(*_some()))

    def check() -> None:
        log = whole_log(other, appender.build_id)
        state = codec.encode_state(fold_of(other, appender.build_id, log[: found[-1].seq]))
        assert msgspec.json.decode(found[-1].state) == msgspec.json.decode(state)
        assert appender.head - found[-1].seq in (0, 2)

    assert _every_step(steps, append, read, check) >= 8


def test_a_crash_at_any_step_of_creating_leaves_a_whole_build_or_none(store: Store, other: Store, steps: Steps) -> None:
    def make() -> None:
        with contextlib.suppress(PowerCut, KeyTaken):
            create(store, key="k")

    def check() -> None:
        for record in other.find("ann", None, "k", statuses=["queued"]):
            assert len(check_build(other, record.summary.id)) == 2
            other.claim(record.summary.id, HERE).append(drafts(status("lost")))

    assert _every_step(steps, cut_power, make, check) >= 12


def test_a_delete_that_crashes_at_any_step_is_finished_by_a_sweep(store: Store, other: Store, steps: Steps) -> None:
    doomed = [ended(store)]

    def delete() -> None:
        with contextlib.suppress(PowerCut):
            store.delete(doomed[-1])

    def check() -> None:
        if other.heads(doomed):
            check_build(other, doomed[-1])
            return
        finish_removals(other.database)
        with other.database.reading() as connection:
            for table in (events, payloads):
                assert connection.execute(table.select()).all() == []
        doomed.append(ended(other))

    assert _every_step(steps, cut_power, delete, check) >= 12
