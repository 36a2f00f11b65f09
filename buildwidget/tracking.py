"""``with track("training") as build``: code of this process reports as a build.

Unlike every other kind it lives and dies with its process. Ending it is cooperative: a cancel raises
KeyboardInterrupt in the thread that tracks, and the build shows ``cancelling`` until that is obeyed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from types import TracebackType

from buildwidget import report
from buildwidget.build import Build
from buildwidget.launch_checks import check_text
from buildwidget.launching import Options, first_events, stored_options
from buildwidget.process_store import process_store
from buildwidget.protocol.events import ENDS, Error, StatusEvent
from buildwidget.runner.hidden import hide_places, hider_for
from buildwidget.runner.report_intake import ReportIntake
from buildwidget.runner.secrets import Masker
from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Fenced
from buildwidget.store.ids import new_build_id
from buildwidget.store.location import owner
from buildwidget.store.records import NewBuild, ProcessIdentity
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer


class track:  # noqa: N801 - used as a statement: with track(...)
    """Reports the block as a build of kind ``track``.

    Args:
        name: what lists show.
        project: groups builds.
        key: at most one build of a key is active per owner and project.
        tags: words to find the build by.

    Raises:
        LaunchError: an argument is wrong.
        KeyTaken: another active build has this key.
    """

    def __init__(
        self, name: str, *, project: str | None = None, key: str | None = None, tags: Sequence[str] = ()
    ) -> None:
        for label, value in (("name", name), ("project", project), ("key", key)):
            check_text(label, value)
        self._options = stored_options(Options(name=name, project=project, key=key, tags=tags), hider_for())
        self._tracking: _Tracking | None = None

    def __enter__(self) -> Build:
        self._tracking = _Tracking(process_store(), self._options)
        return self._tracking.build

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tracking is not None
        self._tracking.end(error)


class _Tracking:
    """One tracked block under way."""

    def __init__(self, store: Store, options: Options) -> None:
        assert options.name is not None
        now, cwd = _now(), os.getcwd()  # noqa: PTH109 - a string is what is stored
        self._masker = Masker.of_environment()
        build_id = new_build_id()
        new = NewBuild(
            id=build_id,
            owner=owner(),
            kind="track",
            created_at=now,
            spec=hide_places({"cwd": cwd}, hider_for()),
            key=options.key,
            project=options.project,
            slotted=False,
        )
        store.create(new, [draft(event) for event in first_events(now, options.name, options)])
        self.build = Build(build_id, store)
        self._store = store
        self._pid = os.getpid()
        self._thread = threading.get_ident()
        self._cancelling = False
        self._done = threading.Event()
        identity = ProcessIdentity.of()
        self._writer = Writer(store.claim(build_id, identity), on_fenced=self._interrupt)
        self._writer.write(StatusEvent(at=now, status="running", pid=self._pid, host=identity.host))
        self._writer.flush()
        self._intake = ReportIntake(self._writer.write, masker=self._masker, cwd=cwd, build_id=build_id)
        self._sink = report.use_sink(self._intake)
        self._watcher = ChangeWatcher(store, self._look_for_cancel)
        self._watcher.set_interest("idle")

    def _look_for_cancel(self) -> None:
        if self._cancelling or self._done.is_set():
            return
        if any(command.kind == "cancel" for command in self._store.commands(self.build.id)):
            self._cancelling = True
            self._writer.write(StatusEvent(at=_now(), status="running", cancelling=True))
            self._interrupt()

    def _interrupt(self) -> None:
        """Raises KeyboardInterrupt where the block runs.

        Python delivers a signal to the main thread only; a block in another thread sees ``cancelling`` and goes on.
        """
        if self._thread == threading.main_thread().ident and not self._done.is_set():
            signal.raise_signal(signal.SIGINT) if sys.platform == "win32" else os.kill(self._pid, signal.SIGINT)

    def end(self, error: BaseException | None) -> None:
        """Ends the build as the block ended."""
        if os.getpid() != self._pid:
            return  # a fork of the tracking process leaves the block too; the build is not its own
        self._done.set()
        self._watcher.close()
        self._sink.close()
        try:
            self._intake.finish()
            self._writer.end(self._masker.mask_event(self._end_event(error)))
        except Fenced:
            if self.build.status not in ENDS:
                raise

    def _end_event(self, error: BaseException | None) -> StatusEvent:
        if self._cancelling or isinstance(error, KeyboardInterrupt):
            told = Error(kind="KeyboardInterrupt", message="Cancelled." if self._cancelling else "Interrupted.")
            return StatusEvent(at=_now(), status="cancelled", error=told)
        if error is None or (isinstance(error, SystemExit) and not error.code):
            return StatusEvent(at=_now(), status="succeeded")
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        told = Error(kind=type(error).__name__, message=str(error) or type(error).__name__, traceback="".join(lines))
        return StatusEvent(at=_now(), status="failed", error=told)


def _now() -> int:
    return int(time.time() * 1000)
