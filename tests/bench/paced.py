"""Writes events into builds at a steady rate, in a process of its own, as runners do.

Arguments: the database's URL, events per second and build, bytes of a line, the builds. Each event is one line of the
log with the time it was written. Goes on until its input ends, and then prints the heads, and how long it was behind.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from typing import Any, Final

from buildwidget.protocol.events import LogEvent
from buildwidget.store.drafts import draft
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.store import Store
from tests.bench.child import Child
from tests.bench.figures import percentile

EVERY: Final = 0.1
"""Seconds between two appends; a runner's writer commits what queued while the last commit ran."""


class Paced(Child):
    """The process; from now until the end of the block."""

    def __init__(self, url: str, rate: int, builds: list[str], size: int = 60) -> None:
        super().__init__("tests.bench.paced", url, str(rate), str(size), *builds)
        self.heads: dict[str, int] = {}
        self.behind = 0.0

    def stop(self) -> None:
        """Ends it; ``heads`` are the last seqs, ``behind`` how many seconds it was late (p99)."""
        told: dict[str, Any] = json.loads(self.end())
        self.heads, self.behind = told["heads"], told["behind"]


def main(url: str, rate: int, size: int, builds: list[str]) -> None:
    """Writes until the end of the input."""
    behind, made = [0.0], 0
    with Store.open(url) as store:
        appenders = [store.claim(build, ProcessIdentity.of(os.getpid())) for build in builds]
        began = time.monotonic()
        due = began
        while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
            behind.append(max(0.0, time.monotonic() - due))
            due += EVERY
            upto = round((due - began) * rate)
            at = time.time_ns() // 1_000_000
            text = f"{at} ".ljust(size, "x")
            lines = [LogEvent(at=at, first=number, lines=[("stdout", text)]) for number in range(made + 1, upto + 1)]
            for appender in appenders:
                appender.append([draft(line) for line in lines])
            made = upto
        print(json.dumps({"heads": {it.build_id: it.head for it in appenders}, "behind": percentile(behind, 0.99)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
