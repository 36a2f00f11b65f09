from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildwidget.store import schema
from buildwidget.store.appender import Appender
from buildwidget.store.engine import Database
from buildwidget.store.store import Store
from buildwidget.store.tables import states
from tests.store.making import HERE, check_build, create, drafts, lines, status


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
    clock.now += 9
    appender.append(drafts(lines("x")))
    assert _saved(store) == 3
    clock.now += 2
    appender.append(drafts(lines("x")))
    assert _saved(store) == 5


def test_a_beat_saves_what_is_not_saved_yet(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x")))
    assert _saved(store) == 2
    appender.beat()
    assert _saved(store) == appender.head == 3
    check_build(store, appender.build_id)


def test_the_end_is_always_saved(store: Store, appender: Appender) -> None:
    appender.append(drafts(lines("x"), status("failed")))
    assert _saved(store) == appender.head == 4
