"""Nothing runs, many pages are open: what the server still does. A rest that is none costs every laptop its battery."""

from __future__ import annotations

import selectors
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from buildwidget.store.store import Store
from tests.bench.figures import Figure, Samples, Scale, Side
from tests.bench.probed_server import ProbedServer
from tests.server.jupyter_process import OWNER
from tests.server.page import Page
from tests.store.making import ended

VIEWS: Final = 20
HEARTBEAT: Final = 30.0
"""Seconds between two heartbeats. A page pings as often, or with one that comes half of it after the last ping."""
SETTLING: Final = 60.0
"""Seconds within which the server must have come to rest."""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Processor time of the server, as a share of a core, and its database queries; the peer is Jupyter without us."""
    with ExitStack() as stack:
        # At toy size what comes every 10 or 30 s comes often enough to be seen.
        often: dict[str, Any] = {"activity_ms": 100, "sweep_seconds": 0.1} if scale.toy else {}
        ours = stack.enter_context(ProbedServer(directory / "ours", **often))
        bare = stack.enter_context(ProbedServer(directory / "bare", ours=False))
        with Store.open(ours.server.database_url) as store:
            builds = [ended(store, owner=OWNER) for _ in range(scale.of(1000, 30))]
        pages = []
        for build in builds[-VIEWS:]:
            page = stack.enter_context(Page(ours.server.with_token()))
            page.send("watch")
            page.subscribe(build)
            page.until(lambda frame: frame["type"] == "snapshot")
            pages.append(page)
        stack.enter_context(_living(pages))
        _rest(ours, scale)
        seconds, rounds = scale.of(30, 1), scale.of(2, 1)
        before = ours.probe().queries
        shares = [_busy((ours, bare), seconds) for _ in range(rounds)]
        queries = ours.probe().queries - before
    with_us, without = (Samples(tuple(share[side] for share in shares)) for side in (0, 1))
    return [_share(with_us, without), _queries(queries, rounds * seconds)]


@contextmanager
def _living(pages: list[Page]) -> Iterator[None]:
    """Pages do what those of browsers do (``connection.ts``): read, answer pings, and ping themselves."""
    ended_now = threading.Event()

    def live() -> None:
        pinged = dict.fromkeys(pages, time.monotonic())
        with selectors.DefaultSelector() as selector:
            for page in pages:
                selector.register(page.socket.sock, selectors.EVENT_READ, page)
            while not ended_now.is_set():
                heard = {key.data for key, _ in selector.select(0.2)}
                now = time.monotonic()
                for page in heard:
                    page.receive()
                for page, before in pinged.items():
                    if now - before >= (HEARTBEAT / 2 if page in heard else HEARTBEAT):
                        pinged[page] = now
                        page.send("ping", n=1)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        ended_now.set()
        thread.join()


def _rest(server: ProbedServer, scale: Scale) -> None:
    """Wait until no query was made for longer than anything periodic waits."""
    quiet = scale.of(12, 1)
    deadline = time.monotonic() + SETTLING
    while True:
        server.server.with_token().get("status")  # has the builds counted, which would else be done in the next 30 s
        before = server.probe().queries
        time.sleep(quiet)
        if server.probe().queries == before:
            return
        assert time.monotonic() < deadline, "the server does not come to rest"


def _busy(servers: Sequence[ProbedServer], seconds: int) -> list[float]:
    """The share of a core, in percent, of each over the same so many seconds."""
    began, before = time.monotonic(), [server.probe().cpu for server in servers]
    time.sleep(seconds)
    after = [server.probe().cpu for server in servers]
    took = time.monotonic() - began
    return [(now - then) / took * 100 for now, then in zip(after, before, strict=True)]


def _share(ours: Samples, bare: Samples) -> Figure:
    side = Side.of("with buildwidget", ours)
    return Figure(
        what=f"processor of a server at rest, {VIEWS} open views, 1,000 builds that have ended",
        unit="% of a core",
        ours=side,
        peer=Side.of("jupyter_server alone", bare),
        judged=side.value,
        bound=0.2,
        judged_as="ours",
        note="both at the same time; the pings of the pages and what this asks itself are included",
    )


def _queries(queries: int, seconds: int) -> Figure:
    return Figure(
        what=f"database queries of a server at rest, in {seconds} s",
        unit="queries",
        ours=Side("with buildwidget", queries),
        judged=queries,
        bound=0,
        judged_as="ours",
    )
