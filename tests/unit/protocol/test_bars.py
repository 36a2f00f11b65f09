from __future__ import annotations

import math
from typing import Any

import pytest

from buildwidget.protocol.bars import BarSection, bar_percent
from buildwidget.protocol.events import ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS
from buildwidget.protocol.state import ProgressRow


def bar(id: str, current: Any, total: Any = 10, **more: Any) -> ProgressEvent:
    return ProgressEvent(at=1, id=id, label=id, current=current, total=total, **more)


def fold(*events: ProgressEvent) -> BarSection:
    section = BarSection([])
    for event in events:
        section.apply(event)
    return section


def percents(*events: ProgressEvent) -> list[int | None]:
    """The percent after each event."""
    section, seen = BarSection([]), []
    for event in events:
        section.apply(event)
        seen.append(section.percent())
    return seen


@pytest.mark.parametrize(
    ("current", "total", "percent"),
    [
        (1, 3, 33),
        (2, 3, 66),
        (62.5, 100, 62),
        (99.99999999999999, 100, 99),
        (0.29, 1, 28),  # 100.0 * 0.29 is 28.999999999999996 in both languages
        (0, 5, 0),
        (-1, 5, 0),
        (6, 5, 100),
        (1e308, 5e-324, 100),
        (-1e308, 5e-324, 0),
        (5e-324, 1e308, 0),
        (2**1100, 5, None),
        (1, 0, None),
        (1, -5, None),
        (1, None, None),
        (1, "NaN", None),
        ("Infinity", 5, None),
        (1, math.inf, None),
        (math.nan, 1, None),
    ],
)
def test_percent_of_a_bar(current: Any, total: Any, percent: int | None) -> None:
    assert bar_percent(ProgressRow(id="", label="", current=current, done=False, total=total)) == percent


def test_a_bar_keeps_what_an_event_lacks() -> None:
    section = fold(bar("b", 1, unit="files", done=True, level=2), ProgressEvent(at=2, id="b", label="y", current=2))
    assert section.result() == [
        ProgressRow(id="b", label="y", current=2, total=10, unit="files", done=True, level=2, run=1)
    ]


def test_a_bar_that_is_over_begins_a_new_run_when_it_is_not_done_any_more() -> None:
    section = fold(bar("a", 10, done=True, unit="files", level=1), bar("b", 3), bar("a", 0, done=False))
    assert [(row.id, row.run, row.done, row.level) for row in section.result()] == [
        ("a", 3, False, None),
        ("b", 2, False, None),
    ]
    assert section.percent() == 30


def test_a_closed_bar_that_is_drawn_again_goes_on_with_its_run() -> None:
    section = fold(bar("a", 3), bar("b", 5), bar("a", 3, closed=True))
    assert section.percent() == 50
    section.apply(bar("a", 4, closed=False))
    assert [(row.run, row.closed) for row in section.result()] == [(1, None), (2, None)]
    assert section.percent() == 40


def test_the_outermost_bar_decides_whatever_the_inner_ones_do() -> None:
    inner = [bar("inner", n, done=n == 10) for n in (0, 5, 8, 10)]
    again = [bar("inner", 0, done=False), bar("inner", 9)]
    assert set(percents(bar("outer", 0, 4), *inner)) == {0}
    assert percents(bar("outer", 0, 4), *inner, bar("outer", 1, 4), *again)[-3:] == [25, 25, 25]


def test_no_bar_is_open_between_the_bars_of_a_sequence() -> None:
    assert percents(bar("a", 5), bar("a", 10, done=True), bar("b", 0), bar("b", 2), bar("b", 2, closed=True)) == [
        50,
        None,
        0,
        20,
        None,
    ]


def test_bars_side_by_side_have_no_percent_not_even_when_one_of_them_is_left() -> None:
    together = [bar("a", 1, level=0), bar("b", 2, level=0)]
    assert percents(*together, bar("a", 10, done=True), bar("b", 3)) == [10, None, None, None]
    assert percents(*together, bar("a", 10, done=True), bar("b", 10, done=True), bar("c", 4))[-1] == 40


def test_bars_side_by_side_within_an_outer_one_leave_it_its_percent() -> None:
    events = [bar("outer", 1, 4), bar("a", 1, level=1), bar("b", 2, level=1)]
    assert percents(*events) == [25, 25, 25]
    assert percents(*events, bar("a", 10, done=True), bar("outer", 4, 4, done=True))[-1] is None


def test_a_level_outdoes_the_order_of_first_sight() -> None:
    assert percents(bar("worker", 5, level=1), bar("all", 1)) == [None, 10]


def test_a_counter_without_a_total_does_not_stand_beside_a_bar() -> None:
    assert percents(bar("a", 5, level=0), bar("n", 7, None, level=0)) == [50, 50]


def test_runs_are_numbered_on_when_rows_have_fallen_out() -> None:
    section = fold(*(bar(f"{n}", 1) for n in range(MAX_PROGRESS + 5)))
    assert [row.run for row in section.result()] == list(range(6, MAX_PROGRESS + 6))
