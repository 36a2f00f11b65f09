"""The picture of a metric: even, of all shapes and lengths, and the same however the series was cut."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildwidget.protocol.codec import decode_event, decode_state, encode_state
from buildwidget.protocol.limits import MAX_METRIC_POINTS
from buildwidget.protocol.reducer import fold, reduce
from buildwidget.protocol.state import MetricRow, State, initial_state
from tests.protocol.node_fold import NodeFold, node_fold
from tests.protocol.series import SHAPES, STEPS, Point, as_texts, cut_series, placed, series, unevennesses

IDENTITY = {"id": "build", "owner": "owner", "kind": "function", "created_at": 1}
START = initial_state(**IDENTITY)
quick = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def picture_of(events: list[list[Point]]) -> MetricRow:
    return folded(events).metrics[0]


def folded(events: list[list[Point]]) -> State:
    return fold(START, [decode_event(text) for text in as_texts(events)])


@pytest.mark.parametrize("count", [61, 500, 501, 999, 5_000, 40_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_picture_of_an_evenly_stepped_series_is_even(shape: str, count: int) -> None:
    points = series(shape, "counted", count)
    row = picture_of([points[:50], *([point] for point in points[50:600]), points[600:]])
    assert row.count == count
    assert len(row.points) <= MAX_METRIC_POINTS
    assert list(unevennesses(points, row.points)) == []


def test_the_least_and_the_greatest_value_of_all_are_always_kept() -> None:
    for steps in STEPS:
        points = series("spike", steps, 3_000)
        values = [value for _, value, _ in picture_of([points]).points]
        assert (min(values), max(values)) == (-1_000.0, 1_000.0), steps


def test_the_first_values_that_are_not_finite_are_kept_among_finite_ones() -> None:
    points = series("decay", "counted", 5_000)
    for number, value in ((2_001, "NaN"), (3_333, "Infinity"), (4_242, "-Infinity")):
        points[number] = (number, value, 1)
    row = picture_of([points])
    assert [(point[0], point[1]) for point in row.points if isinstance(point[1], str)] == [
        (2_001, "NaN"),
        (3_333, "Infinity"),
        (4_242, "-Infinity"),
    ]
    assert list(unevennesses(points, row.points)) == []


def test_where_all_values_are_nan_the_picture_goes_on() -> None:
    points = [(n, 1.0 if n < 1_000 else "NaN", 1) for n in range(10_000)]
    row = picture_of([points])
    assert list(unevennesses(points, row.points)) == []


@quick
@given(cut_series(), st.lists(st.integers(0, 3_000), max_size=3))
def test_it_is_all_the_same_how_a_series_is_cut_and_where_it_is_saved(events: list[list[Point]], at: list[int]) -> None:
    points = [point for event in events for point in event]
    whole = folded([points])
    assert len(whole.metrics[0].points) <= MAX_METRIC_POINTS
    assert set(whole.metrics[0].points) <= {*placed(points), *map(tuple, points)}
    assert folded(events) == whole
    state = START
    decoded = [decode_event(text) for text in as_texts([[point] for point in points])]
    for number, event in enumerate(decoded):
        state = reduce(state, event)
        if number in at:
            state = decode_state(encode_state(state))
    assert state == whole


@pytest.fixture(scope="module")
def in_typescript() -> Iterator[NodeFold]:
    with node_fold() as fold_in_node:
        yield fold_in_node


def test_both_languages_draw_the_same_picture(in_typescript: NodeFold) -> None:
    drawn = 0

    @quick
    @given(cut_series(), st.integers(0, 60))
    def both_draw(events: list[list[Point]], split: int) -> None:
        nonlocal drawn
        in_node, _ = in_typescript(IDENTITY, as_texts(events), split)
        state = folded(events)
        assert in_node == json.loads(encode_state(state))
        drawn += state.metrics[0].width is not None

    both_draw()
    assert drawn > 20
