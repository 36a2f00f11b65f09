"""The runner: claims its build, waits for a slot, runs the work, and tells how it ended."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from buildwidget.protocol.events import Error, StatusEvent
from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.hidden import whole_places
from buildwidget.runner.process_tree import become_subreaper, kill_leftovers
from buildwidget.runner.queue import SlotQueue
from buildwidget.runner.secrets import Masker
from buildwidget.runner.settings import RunnerSettings
from buildwidget.runner.stop import StopRequests
from buildwidget.runner.work import Work, stopped
from buildwidget.store.appender import Appender
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Ended, Fenced, NotFound, Unavailable
from buildwidget.store.records import BuildRecord, Draft, ProcessIdentity
from buildwidget.store.spool import SPOOL_FILE, keep_spool
from buildwidget.store.store import Store
from buildwidget.store.writer import RETRY_SECONDS, Writer

T = TypeVar("T")

_RETRY_PAUSE: Final = 0.5


def run(build_id: str, settings: RunnerSettings, masker: Masker | None = None) -> int:
    """Run one build from its claim to its end; the runner's exit code.

    Args:
        build_id: the build.
        settings: how the runner behaves.
        masker: keeps secrets out of what is stored; default: those of this process's environment.
    """
    become_subreaper()
    store = insist(Store.open)
    with store:
        try:
            record = insist(lambda: store.record(build_id))
            appender = insist(lambda: store.claim(build_id, ProcessIdentity.of()))
        except (NotFound, Ended):
            return 0  # deleted, or declared lost before this runner came to it
        stop = StopRequests(store, build_id)
        stop.obey_signals()
        try:
            _Supervisor(record, appender, stop, settings, masker or Masker.of_environment()).run(store)
        except (Fenced, Ended):
            kill_leftovers(build_id, roots=(os.getpid(),))
            return 1
        except Unavailable as error:
            # Into the runner's log, which whoever ends the build as lost shows.
            sys.stderr.write(f"buildwidget: the build's end could not be stored. {error}\n")
            return 1
        finally:
            stop.close()
    return 0


def insist(action: Callable[[], T], *, seconds: float = RETRY_SECONDS) -> T:
    """What the action gives, tried again while the database is unavailable, up to so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except Unavailable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_PAUSE)


class _Supervisor:
    """One claimed build."""

    def __init__(
        self, record: BuildRecord, appender: Appender, stop: StopRequests, settings: RunnerSettings, masker: Masker
    ) -> None:
        self._record = replace(record, spec=whole_places(record.spec))
        self._appender = appender
        self._stop = stop
        self._settings = settings
        self._masker = masker

    def run(self, store: Store) -> None:
        started = self._start(store)
        lines = self._appender.state.log.count
        spool = build_dir(self._record.summary.id) / SPOOL_FILE
        writer = Writer(
            self._appender,
            on_fenced=lambda: self._stop.request("fenced"),
            keep_spool=lambda drafts: keep_spool(spool, self._appender, drafts),
        )
        writer.end(self._masked(self._work(writer, lines) if started else stopped(self._stop)))

    def _start(self, store: Store) -> bool:
        """Wait for a slot and say that the build runs; False if it is to stop before that."""
        queue = SlotQueue(store, self._appender, self._settings.max_running)
        return queue.wait(self._running, self._stop)

    def _running(self) -> Draft:
        process = ProcessIdentity.of()
        return draft(StatusEvent(at=_now_ms(), status="running", pid=process.pid, host=process.host))

    def _work(self, writer: Writer, lines: int) -> StatusEvent:
        try:
            return Work(self._record, writer, self._stop, self._masker, self._settings, lines=lines).run()
        except (Fenced, Ended, Unavailable):
            raise
        # A mistake of ours must not leave the build running for ever: it fails, and says of what.
        except Exception as error:  # noqa: BLE001
            told = Error(
                kind="RunnerError",
                message=f"The runner failed: {type(error).__name__}: {error}",
                traceback=traceback.format_exc(),
            )
            return StatusEvent(at=_now_ms(), status="failed", error=told)

    def _masked(self, event: StatusEvent) -> StatusEvent:
        masked = self._masker.mask_event(event)
        assert isinstance(masked, StatusEvent)
        return masked


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
