"""5,000 log lines a second in a real browser: how evenly it goes on drawing, and whether its memory stays level.

The lines are stored as a runner stores them and take the whole way: database, server, WebSocket, fold, view. The plain
output gets the same lines from a timer in the page, which costs it no server and no wire.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from buildwidget.protocol.events import LogEvent
from buildwidget.store.store import Store
from tests.bench.browser import BrowserPage
from tests.bench.browser_refresh import log_line
from tests.bench.figures import Figure, Scale, Side, percentile
from tests.server.jupyter_process import JupyterServer
from tests.server.stored import StoredBuild, now
from tests.waiting import wait_until

RATE: Final = 5_000
BATCHES: Final = 10
"""Per second: how often the writer commits."""
LINES_PER_EVENT: Final = 100


@dataclass(frozen=True)
class Run:
    """What one side did.

    Attributes:
        frame: the time between two frames, ms, the 95th percentile.
        worst: the longest one.
        busy: share of the time that the main thread worked.
        early: bytes of heap after a garbage collection, a quarter into the run.
        late: the same at its end.
    """

    frame: float
    worst: float
    busy: float
    early: float
    late: float

    @property
    def growth(self) -> float:
        return self.late / self.early


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Frames and memory."""
    seconds = scale.of(20, 1)
    server = JupyterServer(directory)
    with BrowserPage() as page:
        try:
            server.start()
            with Store.open(server.database_url) as store:
                page.open(server.url, server.token)
                ours = _ours(page, store, seconds)
            page.call("reload")
            page.evaluate("([lines, batches]) => bench.pour(lines, batches)", [RATE, BATCHES])
            plain = _run(page, seconds / 2, time.sleep)
        finally:
            server.stop(signal.SIGKILL)
    return _figures(ours, plain, seconds)


def _ours(page: BrowserPage, store: Store, seconds: float) -> Run:
    writer = _Writer(StoredBuild(store, name="A talkative build"))
    writer.write(0.2)
    page.evaluate("(arguments) => bench.mount(...arguments)", [writer.build.id, store.database_id, writer.count])
    found = _run(page, seconds, writer.write)
    wait_until(lambda: page.evaluate("() => bench.last()") == writer.count, timeout=20, what="the last line")
    return found


class _Writer:
    def __init__(self, build: StoredBuild) -> None:
        self.build = build
        self.count = 0

    def write(self, seconds: float) -> None:
        """Store lines at the rate, for so long."""
        began, size = time.monotonic(), RATE // BATCHES
        for batch in range(round(seconds * BATCHES)):
            time.sleep(max(0.0, began + batch / BATCHES - time.monotonic()))
            self.build.append(*(self._event() for _ in range(size // LINES_PER_EVENT)))
        time.sleep(max(0.0, began + seconds - time.monotonic()))

    def _event(self) -> LogEvent:
        first = self.count + 1
        self.count += LINES_PER_EVENT
        lines: list[Any] = [("stdout", log_line(number)) for number in range(first, self.count + 1)]
        return LogEvent(at=now(), first=first, lines=lines)


def _run(page: BrowserPage, seconds: float, go_on: Callable[[float], None]) -> Run:
    """Looks at the page for so long, while it goes on."""
    go_on(seconds / 4)
    early = page.call("heap")
    before = page.call("spent")["TaskDuration"]
    page.evaluate("() => bench.watchFrames()")
    go_on(seconds * 3 / 4)
    frames: list[float] = page.evaluate("() => bench.seenFrames()")
    busy = (page.call("spent")["TaskDuration"] - before) / (sum(frames) / 1000)
    late = page.call("heap")
    return Run(percentile(frames, 0.95), max(frames), busy, early, late)


def _figures(ours: Run, plain: Run, seconds: int) -> list[Figure]:
    what = f"{RATE:,} log lines a second in the browser"
    return [
        Figure(
            what=f"{what}: time from frame to frame, p95 of {seconds} s",
            unit="ms",
            ours=Side("widget", ours.frame),
            peer=Side("plain output", plain.frame),
            judged=ours.frame,
            bound=25.0,
            judged_as="ours",
            note=f"the longest frame took {ours.worst:.0f} ms, and {plain.worst:.0f} ms beside; the main thread worked "
            f"{ours.busy:.0%} of the time, and {plain.busy:.0%} beside, where nothing came over a wire",
        ),
        Figure(
            what=f"{what}: heap at the end, as a multiple of that after a quarter of the time",
            unit="x",
            ours=Side("widget", ours.growth),
            peer=Side("plain output", plain.growth),
            judged=ours.growth,
            bound=1.2,
            judged_as="ours",
            note=f"{ours.early / 1e6:.1f} MB and {ours.late / 1e6:.1f} MB of JavaScript; beside in half the time "
            f"{plain.early / 1e6:.1f} MB and {plain.late / 1e6:.1f} MB, and what its nodes take comes on top",
        ),
    ]
