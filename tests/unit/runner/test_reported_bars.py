from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from buildwidget import report
from buildwidget.protocol.events import ProgressEvent
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State, initial_state
from buildwidget.runner.report_intake import ReportIntake
from buildwidget.runner.reported_bars import ReportedBars
from buildwidget.store.records import Draft


class Build:
    """What a build's reports fold to: every percent it had, and the state."""

    def __init__(self) -> None:
        self.percents: list[int | None] = []
        self._builder = StateBuilder(initial_state(id="b", owner="o", kind="track", created_at=0))

    def write(self, draft: Draft) -> None:
        self._builder.apply(draft.event)
        percent = self.state.percent
        if not self.percents or self.percents[-1] != percent:
            self.percents.append(percent)

    @property
    def state(self) -> State:
        return self._builder.state()


@pytest.fixture
def build() -> Iterator[Build]:
    made = Build()
    with report.use_sink(ReportIntake(made.write)):
        yield made


def test_nested_bars_give_the_percent_of_the_outer_one(build: Build) -> None:
    for _ in report.tqdm(range(4), desc="epoch"):
        for _ in report.tqdm(range(30), desc="batch", leave=False):
            pass
    assert set(build.percents) <= {0, 25, 50, 75, None}
    assert [(bar.id, bar.done, bar.closed) for bar in build.state.progress] == [
        ("epoch", True, None),
        ("batch", True, True),
    ]


def test_counts_that_are_reported_one_by_one_nest_alike(build: Build) -> None:
    for epoch in range(3):
        report.progress(epoch, 3, label="epoch")
        for batch in range(20):
            report.progress(batch, 20, label="batch")
    report.progress(3, 3, label="epoch")
    assert build.percents == [0, 33, 66, None]
    assert [bar.run for bar in build.state.progress] == [1, 4]


def in_threads(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def meeting(steps: int, barrier: threading.Barrier) -> Iterable[int]:
    """Steps that all threads make at the same time."""
    for step in range(steps):
        barrier.wait(10)
        yield step


def test_bars_of_several_threads_have_no_percent(build: Build) -> None:
    barrier = threading.Barrier(3)

    def work(number: int) -> None:
        for _ in report.tqdm(meeting(5, barrier), desc=f"worker {number}", total=5):
            pass

    in_threads(*(lambda number=number: work(number) for number in range(3)))  # type: ignore[misc]  # a default binds it
    assert set(build.percents) <= {0, None}
    assert build.percents[-1] is None
    assert [bar.level for bar in build.state.progress] == [0, 0, 0]


def test_bars_of_several_threads_within_one_leave_it_its_percent(build: Build) -> None:
    barrier = threading.Barrier(2)

    def work(number: int) -> None:
        for _ in report.tqdm(meeting(5, barrier), desc=f"worker {number}", total=5):
            pass

    for phase in report.tqdm(range(2), desc="phases"):
        numbers = range(10 * phase, 10 * phase + 2)
        in_threads(*(lambda number=number: work(number) for number in numbers))  # type: ignore[misc]  # as above
    assert [percent for percent in build.percents if percent is not None] in ([0], [0, 50])


def test_bars_of_tasks_that_take_turns_stand_side_by_side(build: Build) -> None:
    async def work(number: int) -> None:
        for step in range(6):
            report.progress(step, 6, label=f"task {number}")
            await asyncio.sleep(0)

    async def all_work() -> None:
        await asyncio.gather(*(work(number) for number in range(3)))

    asyncio.run(all_work())
    assert build.percents == [0, 16, None]
    assert [bar.level for bar in build.state.progress] == [0, 0, 0]


def event(id: str, current: Any, total: Any = 10, **more: Any) -> ProgressEvent:
    return ProgressEvent(at=1, id=id, label=id, current=current, total=total, **more)


def test_a_bar_that_starts_over_without_an_end_gets_one() -> None:
    bars = ReportedBars()
    bars.take(event("a", 9, done=False))
    assert bars.take(event("a", 0, done=False)) == [event("a", 9, closed=True), event("a", 0, done=False)]
    assert bars.take(event("a", 10, done=True)) == [event("a", 10, done=True)]
    assert bars.take(event("a", 0, done=False)) == [event("a", 0, done=False)]


def test_numbers_that_are_none_pass_as_they_are() -> None:
    bars = ReportedBars()
    for current in ("NaN", float("inf"), 2**2000):
        given = event("a", current)
        assert bars.take(given) == [given]
    assert bars.take(event("b", 1, "Infinity")) == [event("b", 1, "Infinity")]


def test_what_is_remembered_is_bounded() -> None:
    bars = ReportedBars()
    for n in range(1_000):
        bars.take(event(f"{n}", 1))
    assert len(bars._last) <= 100
