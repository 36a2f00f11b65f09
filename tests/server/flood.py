"""Writes many events into a build as fast as it can, as a runner in another process.

Arguments: the database's URL, the build, how many events, how many at once.
"""

from __future__ import annotations

import os
import sys
import time

from buildwidget.protocol.events import LogEvent
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.records import Draft
from buildwidget.store.store import Store

LINE = "x" * 250


def flood(url: str, build: str, total: int, per_append: int) -> None:
    with Store.open(url) as store:
        appender = store.claim(build, ProcessIdentity.of(os.getpid()))
        for start in range(0, total, per_append):
            at = time.time_ns() // 1_000_000
            numbers = range(start + 1, start + per_append + 1)
            appender.append([Draft(LogEvent(at=at, first=number, lines=[("stdout", LINE)])) for number in numbers])


if __name__ == "__main__":
    flood(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
