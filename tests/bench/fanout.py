"""One build, many subscribers: what a delivery costs the server, and how long its event loop is held.

Subscribers are WebSockets of another process that only drains them. A batch is 16 kB and ends with something urgent, so
that it leaves at once; the next one comes when every subscriber has it.
"""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import LogEvent, Todo, TodosEvent
from buildwidget.store.store import Store
from tests.bench.drain import Drain
from tests.bench.figures import Figure, Samples, Scale, Side, interleave, percentile
from tests.bench.probed_server import ProbedServer, client_frame
from tests.server.stored import StoredBuild, now

BATCH: Final = 16 * 1024
LINES: Final = 40
AGES_MS: Final = 3_600_000
PACE: Final = 0.02
"""Seconds between batches of the floor: about as many as the hub sends, so that the processor is as cold for both."""


class Room:
    """A server, a build, and so many subscribers that have all of it."""

    def __init__(self, running: ProbedServer, store: Store, drain: Drain, subscribers: int) -> None:
        self.subscribers = subscribers
        self._server = running
        self._drain = drain
        self._marks = itertools.count(1)
        self._lines = itertools.count(1)
        self._build = StoredBuild(store).log("the first line")
        drain.connect(running.server.port, subscribers, running.hello())
        drain.send(client_frame(type="subscribe", build=self._build.id))
        drain.until('"the first line"')

    def broadcast(self) -> None:
        """One batch to everybody."""
        mark = f"mark {next(self._marks)}."
        text = "x" * (BATCH // LINES - 60)
        lines = [LogEvent(at=now(), first=next(self._lines), lines=[("stdout", text)]) for _ in range(LINES)]
        self._build.append(*lines, TodosEvent(at=now(), todos=[Todo(id="1", content=mark, status="pending")]))
        self._drain.until(mark)

    def cost(self, batches: int) -> float:
        """Processor time of the server per delivery, in microseconds, reading the database included."""
        self.broadcast()
        self._drain.until_bytes(0)
        before = self._server.probe().cpu
        for _ in range(batches):
            self.broadcast()
        spent = self._server.probe().cpu - before
        least, most = self._drain.until_bytes(1)
        assert least == most, "everybody gets the same"
        return spent / (batches * self.subscribers) * 1e6

    def lateness(self, batches: int) -> list[float]:
        """How late the loop was meanwhile, in seconds."""
        self._server.probe(late="start")
        for _ in range(batches):
            self.broadcast()
        return self._server.probe(late="stop").late


class RawSockets:
    """The floor: the same bytes to as many sockets, one ``socket.send`` each."""

    def __init__(self, drain: Drain, subscribers: int) -> None:
        self._drain = drain
        self._frame = b"x" * BATCH
        self._sockets: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0), backlog=subscribers) as listener:
            drain.connect(listener.getsockname()[1], subscribers)
            for _ in range(subscribers):
                connection, _ = listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.append(connection)

    def cost(self, batches: int) -> float:
        """Processor time per send, in microseconds."""
        spent = 0.0
        for _ in range(batches):
            time.sleep(PACE)
            began = time.thread_time()
            for connection in self._sockets:
                sent = connection.send(self._frame)
                assert sent == BATCH
            spent += time.thread_time() - began
            self._drain.until_bytes(BATCH)
        return spent / (batches * len(self._sockets)) * 1e6

    def close(self) -> None:
        """Hang up."""
        for connection in self._sockets:
            connection.close()


@contextmanager
def _server(directory: Path, subscribers: int) -> Iterator[tuple[ProbedServer, Store]]:
    # A drain says nothing, not even pong.
    running = ProbedServer(directory, max_connections=subscribers, heartbeat_ms=AGES_MS, timeout_ms=AGES_MS)
    with running, Store.open(running.server.database_url) as store:
        yield running, store


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Cost per delivery, and lateness of the loop."""
    return [_delivery(scale, directory / "some"), _lateness(scale, directory / "many")]


def _delivery(scale: Scale, directory: Path) -> Figure:
    subscribers, batches = scale.of(100, 10), scale.of(40, 3)
    with _server(directory, subscribers + 1) as (running, store), Drain() as many, Drain() as single, Drain() as plain:
        room, alone = Room(running, store, many, subscribers), Room(running, store, single, 1)
        raw = RawSockets(plain, subscribers)
        sides = {
            "ours": lambda: room.cost(batches),
            "alone": lambda: alone.cost(batches),
            "raw": lambda: raw.cost(batches),
        }
        found = interleave(sides, scale.of(7, 1))
        raw.close()
    ours, floor = Side.of("hub", found["ours"]), Side.of("socket.send", found["raw"])
    once = found["alone"].median
    further = (ours.value * subscribers - once) / (subscribers - 1)
    return Figure(
        what=f"processor time of the server per delivery of a 16 kB batch, {subscribers} subscribers",
        unit="us",
        ours=ours,
        floor=floor,
        judged=ours.value / floor.value,
        bound=3.0,
        judged_as="ours / floor",
        note="all of the server's process; noticing, reading and framing a batch and sending it to one subscriber takes"
        f" {once / 1000:.1f} ms, each further subscriber {further:.0f} us: {further / floor.value:.1f} raw sends",
        extra={"further_us": further, "once_us": once},
    )


def _lateness(scale: Scale, directory: Path) -> Figure:
    subscribers = scale.of(1000, 20)
    with _server(directory, subscribers) as (running, store), Drain() as drain:
        room = Room(running, store, drain, subscribers)
        room.lateness(3)
        rounds = [room.lateness(scale.of(10, 2)) for _ in range(scale.of(5, 1))]
    p99s = Samples(tuple(percentile(late, 0.99) * 1000 for late in rounds))
    ours = Side.of("hub", p99s)
    return Figure(
        what=f"lateness of the server's event loop while batches of 16 kB go to {subscribers} subscribers, p99",
        unit="ms",
        ours=ours,
        judged=ours.value,
        bound=10.0,
        judged_as="ours",
        note=f"the worst was {max(max(late) for late in rounds) * 1000:.1f} ms",
    )
