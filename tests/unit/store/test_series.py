from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from buildwidget.protocol.events import LogEvent, MetricEvent
from buildwidget.store import tables
from buildwidget.store.appender import Appender
from buildwidget.store.errors import NotFound
from buildwidget.store.series import MetricPicture, MetricSeries, SeriesCache
from buildwidget.store.store import Store
from tests.store.making import drafts, ended, later, started


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def report(writer: Appender, *points: Any, name: str = "loss") -> None:
    writer.append(drafts(MetricEvent(at=later(), name=name, points=list(points))))


def read(series: MetricSeries, points: int = 4_000) -> MetricPicture:
    seq, head = series.advance()
    while seq < head:
        seq, _ = series.advance()
    return series.picture(points, 600)


def test_a_series_is_every_point_of_its_name(store: Store) -> None:
    writer = started(store)
    report(writer, (1, 0.5, 10), (2, "NaN", 11))
    report(writer, (9, 9, 9), name="loss2")
    report(writer, (3, "Infinity", 12), (None, 4, 13))
    found = read(store.metric(writer.build_id, "loss"))
    assert found == MetricPicture(
        "loss",
        writer.epoch,
        writer.head,
        4,
        (1, 3),
        [(1, 0.5, 10), (2, "NaN", 11), (3, "Infinity", 12), (3, 4, 13)],
    )


@pytest.mark.parametrize("name", ["", " ", "é", 'a "quoted"\\ \n', "__proto__", "n" * 5_000, "\ufeff😀"])
def test_any_name(store: Store, name: str) -> None:
    writer = started(store)
    report(writer, (1, 1, 1), name=name)
    report(writer, (2, 2, 2), name=name + "x" if len(name) < 100 else "other")
    (row,) = [row for row in writer.state.metrics if row.points[0][0] == 1]
    assert read(store.metric(writer.build_id, row.name)).count == 1


def test_a_name_that_was_never_reported(store: Store) -> None:
    writer = started(store)
    report(writer, (1, 1, 1), name="a")
    series = store.metric(writer.build_id, "loss")
    with pytest.raises(NotFound, match="no metric 'loss'"):
        read(series)
    report(writer, name="loss")
    assert (read(series).count, read(series).range, read(series).points) == (0, None, [])
    with pytest.raises(NotFound):
        store.metric("none", "loss").advance()


def test_a_series_that_grows_is_read_on_and_not_anew(store: Store) -> None:
    writer = started(store)
    report(writer, (1, 1, 1))
    series = store.metric(writer.build_id, "loss")
    assert read(series).count == 1
    with store.database.writing() as connection:  # whoever read these again would find nothing
        connection.execute(update(tables.events).values(type="gone"))
    report(writer, (2, 2, 2))
    assert store.metric(writer.build_id, "loss") is series
    assert read(series).points == [(1, 1, 1), (2, 2, 2)]


def test_another_log_under_the_same_id_starts_again(store: Store) -> None:
    writer = started(store)
    report(writer, (1, 1, 1))
    series = store.metric(writer.build_id, "loss")
    read(series)
    with store.database.writing() as connection:
        connection.execute(update(tables.builds).values(epoch="other"))
    again = read(series)
    assert (again.epoch, again.count, again.points) == ("other", 1, [(1, 1, 1)])


def test_a_page_is_short_in_events_and_in_bytes(store: Store) -> None:
    writer = started(store)
    writer.append(drafts(*(LogEvent(at=later(), first=1, lines=[]) for _ in range(6_000))))
    series = store.metric(writer.build_id, "loss")
    assert series.advance() == (5_000, writer.head)
    for start in range(0, 120_000, 2_000):
        report(writer, *((n, n / 7, 1_700_000_000_000 + n) for n in range(start, start + 2_000)))
    seqs = [5_000]
    while seqs[-1] < writer.head:
        seqs.append(series.advance()[0])
    assert len(seqs) > 5
    assert series.picture(4_000, 600).count == 120_000


def test_the_cache_holds_no_more_than_its_bounds(store: Store) -> None:
    cache = SeriesCache(store.database)
    build = ended(store)
    first = cache.series(build, "0")
    others = [cache.series(build, f"{n}") for n in range(1, 32)]
    assert cache.series(build, "0") is first
    cache.series(build, "32")
    assert cache.series(build, "0") is first
    assert cache.series(build, "1") is not others[0]


def test_the_cache_holds_no_more_bytes_than_its_bound(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwidget.store.series._CACHED_BYTES", 30 * 24)
    writer = started(store)
    for name in ("a", "b", "c"):
        report(writer, *((n, n, n) for n in range(20)), name=name)
    cache = SeriesCache(store.database)
    first, second = cache.series(writer.build_id, "a"), cache.series(writer.build_id, "b")
    read(first)
    read(second)
    cache.series(writer.build_id, "c")
    assert cache.series(writer.build_id, "b") is second
    assert cache.series(writer.build_id, "a") is not first


def test_every_point_as_it_was_given(store: Store) -> None:
    writer = started(store)
    report(writer, *((None, n, n) for n in range(3_000)))
    report(writer, (7, "Infinity", 1), ("-Infinity", "NaN", 2))
    points = list(store.metric_points(writer.build_id, "loss"))
    assert points[:3_000] == [(None, n, n) for n in range(3_000)]
    assert points[3_000] == (7, math.inf, 1)
    assert points[3_001][0] == -math.inf
    assert math.isnan(float(points[3_001][1]))


def test_points_are_read_as_they_are_taken(store: Store) -> None:
    writer = started(store)
    for start in range(3):
        report(writer, *((n, 1 / 3, 1_700_000_000_000) for n in range(start * 40_000, start * 40_000 + 40_000)))
    points = store.metric_points(writer.build_id, "loss")
    assert next(points)[0] == 0
    with store.database.writing() as connection:
        connection.execute(update(tables.events).values(type="gone"))
    assert sum(1 for _ in points) < 80_000


def test_points_of_no_such_metric(store: Store) -> None:
    writer = started(store)
    with pytest.raises(NotFound, match="no metric 'loss'"):
        list(store.metric_points(writer.build_id, "loss"))
