"""What our extension costs the kernels that share the server's event loop: an echo's round trip, with and without."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildwidget.store.store import Store
from tests.bench.drain import Drain
from tests.bench.figures import Figure, Samples, Scale, Side, percentile
from tests.bench.kernel_channel import Channel, kernel
from tests.bench.one_server import running
from tests.bench.paced import Paced
from tests.bench.probed_server import client_frame, hello
from tests.server.jupyter_process import OTHER_EXTENSIONS, OWNER, JupyterServer
from tests.unit.hub.parts import Work

BUILDS: Final = 10
RATE: Final = 100
SUBSCRIBERS: Final = 10
PAUSE: Final = (0.002, 0.012)
"""Seconds between two echoes, at random, so that they meet the batches anywhere."""


@dataclass(frozen=True)
class Echo:
    """A kernel and a channel to it."""

    channel: Channel

    def round_trips(self, count: int, dice: random.Random) -> list[float]:
        """So many, in milliseconds."""
        took = []
        for _ in range(count):
            time.sleep(dice.uniform(*PAUSE))
            began = time.perf_counter()
            self.channel.reply(self.channel.request("kernel_info_request", {}))
            took.append((time.perf_counter() - began) * 1000)
        return took


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Both servers in turn, while the same processes write the same builds."""
    rounds, count = scale.of(10, 1), scale.of(100, 20)
    trips: dict[str, list[list[float]]] = {"with": [], "without": []}
    with ExitStack() as stack:
        ours = stack.enter_context(running(scale, directory / "with"))
        bare = stack.enter_context(_without(directory / "without"))
        echoes = {"with": stack.enter_context(_echo(ours)), "without": stack.enter_context(_echo(bare))}
        store = stack.enter_context(Store.open(ours.database_url))
        builds = [Work(store, owner=OWNER).id for _ in range(BUILDS)]
        writing = stack.enter_context(Paced(ours.database_url, RATE, builds))
        dice = random.Random(1)
        for number in range(rounds):
            for name in ("with", "without") if number % 2 == 0 else ("without", "with"):
                with _watched(ours, builds) if name == "with" else contextlib.nullcontext():
                    echoes[name].round_trips(5, dice)
                    trips[name].append(echoes[name].round_trips(count, dice))
        writing.stop()
    return [_figure(trips, share, name, writing.behind) for share, name in ((0.5, "p50"), (0.99, "p99"))]


def _figure(trips: dict[str, list[list[float]]], share: float, name: str, behind: float) -> Figure:
    sides = {
        side: Side(
            label,
            percentile([took for each in trips[side] for took in each], share),
            Samples(tuple(percentile(each, share) for each in trips[side])).noise,
        )
        for side, label in (("with", "server with the extension"), ("without", "without"))
    }
    return Figure(
        what=f"kernel echo, {name}, while {BUILDS} builds make {RATE} events/s each, for {SUBSCRIBERS} viewers of all",
        unit="ms",
        ours=sides["with"],
        floor=sides["without"],
        judged=sides["with"].value / sides["without"].value,
        bound=1.15,
        judged_as="ours / floor",
        note=f"{sum(map(len, trips['with']))} round trips of kernel_info_request each, in turn; the same process "
        "writes the same builds all the time, the viewers are there while the server with the extension is measured. "
        f"It was at most {behind * 1000:.0f} ms behind (p99).",
    )


@contextlib.contextmanager
def _without(directory: Path) -> Iterator[JupyterServer]:
    extensions = {"jupyter_extension": False, **dict.fromkeys(OTHER_EXTENSIONS, False)}
    server = JupyterServer(directory, config={"ServerApp": {"jpserver_extensions": extensions}})
    try:
        yield server.start(until="/api/status")
    finally:
        server.stop(signal.SIGKILL)


@contextlib.contextmanager
def _echo(server: JupyterServer) -> Iterator[Echo]:
    with kernel(server) as identity, Channel(server, identity) as channel:
        yield Echo(channel)


@contextlib.contextmanager
def _watched(server: JupyterServer, builds: list[str]) -> Iterator[None]:
    """So many pages, each following all the builds."""
    with Drain() as drain:
        drain.connect(server.port, SUBSCRIBERS, hello(server))
        for build in builds:
            drain.send(client_frame(type="subscribe", build=build))
        drain.until_bytes(0)
        drain.until_bytes(10_000)
        yield
        drain.until_bytes(0)
        least, _ = drain.until_bytes(1)
        assert least > 0, "everybody is sent what happens"
