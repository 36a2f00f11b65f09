"""Many events and many clients, measured: the event loop that kernels share stays free, and everybody gets the same."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from buildwidget.hub import Hub
from buildwidget.protocol.frames import Cursor, Subscribe, Watch
from buildwidget.store.store import Store
from tests.server.jupyter_process import OWNER, REPOSITORY, Client
from tests.server.page import Page
from tests.unit.hub.parts import OWNER as HUB_OWNER
from tests.unit.hub.parts import Client as HubClient
from tests.unit.hub.parts import Work, until

STALL = 0.05
"""Seconds of lateness that a person would notice."""


class Lateness:
    """How late the loop ran something that was due every 5 ms, and how long its own thread worked meanwhile.

    Lateness is what a kernel feels, but it also counts other processes and the interpreter's lock; the thread's
    own work does not.
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self.worked: list[float] = []
        self.wall = 0.0

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        started = time.perf_counter()
        task = asyncio.create_task(self._measure())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self.wall = time.perf_counter() - started

    async def _measure(self) -> None:
        while True:
            due, before = time.perf_counter() + 0.005, time.thread_time()
            await asyncio.sleep(0.005)
            self.late.append(time.perf_counter() - due)
            self.worked.append(time.thread_time() - before)

    @property
    def p99(self) -> float:
        return sorted(self.late)[int(len(self.late) * 0.99)]

    @property
    def stalled(self) -> float:
        """The share of the time that was lost in stalls."""
        return sum(late for late in self.late if late > STALL) / self.wall

    def __str__(self) -> str:
        late = f"p99 {self.p99 * 1000:.1f} ms, worst {max(self.late) * 1000:.1f} ms, stalled {self.stalled:.1%}"
        return f"{late}, longest work {max(self.worked) * 1000:.1f} ms"


class Nobody:
    """A page far away: what it does with its frames takes none of this process's time."""

    async def send(self, frame: bytes) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        pass


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/builds.db") as opened:
        yield opened


async def flood(store: Store, build: str, total: int) -> None:
    arguments = ("-m", "tests.server.flood", store.url, build, str(total), "200")
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=REPOSITORY)
    assert await process.wait() == 0


@pytest.fixture
def young_heap() -> Iterator[None]:
    """Whatever the other tests left does not count: a full collection of all that would be the longest stall."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("young_heap")
async def test_the_loop_stays_free_while_100_000_events_arrive(own_store: Store) -> None:
    with ThreadPoolExecutor(4) as executor:
        hub = Hub(own_store, owner=HUB_OWNER, executor=executor)
        await hub.start()
        control, watched = Lateness(), Lateness()
        try:
            async with control.measured():
                await flood(own_store, Work(own_store, owner=HUB_OWNER).id, 20_000)
            work = Work(own_store, owner=HUB_OWNER)
            client = hub.connect(Nobody())
            client.handle(Subscribe(work.id))
            await until(lambda: client.cursor(work.id))
            async with watched.measured():
                await flood(own_store, work.id, 100_000)
                await until(
                    lambda: client.cursor(work.id) == Cursor(work.appender.epoch, 100_001), what="the last event"
                )
        finally:
            await hub.stop()
    print(f"nobody watches: {control}; one subscriber: {watched}")
    # What tells a hub that reads on the loop: seldom, but for long, so that no percentile shows it.
    assert max(watched.worked) < 0.02
    # Coarse, for it is also late where other processes take the cores.
    assert watched.p99 < 2 * STALL + 3 * control.p99


async def test_the_database_is_never_called_on_the_loop(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    here = threading.get_ident()
    callers: set[int] = set()
    reading = own_store.database.reading

    def noted() -> object:
        callers.add(threading.get_ident())
        return reading()

    work = Work(own_store, owner=HUB_OWNER)
    early = own_store.hydrate(work.id)
    work.lines(3)
    monkeypatch.setattr(own_store.database, "reading", noted)
    with ThreadPoolExecutor(2) as executor:
        hub = Hub(own_store, owner=HUB_OWNER, executor=executor)
        await hub.start()
        fresh, resumed = HubClient(hub), HubClient(hub)
        fresh.subscribe(work.id)
        resumed.subscribe(work.id, Cursor(early.epoch, early.seq))
        fresh.connection.handle(Watch())
        await until(lambda: resumed.seq(work.id) == 4 and fresh.of("snapshot") and fresh.of("builds"))
        await until(lambda: hub.active_builds() == 1)
        await hub.stop()
    assert callers
    assert here not in callers


def test_every_page_of_a_server_gets_the_same(client: Client, store: Store) -> None:
    work = Work(store, owner=OWNER)
    with ExitStack() as stack:
        pages = [stack.enter_context(Page(client)) for _ in range(20)]
        for page in pages:
            page.subscribe(work.id)
            page.until_seq(work.id, work.head)
        for _ in range(5):
            work.lines(30)
            work.todos()
        for page in pages:
            page.until_seq(work.id, work.head)
    assert len(pages[0].logs[work.id]) == 155
    assert all(page.logs == pages[0].logs for page in pages)
