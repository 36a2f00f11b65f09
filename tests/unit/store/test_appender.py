from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from buildwidget.protocol import codec
from buildwidget.protocol.events import MetaEvent
from buildwidget.store import rows, schema
from buildwidget.store.appender import Appender
from buildwidget.store.engine import Database
from buildwidget.store.errors import Unavailable
from buildwidget.store.store import Store
from buildwidget.store.tables import events, payloads, states
from tests.store.faults import Steps, fail_io
from tests.store.making import HERE, check_build, create, drafts, lines, status, whole_log


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self.cost = 0.0

    def __call__(self) -> float:
        """The time; each look costs ``cost`` seconds."""
        self.now += self.cost
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    database = Database("sqlite://")
    with Store(database, schema.prepare(database), monotonic=clock) as store:
        yield store


@pytest.fixture
def appender(store: Store) -> Appender:
    return store.claim(create(store), HERE)


def _saved(store: Store) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(states.select()).one().seq)


def test_the_state_is_saved_once_a_second(store: Store, appender: Appender, clock: Clock) -> None:
    saved = []
    for _ in range(6):
        appender.append(drafts(lines("x")))
        clock.now += 0.4
        saved.append(_saved(store))
    assert saved == [2, 2, 2, 6, 6, 6]


def test_what_is_dear_to_save_is_saved_less_often(store: Store, appender: Appender, clock: Clock) -> None:
    clock.now += 1
    clock.cost = 0.5  # of each look at the clock, and so of a save
    appender.append(drafts(lines("x")))
    assert _saved(store) == 3
    clock.cost = 0
    clock.now += 39
    appender.append(drafts(lines("x")))
    assert _saved(store) == 3
    clock.now += 2
    appender.append(drafts(lines("x")))
    assert _saved(store) == 5


@pytest.mark.parametrize("tail", [["x"] * 499, ["x" * 4000] * 200])
def test_a_shorter_tail_waits_for_its_second(store: Store, appender: Appender, tail: list[str]) -> None:
    appender.append(drafts(*(lines(text) for text in tail)))
    assert _saved(store) == 2


def test_few_of_many_lines_are_marked_however_they_are_appended(store: Store, appender: Appender) -> None:
    for _ in range(100):
        appender.append(drafts(lines("x")))
    with store.database.reading() as connection:
        marked = connection.execute(select(events.c.seq).where(events.c.first_line.is_not(None))).all()
    assert [seq for (seq,) in marked] == [3, 35, 67, 99]


@pytest.mark.parametrize("tail", [["x"] * 500, ["x" * 4000] * 300])
def test_a_long_tail_is_saved_at_once_while_that_is_cheap(store: Store, appender: Appender, tail: list[str]) -> None:
    appender.append(drafts(lines("x")))
    assert _saved(store) == 2
    appender.append(drafts(*(lines(text) for text in tail)))
    assert _saved(store) == appender.head
    appender.append(drafts(lines("x")))
    assert _saved(store) == appender.head - 1


def test_a_tail_may_be_long_by_many_appends(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x")))
    for _ in range(300):
        appender.append(drafts(lines("x" * 4_000)))
    assert appender.head - _saved(store) < 300


def test_a_long_tail_waits_where_saving_is_dear(store: Store, appender: Appender, clock: Clock) -> None:
    clock.cost = 0.005
    appender.append(drafts(*(lines("x") for _ in range(500))))
    first = appender.head
    assert _saved(store) == first
    clock.cost = 0
    appender.append(drafts(*(lines("x") for _ in range(500))))
    assert _saved(store) == first
    clock.now += 0.7
    appender.append(drafts(lines("x")))
    assert _saved(store) == appender.head


def test_a_save_that_was_slow_for_once_does_not_delay_the_next(store: Store, appender: Appender, clock: Clock) -> None:
    for cost in (0.0, 0.5):
        clock.now += 2
        clock.cost = cost
        appender.append(drafts(lines("x")))
        assert _saved(store) == appender.head
    clock.cost = 0
    clock.now += 2
    appender.append(drafts(lines("x")))
    assert _saved(store) == appender.head


def test_saving_that_has_become_dear_is_done_less_often(store: Store, appender: Appender, clock: Clock) -> None:
    for cost in (0.0, 0.5, 0.5, 0.5, 0.5):
        clock.now += 1_000
        clock.cost = cost
        appender.append(drafts(lines("x")))
        assert _saved(store) == appender.head
    clock.cost = 0
    clock.now += 2
    appender.append(drafts(lines("x")))
    assert _saved(store) == appender.head - 1


def test_a_beat_saves_the_state_of_a_build_that_has_none(store: Store) -> None:
    build = create(store)
    with store.database.writing() as connection:
        connection.execute(delete(states))
    store.claim(build, HERE).beat()
    assert _saved(store) == 2


def test_beats_and_appends_are_signs_of_life(store: Store, appender: Appender) -> None:
    seen = [store.record(appender.build_id).heartbeat]
    for sign in (appender.beat, lambda: appender.append(drafts(lines("x"))), appender.beat):
        sign()
        seen.append(store.record(appender.build_id).heartbeat)
    assert seen == sorted(set(seen))


def test_what_is_too_long_is_stored_beside_its_event(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x" * 5_000)))
    with store.database.reading() as connection:
        [payload] = connection.execute(select(payloads)).all()
    assert (payload.build_id, payload.kind, payload.key) == (appender.build_id, "log_line", "1")
    assert payload.content == b"x" * 5_000


def test_a_build_counts_the_bytes_of_its_log_and_of_what_is_beside_it(store: Store, appender: Appender) -> None:
    for text in ("short", "x" * 5_000):
        appender.append(drafts(lines(text)))
    size = 5_000 + sum(map(len, whole_log(store, appender.build_id)))
    with store.database.reading() as connection:
        assert rows.row(connection, appender.build_id).bytes == size


def test_a_beat_saves_what_is_not_saved_yet(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x")))
    assert _saved(store) == 2
    appender.beat()
    assert _saved(store) == appender.head == 3
    check_build(store, appender.build_id)


def test_a_beat_does_not_save_a_state_again(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x")))
    appender.beat()
    with store.database.writing() as connection:
        connection.execute(delete(states))
    appender.beat()
    with store.database.reading() as connection:
        assert connection.execute(states.select()).first() is None


def test_the_end_is_always_saved(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x"), status("failed")))
    assert _saved(store) == appender.head == 4


def test_what_another_build_has_at_the_same_seq_settles_nothing(store: Store) -> None:
    other, appender = store.claim(create(store), HERE), store.claim(create(store), HERE)
    other.append(drafts(*[lines("other")] * 30))
    steps = Steps(store)
    number, reached, settled = 0, True, set()
    while reached:
        with steps.at(number, fail_io) as was_reached, contextlib.suppress(Unavailable):
            appender.append(drafts(lines(f"{number}")))
        number, reached = number + 1, was_reached()
        with steps.at(0, fail_io), contextlib.suppress(Unavailable):
            appender.settle()  # which cannot be found out right now
        settled.add(appender.settle())
        assert appender.head == store.record(appender.build_id).head
    assert settled == {False, True}
    check_build(store, appender.build_id)


def test_a_build_is_started_once(store: Store, appender: Appender) -> None:
    running = drafts(status("running"))[0]
    assert appender.start(running, 1)
    head = appender.head
    assert appender.start(running, 1)
    assert (appender.head, store.record(appender.build_id).head) == (head, head)


def test_a_build_without_a_slot_stays_as_it_is(store: Store, appender: Appender) -> None:
    second = store.claim(create(store), HERE)
    assert not second.start(drafts(status("running"))[0], 2)
    assert appender.start(drafts(status("running"))[0], 1)
    assert not second.start(drafts(status("running"))[0], 1)
    assert (second.head, store.record(second.build_id).summary.status) == (2, "queued")
    assert second.start(drafts(status("running"))[0], 2)


def test_a_slot_that_was_taken_after_a_look_is_not_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(f"sqlite:///{tmp_path}/builds.db") as store:
        first, second = store.claim(create(store), HERE), store.claim(create(store), HERE)
        look, looks = rows.slot_is_free, []

        def look_and_lose(*args: Any) -> bool:
            looks.append(look(*args))
            if len(looks) == 1:
                second.append(drafts(status("running")))
            return looks[-1]

        monkeypatch.setattr(rows, "slot_is_free", look_and_lose)
        assert not first.start(drafts(status("running"))[0], 1)
        assert looks == [True, False]
        assert store.record(first.build_id).summary.status == "queued"


def test_where_nothing_failed_nothing_is_settled(appender: Appender) -> None:
    assert not appender.settle()
    appender.append(drafts(lines("x")))
    assert not appender.settle()


def test_what_was_not_stored_is_not_folded(store: Store, appender: Appender) -> None:
    steps = Steps(store)
    number, reached = 0, True
    while reached:
        appender.append(drafts(lines(f"{number} long before")))
        appender.append(drafts(lines(f"{number} before"), status("running")))
        with steps.at(number, fail_io) as was_reached, contextlib.suppress(Unavailable):
            appender.append(drafts(lines(f"{number} tried"), MetaEvent(at=1, name=f"name {number}")))
        appender.append(drafts(lines(f"{number} after")))
        assert codec.encode_state(appender.state) == store.hydrate(appender.build_id).state
        number, reached = number + 1, was_reached()
    assert number >= 8
    check_build(store, appender.build_id)


def test_a_state_is_made_anew_before_much_is_kept_for_it(store: Store, appender: Appender, clock: Clock) -> None:
    clock.cost = 10  # saving takes so long that it is not done again
    appender.append(drafts(lines("x")))
    kept = [len(appender._since)]
    for _ in range(60):
        appender.append(drafts(*[lines("x")] * 50))
        kept.append(len(appender._since))
    assert max(kept) <= 2_000 < sum(kept)
    assert codec.encode_state(appender.state) == store.hydrate(appender.build_id).state


def test_a_state_is_made_anew_before_many_bytes_are_kept_for_it(appender: Appender, clock: Clock) -> None:
    clock.cost = 10
    big = drafts(*[lines(*["x" * 4_000] * 10)] * 10)
    kept = []
    for _ in range(30):
        appender.append(big)
        kept.append(len(appender._since))
    assert 40 < max(kept) < 120  # of 40,000 bytes each: up to 4 MiB
    assert kept.count(0) >= 2


def test_an_appender_has_the_epoch_and_the_clock_of_its_store(store: Store, appender: Appender) -> None:
    assert appender.epoch == store.record(appender.build_id).epoch
    assert abs(appender.now_ms() - time.time() * 1_000) < 60_000


def test_what_lasts_stands_in_the_row_whatever_step_of_its_append_failed(store: Store, appender: Appender) -> None:
    steps = Steps(store)
    number, reached = 0, True
    while reached:
        renamed = drafts(MetaEvent(at=1, name=f"name {number}"))
        with steps.at(number, fail_io) as was_reached, contextlib.suppress(Unavailable):
            appender.append(renamed)
        if not appender.settle():
            appender.append(renamed)
        with store.database.reading() as connection:
            assert rows.row(connection, appender.build_id).name == f"name {number}"
        number, reached = number + 1, was_reached()
    assert number >= 8
