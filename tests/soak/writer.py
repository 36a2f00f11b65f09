"""One build in a process of its own, as a runner is: ``python -m tests.soak.writer URL DIRECTORY SEED PLAN``.

Prints ``{"build": id}`` when it begins and ``{"build": id, "end": how}`` when nothing more is written. A line of
input asks it to come to its end at once; it exits when its input ends.
"""

from __future__ import annotations

import json
import random
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from buildwidget.protocol.events import StatusEvent
from buildwidget.store.errors import Fenced, NotFound, Unavailable
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.server.stored import StoredBuild, now
from tests.soak.journal import JournaledAppender
from tests.soak.mix import Mix
from tests.soak.plan import FULL, TOY, Plan

_PATIENCE: Final = 60.0

T = TypeVar("T")


class Work:
    """The build and its writer."""

    def __init__(self, store: Store, directory: Path, rng: random.Random) -> None:
        self._store = store
        self._rng = rng
        build = StoredBuild(store)
        self.id = build.id
        store.claim(build.id, ProcessIdentity.of())
        self._writer = Writer(JournaledAppender(store, build.id, directory))
        self._writer.write(StatusEvent(at=now(), status="running"))

    def run(self, plan: Plan) -> None:
        """Write for the build's life, or until there is a line of input."""
        rng = self._rng
        mix = Mix(rng)
        ends = time.monotonic() + rng.uniform(*plan.life)
        bursts_at = time.monotonic() + rng.uniform(0, plan.life[0])
        while (left := ends - time.monotonic()) > 0:
            if bursts_at <= time.monotonic():
                bursts_at = ends
                some = mix.outburst(plan.outburst)
            else:
                some = mix.some(rng.choice((1, 1, 2, 5, 12)))
            for draft in some:
                self._writer.write(draft)
            if self._is_missing() or asked_to_end(min(left, rng.uniform(0, plan.pace))):
                return

    def end(self) -> str:
        """End it, or (one in four) keep it running; how it ended."""
        how = self._rng.choice(("succeeded", "failed", "cancelled", "open"))
        if self._is_missing():
            return "missing"
        if how == "open":
            self._writer.flush(_PATIENCE)
            return how
        self._writer.end(StatusEvent(at=now(), status=how, exit_code=0))  # type: ignore[arg-type] # an end
        return how

    def _is_missing(self) -> bool:
        """Whether a restore has taken the build away, which its writer would wait for in vain."""
        if self._writer.problem is None:
            return False
        try:
            self._store.record(self.id)
        except NotFound:
            return True
        except Unavailable:
            return False
        return False


def asked_to_end(seconds: float) -> bool:
    """Whether there is input within so many seconds."""
    return bool(select.select([sys.stdin], [], [], max(0.0, seconds))[0])


def main(url: str, directory: str, seed: str, size: str) -> None:
    """The whole of it."""
    plan = {"full": FULL, "toy": TOY}[size]
    with insist(lambda: Store.open(url)) as store:
        work = insist(lambda: Work(store, Path(directory), random.Random(seed)))
        print(json.dumps({"build": work.id}), flush=True)
        try:
            work.run(plan)
            how = work.end()
        except Fenced:
            how = "fenced"
        print(json.dumps({"build": work.id, "end": how}), flush=True)
        sys.stdin.read()  # an open build is not lost before all have looked at it


def insist(do: Callable[[], T]) -> T:
    """Do it, again and again while the database is away."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return do()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
