"""From a commit in another process to the frame in a subscriber's hands, through a real server and a real WebSocket.

The clock runs from the return of the commit. The floor is a bare watcher of a file, which asks as often as the hub's.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import LogEvent, Todo, TodosEvent
from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.store import Store
from tests.bench.figures import Figure, Scale, Side, percentile
from tests.bench.probed_server import ProbedServer
from tests.server.page import Page
from tests.server.stored import StoredBuild, now

QUIET: Final = 0.25
"""Seconds after which the next event is a first one: longer than the interval of batches."""
STEADY_EVERY: Final = 0.01


class Subscriber:
    """A page and the build that it follows."""

    def __init__(self, store: Store, page: Page) -> None:
        self.build = StoredBuild(store).log("begin")
        self.page = page
        self._number = 1
        self._head = store.record(self.build.id).head
        page.subscribe(self.build.id)
        page.until_seq(self.build.id, self._head)

    def first(self) -> float:
        """Milliseconds for one event after a quiet time."""
        return self._takes(self._line())

    def urgent(self) -> float:
        """Milliseconds for an urgent event right behind another one."""
        self.build.append(self._line())
        self._head += 1
        return self._takes(TodosEvent(at=now(), todos=[Todo(id="1", content="a", status="pending")]))

    def steady(self, events: int) -> list[float]:
        """Milliseconds of each of many events that come all the time."""
        committed: dict[int, float] = {}
        writer = threading.Thread(target=self._write, args=(events, committed))
        writer.start()
        last, latencies = self._head + events, []
        while self._head < last:
            self.page.until_seq(self.build.id, self._head + 1)
            came, got = time.perf_counter(), self.page.cursors[self.build.id][1]
            # The frame may come before the writer's own note of the commit: then it took no time.
            latencies += [max(0.0, came - committed.get(seq, came)) * 1000 for seq in range(self._head + 1, got + 1)]
            self._head = got
        writer.join()
        assert len(latencies) == events
        return latencies

    def _write(self, events: int, committed: dict[int, float]) -> None:
        first = self._head + 1
        for seq in range(first, first + events):
            self.build.append(self._line())
            committed[seq] = time.perf_counter()
            time.sleep(STEADY_EVERY)

    def _takes(self, event: LogEvent | TodosEvent) -> float:
        self.build.append(event)
        self._head += 1
        committed = time.perf_counter()
        self.page.until_seq(self.build.id, self._head)
        return (time.perf_counter() - committed) * 1000

    def _line(self) -> LogEvent:
        self._number += 1
        return LogEvent(at=now(), first=self._number, lines=[("stdout", "a line")])


class Watch:
    """The floor: how long a commit takes to be noticed at all."""

    def __init__(self, store: Store, other: Store) -> None:
        self._build = StoredBuild(other).log("begin")
        self._number = 1
        self._noticed = threading.Event()
        self.watcher = ChangeWatcher(store, self._noticed.set)
        self.watcher.set_interest("active")

    def takes(self) -> float:
        """Milliseconds from a commit to the call."""
        self._number += 1
        self._noticed.clear()
        self._build.log("a line", first=self._number)
        committed = time.perf_counter()
        assert self._noticed.wait(10)
        return (time.perf_counter() - committed) * 1000


@contextmanager
def _watch(directory: Path) -> Iterator[Watch]:
    url = f"sqlite:///{directory}/floor.db"
    with Store.open(url) as store, Store.open(url) as other:
        watch = Watch(store, other)
        try:
            yield watch
        finally:
            watch.watcher.close()


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """First and urgent events, and those that come all the time."""
    phase = random.Random(5)
    with ExitStack() as stack:
        running = stack.enter_context(ProbedServer(directory / "server"))
        store = stack.enter_context(Store.open(running.server.database_url))
        page = stack.enter_context(Page(running.server.with_token()))
        watch = stack.enter_context(_watch(directory))
        subscriber = Subscriber(store, page)
        at_once: list[float] = []
        floor: list[float] = []
        for _ in range(scale.of(60, 4)):
            for measured in (subscriber.first, watch.takes, subscriber.urgent):
                # Anywhere between two looks of the watcher.
                time.sleep(QUIET / (1 if measured == subscriber.first else 5) + phase.random() * 0.04)
                (floor if measured == watch.takes else at_once).append(measured())
        steady = subscriber.steady(scale.of(500, 40))
    figures = [_at_once(at_once, floor, 0.5, 25.0), _at_once(at_once, floor, 0.99, 50.0)]
    return [*figures, _steady(steady)]


def _at_once(ours: list[float], floor: list[float], share: float, bound: float) -> Figure:
    value = percentile(ours, share)
    return Figure(
        what=f"commit to subscriber, urgent or first after quiet, p{share * 100:.0f}",
        unit="ms",
        ours=Side("hub", value),
        floor=Side("a look every 20 ms", percentile(floor, share)),
        judged=value,
        bound=bound,
        judged_as="ours",
        note=f"of {len(ours)} events",
    )


def _steady(latencies: list[float]) -> Figure:
    value = percentile(latencies, 0.99)
    return Figure(
        what="commit to subscriber, 100 events a second all the time, p99",
        unit="ms",
        ours=Side("hub", value),
        judged=value,
        bound=250.0,
        judged_as="ours",
        note=f"batches leave every 200 ms; p50 {percentile(latencies, 0.5):.0f} ms, the worst {max(latencies):.0f} ms",
    )
