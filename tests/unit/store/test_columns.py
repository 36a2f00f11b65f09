"""What a thinned series shows is what the whole shows."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildwidget.store.columns import Columns
from tests.protocol.series import SHAPES, STEPS, placed, series
from tests.raster import WIDTH, Covered, Raster, differences


def columns_of(points: Sequence[Any], *, at_once: int = 1_000, **bounds: int) -> Columns:
    columns = Columns(**bounds)
    for start in range(0, len(points), at_once):
        columns.add(points[start : start + at_once])
    return columns


@pytest.mark.parametrize("most", [2_400, 4_000, 10_000])
@pytest.mark.parametrize("count", [1, 2, 3, 599, 2_401, 20_011])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_thinned_series_is_drawn_as_the_whole(shape: str, count: int, most: int) -> None:
    points = series(shape, "counted", count)
    thinned = columns_of(points).points(most, WIDTH)
    assert len(thinned) <= most
    assert len(thinned) == count or count > most
    raster = Raster(points)
    assert differences(raster.drawn(points), raster.drawn(thinned)) == []


@pytest.mark.parametrize("shape", ["noise", "nan"])
def test_a_million_points_are_drawn_exactly(shape: str) -> None:
    points = series(shape, "counted", 1_000_000)
    thinned = columns_of(points, at_once=50_000).points(4_000, WIDTH)
    assert len(thinned) <= 4_000
    raster = Raster(points)
    assert differences(raster.drawn(points), raster.drawn(thinned)) == []


@pytest.mark.parametrize("steps", sorted(STEPS.keys() - {"huge", "tiny"}))
def test_whatever_the_steps(steps: str) -> None:
    points = placed(series("noise", steps, 9_000))
    columns = columns_of(series("noise", steps, 9_000))
    raster = Raster(points)
    assert differences(raster.drawn(points), raster.drawn(columns.points(4_000, WIDTH))) == []
    assert columns.count == 9_000
    assert columns.range == (min(step for step, _, _ in points), max(step for step, _, _ in points))


@pytest.mark.parametrize("steps", ["huge", "tiny"])
def test_steps_at_the_ends_of_all_floats(steps: str) -> None:
    points = series("spike", steps, 9_000)
    thinned = columns_of(points).points(2_400, WIDTH)
    assert len(thinned) <= 2_400
    assert set(thinned) <= set(points)
    assert {1_000.0, -1_000.0} <= {value for _, value, _ in thinned}


def test_a_drawing_of_another_width_is_exact_in_its_own_columns() -> None:
    points = series("noise", "counted", 20_000)
    thinned = columns_of(points).points(4 * 731, 731)
    assert extremes_by_column(thinned, 731) == extremes_by_column(points, 731)


def extremes_by_column(points: Sequence[Any], width: int) -> dict[int, tuple[float, float]]:
    found: dict[int, list[float]] = {}
    for step, value, _ in points:
        found.setdefault(int(step / 19_999 * width), []).append(value)
    return {column: (min(values), max(values)) for column, values in found.items()}


def test_fewer_points_than_pixels_are_still_the_extremes_of_wider_columns() -> None:
    points = series("spike", "counted", 50_000)
    thinned = columns_of(points).points(8, WIDTH)
    assert len(thinned) <= 8
    assert {1_000.0, -1_000.0} <= {value for _, value, _ in thinned}


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.just("NaN"), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 9)),
            st.one_of(st.sampled_from(["NaN", "Infinity", "-Infinity"]), st.floats(-9, 9), st.integers(0, 9)),
            st.integers(0, 9),
        ),
        max_size=60,
    ),
    st.integers(8, 40),
    st.integers(1, 20),
)
def test_it_never_gives_more_than_it_is_asked_for_nor_what_was_not_reported(
    points: list[Any], most: int, width: int
) -> None:
    columns = columns_of(points, at_once=7)
    thinned = columns.points(most, width)
    assert len(thinned) == len(points) if len(points) <= most else 0 < len(thinned) <= most
    assert set(thinned) <= set(placed(points))
    assert [step for step, _, _ in thinned] == sorted(step for step, _, _ in thinned)


def test_memory_is_bounded_and_the_drawing_stays_right() -> None:
    columns = Columns(most=20_000, columns=2_500)
    chance = random.Random(1)
    points = [(n, 50.0 if n == 33_333 else math.sin(n / 9_000) + chance.random(), n) for n in range(200_000)]
    for start in range(0, len(points), 500):
        columns.add(points[start : start + 500])
        assert columns.size <= 24 * 20_000
    assert columns.count == 200_000
    thinned = columns.points(2_400, WIDTH)
    raster = Raster(points)
    whole, kept = raster.drawn(points), raster.drawn(thinned)
    for column in range(1, WIDTH - 1):
        # What is kept are more columns than pixels: at its side a pixel may show what is in the one beside it.
        assert reaches(whole[column], kept[column - 1 : column + 2])
        assert reaches(kept[column], whole[column - 1 : column + 2])
    assert (33_333, 50, 33_333) in thinned


def reaches(one: tuple[float, float] | None, around: Covered) -> bool:
    there = [place for place in around if place is not None]
    assert one is not None
    return min(low for low, _ in there) <= one[0] + 1 and max(high for _, high in there) >= one[1] - 1
