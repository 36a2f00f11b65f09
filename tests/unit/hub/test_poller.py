from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from buildwidget.hub import poller
from buildwidget.hub.poller import PATIENCE, Poller
from tests.unit.hub.parts import until


@asynccontextmanager
async def running(made: Poller) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class Work:
    def __init__(self) -> None:
        self.runs = 0
        self.troubles = 0
        self.errors: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(self) -> None:
        self.runs += 1
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop()

    def poller(self, interval: float = 0) -> Poller:
        return Poller(self.run, interval=interval, on_trouble=self.trouble)

    def trouble(self, error: Exception) -> None:
        self.troubles += 1


async def settle(condition: Callable[[], bool]) -> None:
    """The condition holds, and still does after everything that was due has run."""
    await until(condition)
    for _ in range(20):
        await asyncio.sleep(0)
    assert condition()


async def test_many_requests_are_one_run() -> None:
    work = Work()
    made = work.poller()
    async with running(made):
        for _ in range(10):
            made.request()
        await settle(lambda: work.runs == 1)


async def test_a_request_during_a_run_is_one_more_run_after_it() -> None:
    work = Work()
    work.gate.clear()
    made = work.poller()
    async with running(made):
        made.request()
        await until(lambda: work.runs == 1)
        made.request()
        made.request()
        await settle(lambda: work.runs == 1)
        work.gate.set()
        await settle(lambda: work.runs == 2)


async def test_runs_are_at_least_an_interval_apart() -> None:
    work = Work()
    made = work.poller(interval=1000)
    async with running(made):
        made.request()
        await until(lambda: work.runs == 1)
        made.request()
        await settle(lambda: work.runs == 1)


async def test_it_goes_on_after_failures_and_tells_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "FIRST_RETRY", 0.001)
    work = Work()
    work.errors = [RuntimeError("locked") for _ in range(PATIENCE + 2)]
    made = work.poller()
    async with running(made):
        made.request()
        await settle(lambda: work.runs == PATIENCE + 3)
        assert work.troubles == 1


async def test_a_short_failure_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "FIRST_RETRY", 0.001)
    work = Work()
    work.errors = [RuntimeError("locked")]
    made = work.poller()
    async with running(made):
        made.request()
        await settle(lambda: work.runs == 2)
        assert work.troubles == 0
