"""Runs a soak: a real server, a process for each build, processes of clients, and the faults between them."""

from __future__ import annotations

import contextlib
import json
import queue
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from buildwidget.protocol.events import ENDS
from buildwidget.protocol.frames import Cursor
from buildwidget.store.store import Store
from tests.server.jupyter_process import JupyterServer
from tests.soak.journal import read_journals
from tests.soak.plan import Action, Plan, schedule
from tests.soak.verify import Restore, Truth, read_result, verify
from tests.waiting import wait_until

_PATIENCE: Final = 120.0
"""Seconds within which processes end that were asked to."""


@dataclass
class Report:
    """What a soak came to; ``faults`` is empty if all is well."""

    seed: int
    builds: int = 0
    stored_events: int = 0
    kills: int = 0
    stops: int = 0
    restored: int = 0
    away: int = 0
    histories: int = 0
    slowest_start: float = 0.0
    ends: dict[str, int] = field(default_factory=dict)
    followed: int = 0
    states: int = 0
    seconds: float = 0.0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Child:
    """A process whose lines of JSON come in a queue."""

    def __init__(self, inbox: queue.Queue[tuple[Child, dict[str, Any]]], module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.build: str | None = None
        self._reading = threading.Thread(target=self._read, args=(inbox,))
        self._reading.start()

    def send(self, **message: Any) -> None:
        """One line of its input; one that is gone shows when it is waited for."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def end(self) -> int:
        """End its input, and wait for it; its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            return self.wait()
        finally:
            self.kill()

    def wait(self) -> int:
        """Wait until it ends by itself."""
        code = self._process.wait(_PATIENCE)
        self._reading.join()
        return code

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self, inbox: queue.Queue[tuple[Child, dict[str, Any]]]) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            inbox.put((self, json.loads(line)))
        inbox.put((self, {"gone": True}))


class Conductor:
    """One soak, in a directory of its own."""

    def __init__(self, plan: Plan, size: str, seed: int, directory: Path) -> None:
        self._plan = plan
        self._size = size
        self._seed = seed
        self._directory = directory
        self._journals = directory / "journals"
        self._journals.mkdir()
        self._rng = random.Random(f"{seed}:conductor")
        self._server = JupyterServer(directory / "server", config={"BuildwidgetApp": plan.server})
        self._path = self._server.data_dir / "builds.db"
        self._inbox: queue.Queue[tuple[Child, dict[str, Any]]] = queue.Queue()
        self._writers: list[Child] = []
        self._crowds: list[Child] = []
        self._open: set[str] = set()
        self._ended: set[str] = set()
        self._begun = 0
        self._events: dict[Child, dict[str, int]] = {}
        self._backup: dict[str, Cursor] = {}
        self._restore: Restore | None = None
        self.report = Report(seed)

    def run(self) -> Report:
        """The whole of it."""
        began = time.monotonic()
        try:
            self._server.start()
            self._start_all()
            self._disturb()
            self._finish_writers()
            self._finish_crowds()
            self._verify()
        finally:
            self._clean_up()
        self.report.seconds = time.monotonic() - began
        return self.report

    # Processes

    def _start_all(self) -> None:
        plan, token = self._plan, self._server.token
        share = plan.clients // plan.crowds
        for number in range(plan.crowds):
            place = str(number * share), str(share), str(self._result(number))
            arguments = str(self._server.port), token, str(self._seed), self._size, *place
            self._crowds.append(Child(self._inbox, "tests.soak.crowd", *arguments))
        for _ in range(plan.builds):
            self._begin_build()
        self._attend_until(lambda: self.report.builds == plan.builds and len(self._events) == plan.crowds, "the start")

    def _begin_build(self) -> None:
        seed = f"{self._seed}:build:{self._begun}"
        self._begun += 1
        url, journals = self._server.database_url, str(self._journals)
        self._writers.append(Child(self._inbox, "tests.soak.writer", url, journals, seed, self._size))

    def _result(self, number: int) -> Path:
        return self._directory / f"crowd-{number}.msgpack"

    def _attend(self, seconds: float, *, begin: bool = True) -> None:
        """Take what the processes say, for so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._take(*self._inbox.get(timeout=left), begin=begin)

    def _attend_until(self, condition: Callable[[], bool], what: str, *, begin: bool = True) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {_PATIENCE:.0f} s for {what}")
            self._attend(0.1, begin=begin)

    def _take(self, child: Child, message: dict[str, Any], *, begin: bool) -> None:
        if "gone" in message:
            if child in self._writers:
                self.report.faults.append(f"the writer of {child.build} ended by itself")
                self._writers.remove(child)
                child.kill()
            return
        if "events" in message:
            self._events[child] = message["events"]
            return
        child.build = message["build"]
        if "end" not in message:
            self.report.builds += 1
            for crowd in self._crowds:
                crowd.send(build=child.build)
            return
        how = message["end"]
        self.report.ends[how] = self.report.ends.get(how, 0) + 1
        if how == "open":
            self._open.add(message["build"])
        else:
            self._ended.add(message["build"])
            self._writers.remove(child)
            child.end()
        if how in ("missing", "fenced") and self._restore is None:
            self.report.faults.append(f"the writer of {child.build} was {how} without a restore")
        if begin:
            self._begin_build()

    # Faults

    def _disturb(self) -> None:
        began = time.monotonic()
        for action in schedule(self._plan, self._seed):
            self._attend(began + action.at - time.monotonic())
            self._do(action)
        self._attend(began + self._plan.seconds - time.monotonic())
        self._attend_until(self._has_enough, "events over all transports")

    def _has_enough(self) -> bool:
        ways = next(iter(self._events.values()))
        return all(sum(events[way] for events in self._events.values()) >= self._plan.enough for way in ways)

    def _do(self, action: Action) -> None:
        match action.deed:
            case "kill":
                self._server.stop(signal.SIGKILL)
                self.report.kills += 1
                self._attend(action.lasts)
                self._start_again()
            case "stop":
                code = self._server.stop(signal.SIGTERM)
                if code != 0:
                    self.report.faults.append(f"the server ended with {code} when it was asked to")
                self.report.stops += 1
                self._attend(action.lasts)
                self._start_again()
            case "backup":
                copy(self._path, self._copy)
                self._backup = heads_of(self._copy)
                self._ended.clear()
            case "restore":
                # The restore takes an end away.
                self._attend_until(lambda: bool(self._ended & self._backup.keys()), "a build to end after the backup")
                self._restore = Restore(time.monotonic(), self._backup)
                copy(self._copy, self._path)
                self.report.restored += 1
            case "away":
                away = self._path.with_name("away.db")
                self._path.rename(away)
                self._attend(action.lasts)
                away.rename(self._path)
                self.report.away += 1

    def _start_again(self) -> None:
        """With everybody at its door, on a machine that is full of clients and writers."""
        began = time.monotonic()
        self._server.start(patience=_PATIENCE)
        self.report.slowest_start = max(self.report.slowest_start, time.monotonic() - began)

    @property
    def _copy(self) -> Path:
        return self._directory / "backup.db"

    # The end

    def _finish_writers(self) -> None:
        for writer in self._writers:
            writer.send(end=True)
        self._attend_until(
            lambda: all(writer.build in self._open for writer in self._writers), "the writers' end", begin=False
        )

    def _finish_crowds(self) -> None:
        """When nothing is written any more."""
        with Store.open(self._server.database_url) as store:
            wait_until(lambda: self._is_at_rest(store), timeout=_PATIENCE, what="all builds to come to rest", every=0.3)
            builds = list(read_journals(self._journals))
            heads = store.heads(builds)
        for crowd in self._crowds:
            crowd.send(heads=heads)
        for crowd in self._crowds:
            if crowd.wait() != 0:
                self.report.faults.append("a process of clients failed")

    def _is_at_rest(self, store: Store) -> bool:
        """After a restore the server ends builds whose end is gone, and writers of open ones notice it by and by."""
        journals = read_journals(self._journals)
        for build, (epoch, head) in store.heads(journals).items():
            if build in self._open:
                if len(journals[build].logs.get(epoch, ())) != head:
                    return False
            elif store.record(build).summary.status not in ENDS:
                return False
        return True

    def _verify(self) -> None:
        report = self.report
        results = [read_result(self._result(number).read_bytes()) for number in range(self._plan.crowds)]
        with Store.open(self._server.database_url) as store:
            truth = Truth(store, read_journals(self._journals), self._restore)
        report.faults += verify(truth, results, self._restore)
        report.stored_events = sum(len(found.log) for found in truth.stored.values())
        report.followed = sum(len(result.finals) for result in results)
        report.states = sum(len(result.states) for result in results)
        report.histories = len({history for result in results for history in result.histories})
        if report.histories > 1 + report.kills + report.stops + report.restored:
            report.faults.append(f"clients saw {report.histories} histories: more than there were reasons for")
        for result in results:
            for way, counts in result.counts.items():
                both = report.counts.setdefault(way, {})
                for what, count in counts.items():
                    both[what] = both.get(what, 0) + count
        report.faults += list(bad_lines(self._server.log))

    def _clean_up(self) -> None:
        writers, self._writers = self._writers, []
        for child in [*writers, *self._crowds]:
            child.kill()
        self._server.stop(signal.SIGKILL)


def copy(source: Path, target: Path) -> None:
    """Copy a database into another file, as SQLite's own backup does: in place, under the locks."""
    with (
        contextlib.closing(sqlite3.connect(source)) as read,
        contextlib.closing(sqlite3.connect(target, timeout=30)) as written,
    ):
        read.backup(written)


def heads_of(path: Path) -> dict[str, Cursor]:
    """How far each build's log goes in a copy."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {
            build: Cursor(epoch, head)
            for build, epoch, head in connection.execute("select id, epoch, head from builds")
        }


def bad_lines(log: str) -> Iterator[str]:
    """Lines of the server's log that say that something of ours failed."""
    for line in log.splitlines():
        if "Traceback" in line or "failed." in line or "never retrieved" in line:
            yield f"the server's log: {line}"
