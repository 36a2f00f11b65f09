from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest_asyncio

from buildwidget.hub.fanout import Fanout
from tests.unit.hub.parts import until


class Woken:
    def __init__(self, log: list[Woken]) -> None:
        self.log = log

    def go(self) -> None:
        self.log.append(self)


@pytest_asyncio.fixture
async def fanout() -> AsyncIterator[Fanout]:
    made = Fanout(chunk=3)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_everybody_is_woken_once_in_order(fanout: Fanout) -> None:
    log: list[Woken] = []
    waiting = [Woken(log) for _ in range(10)]
    for one in (*waiting, waiting[0]):
        fanout.wake(one)
    await until(lambda: len(log) == 10)
    assert log == waiting


async def test_the_loop_gets_a_turn_between_chunks(fanout: Fanout) -> None:
    log: list[Woken] = []
    for _ in range(10):
        fanout.wake(Woken(log))
    counts = []
    while len(log) < 10:
        await asyncio.sleep(0)
        counts.append(len(log))
    assert {3, 6, 9, 10} <= set(counts)


async def test_who_is_forgotten_is_not_woken(fanout: Fanout) -> None:
    log: list[Woken] = []
    stays, goes = Woken(log), Woken(log)
    fanout.wake(goes)
    fanout.wake(stays)
    fanout.forget(goes)
    await until(lambda: log)
    assert log == [stays]
