from __future__ import annotations

from typing import Any

import pytest

from buildwidget.reporting.progress_bar import ProgressBar


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Reports:
    def __init__(self) -> None:
        self.calls: list[tuple[float, float | None, dict[str, Any]]] = []

    def __call__(self, current: float, total: float | None, **more: Any) -> None:
        self.calls.append((current, total, more))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reports() -> Reports:
    return Reports()


def test_an_iteration_is_told_at_its_start_its_end_and_now_and_then(clock: Clock, reports: Reports) -> None:
    for _ in ProgressBar(range(100), report=reports, desc="epoch", clock=clock):
        clock.now += 0.01
    counts = [current for current, _, _ in reports.calls]
    assert counts[0] == 0
    assert counts[-1] == 100
    assert 10 <= len(counts) <= 13
    assert reports.calls[0][1] == 100
    assert [more["done"] for _, _, more in reports.calls] == [False] * (len(counts) - 1) + [True]


def test_bars_of_one_description_share_a_row(reports: Reports) -> None:
    for _ in range(2):
        list(ProgressBar(range(2), report=reports, desc="batch: "))
    list(ProgressBar([1], report=reports))
    list(ProgressBar([1], report=reports))
    ids = {more["id"] for _, _, more in reports.calls}
    assert len(ids) == 3
    assert "batch" in ids


def test_a_loop_that_is_left_early_closes_its_bar(reports: Reports) -> None:
    iteration = iter(ProgressBar(range(10), report=reports))
    next(iteration)
    next(iteration)
    iteration.close()  # type: ignore[attr-defined]  # a generator, as a loop would close it
    assert reports.calls[-1][0] == 1
    assert reports.calls[-1][2]["done"]


def test_it_counts_without_an_iterable(reports: Reports, clock: Clock) -> None:
    with ProgressBar[Any](report=reports, total=50, unit="B", clock=clock) as bar:
        clock.now = 1.0
        bar.update(20)
        bar.set_postfix(loss=0.12345)
        clock.now = 2.0
        bar.set_postfix(loss=0.12345)
    assert [current for current, _, _ in reports.calls] == [0, 20, 20, 20]
    assert reports.calls[-1][2]["label"] == " (loss=0.123)"
    assert len(bar) == 50


def test_what_has_no_length_has_no_total(reports: Reports) -> None:
    assert list(ProgressBar(iter("ab"), report=reports)) == ["a", "b"]
    assert reports.calls[-1][:2] == (2, None)
