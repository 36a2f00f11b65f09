from __future__ import annotations

from typing import Any

import pytest

from buildwidget.hub.reader import Ask, News, count_active, open_build, read_list, read_news, read_snapshot
from buildwidget.store import logs
from buildwidget.store.errors import NotFound
from buildwidget.store.logs import read_heads
from buildwidget.store.store import Store
from tests.unit.hub.parts import OWNER, Work


def ask(work: Work, after: int, epoch: str | None = None) -> Ask:
    return Ask(work.id, epoch or work.appender.epoch, after)


def test_nothing_new_is_no_entry(store: Store) -> None:
    work = Work(store)
    assert read_news(store, [ask(work, work.head)], 10, 1000) == {}


def test_new_events_come_with_what_pacing_needs(store: Store) -> None:
    work = Work(store)
    work.lines(2)
    news = read_news(store, [ask(work, 1)], 10, 1000)[work.id]
    assert news is not None
    assert (len(news.events), news.head, news.urgent, news.ended) == (2, 3, False, False)
    assert news.at > 0
    work.todos()
    work.lines(1)
    again = read_news(store, [ask(work, 3)], 10, 1000)[work.id]
    assert again is not None
    assert (again.urgent, again.ended) == (True, False)
    work.end()
    last = read_news(store, [ask(work, 5)], 10, 1000)[work.id]
    assert last is not None
    assert (last.urgent, last.ended) == (True, True)


@pytest.mark.parametrize(("max_events", "max_bytes"), [(4, 10_000), (10, 200)])
def test_more_than_the_bounds_is_told_without_the_events(store: Store, max_events: int, max_bytes: int) -> None:
    work = Work(store)
    work.lines(5)
    assert read_news(store, [ask(work, 1)], max_events, max_bytes) == {work.id: News(work.appender.epoch, 6, 1)}


def test_another_epoch_is_told_without_the_events(store: Store) -> None:
    work = Work(store)
    assert read_news(store, [ask(work, 1, "old")], 10, 1000) == {work.id: News(work.appender.epoch, 1, 1)}


def test_a_build_that_is_gone_is_none(store: Store) -> None:
    assert read_news(store, [Ask("gone", "e", 1)], 10, 1000) == {"gone": None}


def test_many_builds_are_read_in_one_call(store: Store) -> None:
    works = [Work(store) for _ in range(5)]
    works[2].lines(1)
    assert list(read_news(store, [ask(work, 1) for work in works], 10, 1000)) == [works[2].id]


def test_news_are_of_one_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(store)
    work.lines(2)

    def heads_then_a_commit(connection: Any, builds: Any) -> Any:
        found = read_heads(connection, builds)
        work.lines(1)
        return found

    monkeypatch.setattr("buildwidget.hub.reader.read_heads", heads_then_a_commit)
    news = read_news(store, [ask(work, 1)], 10, 1000)[work.id]
    assert news is not None
    assert (news.head, len(news.events)) == (3, 2)


def test_a_range_of_events_is_of_one_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(store)
    work.lines(2)
    following = logs.read_following

    def after_a_commit(*args: Any) -> list[bytes]:
        work.lines(1)
        return following(*args)

    monkeypatch.setattr(logs, "read_following", after_a_commit)
    found = store.events(work.id, after=1)
    assert (found.head, found.last) == (3, 3)


def test_a_malformed_event_counts_by_its_seq(store: Store) -> None:
    work = Work(store)
    work.lines(1)
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE events SET body = x'5b31' WHERE seq = 2")
    news = read_news(store, [ask(work, 1)], 10, 1000)[work.id]
    assert news is not None
    assert (len(news.events), news.urgent, news.ended) == (1, False, False)


def test_only_the_owner_may_open_a_build(store: Store) -> None:
    work = Work(store)
    assert open_build(store, work.id, OWNER).head == 1
    with pytest.raises(NotFound):
        open_build(store, work.id, "eve")


def test_a_snapshot_tells_whether_the_build_has_ended(store: Store) -> None:
    work = Work(store)
    assert not read_snapshot(store, work.id).ended
    work.end()
    assert read_snapshot(store, work.id).ended


def test_a_list_tells_the_last_word_of_rows_that_left_its_window(store: Store) -> None:
    ended, deleted, new = Work(store), Work(store), Work(store)
    known = {row.id: row for row in read_list(store, OWNER, None, 10, {}).window}
    assert set(known) == {ended.id, deleted.id, new.id}
    for work in (ended, deleted, new):
        work.end()
    store.delete(deleted.id)
    read = read_list(store, OWNER, None, 1, known)
    assert [row.id for row in read.window] == [new.id]
    assert [(row.id, row.status) for row in read.changed] == [(ended.id, "succeeded")]
    assert list(read.removed) == [deleted.id]


def test_active_builds_are_the_owners(store: Store) -> None:
    Work(store)
    Work(store).end()
    Work(store, owner="eve")
    assert count_active(store, OWNER) == 1
