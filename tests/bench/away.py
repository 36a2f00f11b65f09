"""A page that is away while much happens: what does it have when it is back, and how soon?"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildwidget.protocol.codec import decode_state
from buildwidget.store.store import Store
from tests.bench.figures import Figure, Samples, Scale, Side
from tests.bench.kernel_channel import Channel, kernel
from tests.bench.one_server import running
from tests.bench.paced import Paced
from tests.bench.viewer import Viewer
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.unit.hub.parts import Work

RATE: Final = 1_500
"""Events, or printed lines, per second."""
_PRINTS: Final = """
import time
_due = time.monotonic()
for _number in range(1, {count} + 1):
    print(_number)
    if _number % 15 == 0:
        _due += 15 / {rate}
        time.sleep(max(0, _due - time.monotonic()))
"""


@dataclass(frozen=True)
class Back:
    """What a page has that came back.

    Attributes:
        share: of what happened meanwhile.
        seconds: from its socket being open to having what was there then; None if it never has.
        how: by which frames.
    """

    share: float
    seconds: float | None
    how: str = ""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """The same page after a while, and a page that was opened anew, beside one that was there all the time."""
    seconds = scale.of(10, 1)
    with running(scale, directory) as server:
        with Store.open(server.database_url) as store:
            again, anew = _ours(server.with_token(), store, seconds)
        theirs = _theirs(server, seconds)
    assert again.seconds is not None
    assert anew.seconds is not None
    worst = max(again.seconds, anew.seconds)
    what = f"a page comes back after {seconds} s away at {RATE:,} events/s, another open meanwhile"
    return [
        Figure(
            what=f"{what}: what it has of them",
            unit="",
            ours=Side("WebSocket with its cursor", min(again.share, anew.share)),
            peer=Side("print, kernel channel, page reloaded", theirs.share),
            judged=min(again.share, anew.share),
            judged_as="ours",
            bound=1.0,
            at_least=True,
            note="checked line by line: counts, numbers, the state as the database folds it",
        ),
        Figure(
            what=f"{what}: from its socket being open to having all",
            unit="ms",
            ours=Side.of("WebSocket", Samples((again.seconds * 1000, anew.seconds * 1000))),
            judged=Samples((again.seconds * 1000, anew.seconds * 1000)).median,
            judged_as="ours",
            bound=1_000.0,
            note=f"with its cursor {again.seconds * 1000:.0f} ms ({again.how}), reloaded {anew.seconds * 1000:.0f} ms "
            f"({anew.how}), while the events go on; worst {worst * 1000:.0f} ms; the kernel channel never has them",
        ),
    ]


# Ours


def _ours(client: Client, store: Store, seconds: int) -> tuple[Back, Back]:
    build = Work(store, owner=OWNER).id
    with Paced(client.server.database_url, RATE, [build]) as writing, Viewer(client, build) as stays:
        leaves = Viewer(client, build)
        leaves.until(lambda it: it.snapshots == 1 and it.state.log.count > 0)
        leaves.close()
        back_at = time.monotonic() + seconds
        stays.until(lambda _: time.monotonic() > back_at)
        with (
            _back(store, client, build, leaves) as (again, again_took),
            _back(store, client, build) as (anew, anew_took),
        ):
            writing.stop()
            for viewer in (stays, again, anew):
                viewer.until_seq(writing.heads[build])
    return _checked(store, again, again_took), _checked(store, anew, anew_took)


@contextmanager
def _back(store: Store, client: Client, build: str, before: Viewer | None = None) -> Iterator[tuple[Viewer, float]]:
    """A page that has what was in the database when its socket was open; and how long that took."""
    with Viewer(client, build, before) as viewer:
        head = store.record(build).summary.head
        yield viewer, viewer.until_seq(head) - viewer.opened_at


def _checked(store: Store, viewer: Viewer, took: float) -> Back:
    truth = decode_state(store.hydrate(viewer.build).state)
    assert viewer.state == truth, "the page shows what the database has"
    written = viewer.seq - 1  # all but the first event are one line each
    assert truth.log.count == written
    return Back(truth.log.count / written, took, f"{viewer.snapshots} snapshots, {viewer.batches} batches in all")


# What a user would pick instead


def _theirs(server: JupyterServer, seconds: int) -> Back:
    """Lines printed while the page was reloading, of those that the kernel printed meanwhile."""
    with kernel(server) as identity, Channel(server, identity) as stays:
        leaves = Channel(server, identity)
        leaves.execute(_PRINTS.format(count=RATE * (seconds + 2), rate=RATE))
        seen = _numbers(leaves, until=bool)
        leaves.close()
        back_at = time.monotonic() + seconds
        meanwhile = _numbers(stays, until=lambda _: time.monotonic() > back_at)
        with Channel(server, identity) as again:
            last = max(meanwhile)
            later = _numbers(again, until=lambda numbers: max(numbers, default=0) >= RATE * (seconds + 2))
    missed = {number for number in meanwhile if max(seen) < number <= last}
    return Back(len(missed & later) / len(missed), None)


def _numbers(channel: Channel, until: Callable[[set[int]], bool]) -> set[int]:
    """The numbers that were printed, until the condition holds."""
    found: set[int] = set()
    while not until(found):
        message = channel.receive()
        assert message is not None
        if message.kind == "stream" and message.content["name"] == "stdout":
            found.update(int(number) for number in re.findall(r"\d+", message.content["text"]))
    return found
