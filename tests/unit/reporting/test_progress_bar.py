from __future__ import annotations

import threading
from collections.abc import Callable
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
    assert (reports.calls[-1][2]["done"], reports.calls[-1][2]["closed"]) == (False, True)


def test_a_bar_that_is_not_to_be_left_is_closed_at_its_end(reports: Reports) -> None:
    bar = ProgressBar([1, 2], report=reports)
    bar.leave = False
    list(bar)
    assert (reports.calls[-1][2]["done"], reports.calls[-1][2]["closed"]) == (True, True)


def test_a_bar_that_starts_again_ends_first(reports: Reports) -> None:
    bar = ProgressBar[Any](report=reports, total=10)
    bar.update(3)
    bar.reset()
    ends = [(current, more["done"], more["closed"]) for current, _, more in reports.calls]
    assert ends == [(0, False, False), (3, False, True), (0, False, False)]


def test_bars_of_worker_threads_stand_side_by_side_within_that_of_the_main_thread(reports: Reports) -> None:
    def in_thread(make: Callable[[], ProgressBar[Any]]) -> ProgressBar[Any]:
        made: list[ProgressBar[Any]] = []
        thread = threading.Thread(target=lambda: made.append(make()))
        thread.start()
        thread.join()
        # The system may give the next thread the same number.
        made[0].thread = -len(workers) - 1
        return made[0]

    workers: list[ProgressBar[Any]] = []
    workers.append(in_thread(lambda: ProgressBar(range(3), report=reports)))
    workers.append(in_thread(lambda: ProgressBar(range(3), report=reports)))
    assert [bar.level for bar in workers] == [0, 0]
    outer = ProgressBar(range(2), report=reports)
    assert (outer.level, [bar.level for bar in workers]) == (None, [1, 1])
    workers.append(in_thread(lambda: ProgressBar(range(3), report=reports)))
    assert workers[-1].level == 1
    for bar in (*workers, outer):
        bar.close()
    alone = in_thread(lambda: ProgressBar(range(3), report=reports))
    assert alone.level is None


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
