"""Real builds for tests: stored, spawned, waited for, and nothing of them left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from buildwidget.protocol.codec import decode_state
from buildwidget.protocol.events import ENDS, Event, MetaEvent, StatusEvent
from buildwidget.protocol.state import State
from buildwidget.runner.build_dir import make_build_dir, remove_noted_socket
from buildwidget.runner.function import save_callable
from buildwidget.runner.process_tree import build_processes, kill_leftovers
from buildwidget.runner.spawn import spawn
from buildwidget.store.drafts import draft
from buildwidget.store.ids import new_build_id
from buildwidget.store.records import BuildRecord, NewBuild, ProcessIdentity
from buildwidget.store.store import Store
from tests.waiting import wait_until


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Builds:
    """Launches builds into one database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._runners: dict[str, ProcessIdentity] = {}

    def create(self, spec: dict[str, Any], *, kind: Any = "command", slotted: bool = True, id: str = "") -> BuildRecord:
        new = NewBuild(
            id=id or new_build_id(),
            owner="tester",
            kind=kind,
            created_at=now_ms(),
            spec={"cwd": str(Path.cwd()), "python": sys.executable, "env": {}, "secret_names": [], **spec},
            slotted=slotted,
        )
        first: list[Event] = [StatusEvent(at=now_ms(), status="queued"), MetaEvent(at=now_ms(), name="a test")]
        return self.store.create(new, [draft(event) for event in first])

    def spawn(self, record: BuildRecord, secrets: dict[str, str] | None = None) -> str:
        self._runners[record.summary.id] = spawn(self.store, record, secrets or {})
        return record.summary.id

    def command(self, command: str | list[str], *, secrets: dict[str, str] | None = None, **spec: Any) -> str:
        slotted = spec.pop("slotted", True)
        return self.spawn(self.create({"command": command, **spec}, slotted=slotted), secrets)

    def python(self, code: str, **spec: Any) -> str:
        return self.command([sys.executable, "-c", code], **spec)

    def function(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
        build_id = new_build_id()
        name = save_callable(make_build_dir(build_id), function, args, kwargs)
        return self.spawn(self.create({"callable": name}, kind="function", id=build_id))

    def state(self, build_id: str) -> State:
        return decode_state(self.store.hydrate(build_id).state)

    def status(self, build_id: str) -> str:
        return self.store.record(build_id).summary.status

    def lines(self, build_id: str) -> list[str]:
        page = self.store.log(build_id, after=0, limit=100_000)
        return [text for _, _, text in page.lines]

    def wait_for(self, build_id: str, *statuses: str, timeout: float = 20.0) -> State:
        wait_until(
            lambda: self.status(build_id) in (statuses or ENDS),
            timeout=timeout,
            what=f"{statuses or 'the end'} of {build_id}",
        )
        return self.state(build_id)

    def wait_for_line(self, build_id: str, text: str, timeout: float = 20.0) -> None:
        wait_until(lambda: any(text in line for line in self.lines(build_id)), timeout=timeout, what=f"line {text!r}")

    def runner(self, build_id: str) -> ProcessIdentity:
        return self._runners[build_id]

    def kill_runner(self, build_id: str) -> None:
        process = self._runners[build_id]
        os.kill(process.pid, signal.SIGKILL)
        self._wait_until_gone(process)

    @staticmethod
    def _wait_until_gone(process: ProcessIdentity) -> None:
        wait_until(lambda: not process.is_alive(), what="the runner to be gone")

    def processes(self, build_id: str) -> list[int]:
        runner = self._runners.get(build_id)
        return [each.pid for each in build_processes(build_id) if runner is None or each.pid != runner.pid]

    def close(self) -> None:
        for build_id, process in self._runners.items():
            if process.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                    os.kill(process.pid, signal.SIGKILL)
                self._wait_until_gone(process)
            kill_leftovers(build_id)
            remove_noted_socket(build_id)
