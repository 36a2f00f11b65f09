from __future__ import annotations

from buildwidget.protocol.events import MetricEvent
from buildwidget.protocol.limits import MAX_LABEL_BYTES, MAX_METRIC_POINTS, MAX_METRICS
from buildwidget.protocol.metrics import MetricSection
from buildwidget.protocol.state import MetricRow


def test_a_series_that_fits_is_kept_as_it_was_reported() -> None:
    metrics = MetricSection([])
    points = [(None if n % 3 else 500 - n, "NaN" if n == 7 else n, 5) for n in range(MAX_METRIC_POINTS)]
    for point in points:
        metrics.apply(MetricEvent(at=1, name="m", points=[point]))
    assert metrics.result() == [MetricRow(name="m", count=MAX_METRIC_POINTS, points=points)]


def test_the_point_after_that_makes_it_a_picture_whose_steps_are_numbers() -> None:
    metrics = MetricSection([])
    metrics.apply(MetricEvent(at=1, name="m", points=[(None, n, 5) for n in range(MAX_METRIC_POINTS + 1)]))
    (row,) = metrics.result()
    assert (row.count, row.width) == (MAX_METRIC_POINTS + 1, 4.0)
    assert len(row.points) == 251
    assert row.points[-1] == (MAX_METRIC_POINTS, MAX_METRIC_POINTS, 5)
    assert row.points[:4] == [(0, 0, 5), (3, 3, 5), (4, 4, 5), (7, 7, 5)]


def test_an_event_without_points_makes_a_row() -> None:
    metrics = MetricSection([])
    metrics.apply(MetricEvent(at=1, name="m", points=[]))
    assert metrics.result() == [MetricRow(name="m", count=0, points=[])]


def test_a_row_that_fell_out_comes_back_empty() -> None:
    metrics = MetricSection([])
    fell_out = [metrics.apply(MetricEvent(at=1, name=f"{n}", points=[(n, n, 1)])) for n in range(MAX_METRICS + 1)]
    assert fell_out == [0] * MAX_METRICS + [1]
    assert metrics.apply(MetricEvent(at=1, name="0", points=[(5, 5, 1)])) == 1
    rows = metrics.result()
    assert [row.name for row in rows] == [*(f"{n}" for n in range(2, MAX_METRICS + 1)), "0"]
    assert rows[-1] == MetricRow(name="0", count=1, points=[(5, 5, 1)])


def test_a_long_name_is_cut_and_stays_one_row() -> None:
    metrics = MetricSection([])
    for ending in ("a", "b"):
        metrics.apply(MetricEvent(at=1, name="n" * MAX_LABEL_BYTES + ending, points=[(1, 1, 1)]))
    assert [(row.name, row.count) for row in metrics.result()] == [("n" * MAX_LABEL_BYTES, 2)]


def test_rows_that_were_given_out_do_not_change() -> None:
    metrics = MetricSection([])
    for n in range(1_200):
        metrics.apply(MetricEvent(at=1, name="m", points=[(n, n, 1)]))
        if n in (100, 1_000):
            (told,) = metrics.result()
            points = list(told.points)
            metrics.apply(MetricEvent(at=1, name="m", points=[(n, -n, 1)]))
            metrics.result()
            assert told.points == points
