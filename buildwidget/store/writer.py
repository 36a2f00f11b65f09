"""The thread between a build's work and the database: what is written is committed in groups, in order, or told."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildwidget.protocol import codec
from buildwidget.protocol.events import Event, LogEvent, StatusEvent
from buildwidget.store.appender import Appender
from buildwidget.store.coalesce import coalesce
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Ended, Fenced, Rewound, Unavailable
from buildwidget.store.records import Draft

HEARTBEAT_SECONDS: Final = 5.0
LEASE_SECONDS: Final = 30.0
"""A build elsewhere is lost when one observer saw its heartbeat stand still for this long."""

SPOOL_BYTES: Final = 64 * 1024 * 1024
RETRY_SECONDS: Final = 600.0

_GROUP_DRAFTS: Final = 2_000
_GROUP_BYTES: Final = 4 * 1024 * 1024
"""One transaction takes at most this much, so that others get their turn."""

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


@dataclass(slots=True)
class _Trouble:
    """A database that cannot be written, since ``began`` (monotonic seconds)."""

    began: float
    problem: str = ""
    _awaited_since: float | None = None

    def waited_for(self, now: float, *, somebody_waits: bool) -> float:
        """For how many seconds somebody has been waiting for it without a pause."""
        if not somebody_waits:
            self._awaited_since = None
            return 0.0
        if self._awaited_since is None:
            self._awaited_since = now
        return now - self._awaited_since

    def sentence(self, now: float) -> str:
        """What the log is told when it is over."""
        seconds = max(1, round(now - self.began))
        return f"buildwidget: nothing could be stored for {seconds} s. {self.problem} Nothing was lost."


class Writer:
    """Writes one build's events from any thread. Starts its thread at once.

    What queues up while the last commit runs is committed together; nobody waits on purpose. While the database is
    locked, full, deleted or replaced by another one, events wait in memory, up to ``spool_bytes``; then ``write``
    waits. When it works again, a line in the log says what happened. Where the database was restored to an earlier
    state of the build, the writer goes on from there, and the line says how many events are missing.

    Args:
        appender: the claim of the build; used by nobody else from now on.
        clock: seconds, monotonic.
        on_fenced: called once, from the writer's thread, when another process took the build over or ended it.
        spool_bytes: how much may wait in memory.
        retry_for: seconds after which an unavailable database is given up while somebody waits for it: in ``flush``,
            in ``end``, or in ``write`` because the spool is full. Then every method raises Unavailable.
        keep_spool: gets what could not be stored when the database is given up; returns the file that has it.
        heartbeat_interval: seconds between signs of life.
    """

    def __init__(
        self,
        appender: Appender,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_fenced: Callable[[], None] = lambda: None,
        spool_bytes: int = SPOOL_BYTES,
        retry_for: float = RETRY_SECONDS,
        keep_spool: Callable[[Sequence[Draft]], Path] | None = None,
        heartbeat_interval: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._appender = appender
        self._clock = clock
        self._on_fenced = on_fenced
        self._spool_bytes = spool_bytes
        self._retry_for = retry_for
        self._keep_spool = keep_spool
        self._heartbeat_interval = heartbeat_interval
        self._pid = os.getpid()
        self._changed = threading.Condition()
        # What follows is guarded by the condition.
        self._queue: deque[tuple[Draft, int]] = deque()
        self._spooled = 0
        self._written = 0
        self._committed = 0
        self._waiting = 0
        self._closing = False
        self._failure: BaseException | None = None
        self._problem: str | None = None
        self._notices: list[Draft] = []  # of the writer's thread alone
        self._next_beat = clock() + heartbeat_interval
        self._thread = threading.Thread(target=self._run, name=f"buildwidget-writer-{appender.build_id}", daemon=True)
        self._thread.start()

    @property
    def build_id(self) -> str:
        """The build's id."""
        return self._appender.build_id

    @property
    def problem(self) -> str | None:
        """Why nothing can be written right now; None: all is well."""
        return self._problem

    def write(self, event: Event | Draft) -> None:
        """Queue an event; waits only while the spool is full.

        Raises:
            Fenced: another process is the writer now, or this is a fork of the writer's process.
            Ended: the end was written.
            Unavailable: the database was given up.
        """
        self._put(event, closing=False)

    def end(self, event: StatusEvent) -> None:
        """Write the end, wait until it is committed, and stop. Raises what ``write`` raises."""
        self._put(event, closing=True)
        self._wait_until_committed(None)
        self._thread.join()

    def close(self) -> None:
        """Commit what was written and stop without an end (the claim stays)."""
        self._check_process()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def flush(self, timeout: float | None = None) -> None:
        """Wait until everything written so far is committed.

        Raises:
            TimeoutError: it was not within ``timeout`` seconds.
            Fenced, Unavailable: see ``write``.
        """
        self._check_process()
        self._wait_until_committed(timeout)

    def _put(self, event: Event | Draft, *, closing: bool) -> None:
        self._check_process()
        fit = event if isinstance(event, Draft) else draft(event)
        # Encoding it here is how a caller learns of what cannot be encoded, rather than the thread.
        body = fit.body or codec.encode_event(fit.event)
        size = len(body) + sum([len(payload.content) for payload in fit.payloads])
        with self._changed:
            if not self._has_room(size):
                self._wait_for(lambda: self._has_room(size) or self._failure or self._closing)
            self._raise_failure()
            if self._closing:
                raise Ended
            self._queue.append((fit, size))
            self._spooled += size
            self._written += 1
            self._closing = closing
            if closing or len(self._queue) == 1:  # else the thread is at work, and looks again
                self._changed.notify_all()

    def _wait_for(self, condition: Callable[[], object], timeout: float | None = None) -> object:
        """With the condition variable held: wait, and be counted as somebody who waits for the database."""
        self._waiting += 1
        try:
            return self._changed.wait_for(condition, timeout)
        finally:
            self._waiting -= 1

    def _has_room(self, size: int) -> bool:
        return self._spooled == 0 or self._spooled + size <= self._spool_bytes

    def _wait_until_committed(self, timeout: float | None) -> None:
        with self._changed:
            target = self._written
            if not self._wait_for(lambda: self._committed >= target or self._failure, timeout):
                raise TimeoutError(f"not committed after {timeout} s: {self._problem or 'the database is slow'}")
            if self._committed < target:
                self._raise_failure()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _check_process(self) -> None:
        # A fork has neither the thread nor its own connections, and may have inherited the lock as it was held.
        if os.getpid() != self._pid:
            raise Fenced("This process is a fork of the one that writes the build.")

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except (Fenced, Ended):
            self._fail(Fenced())
            self._on_fenced()
        except BaseException as error:  # noqa: BLE001 - whoever writes next must learn of it, whatever it is
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = error
            self._queue.clear()
            self._spooled = 0
            self._changed.notify_all()

    def _turn(self) -> bool:
        """Commit what has queued, or beat; False when there is nothing more to do."""
        with self._changed:
            while not self._queue and not self._closing and self._clock() < self._next_beat:
                self._changed.wait(self._next_beat - self._clock())
            group = self._take_group()
            closing = self._closing
        if group:
            self._commit([fit for fit, _size in group])
            self._done(group)
        elif closing:
            return False
        else:
            self._beat()
        return True

    def _take_group(self) -> list[tuple[Draft, int]]:
        group: list[tuple[Draft, int]] = []
        size = 0
        while self._queue and len(group) < _GROUP_DRAFTS and (not group or size + self._queue[0][1] <= _GROUP_BYTES):
            group.append(self._queue.popleft())
            size += group[-1][1]
        return group

    def _done(self, group: list[tuple[Draft, int]]) -> None:
        with self._changed:
            self._committed += len(group)
            self._spooled -= sum(size for _draft, size in group)
            self._problem = None
            self._next_beat = self._clock() + self._heartbeat_interval
            self._changed.notify_all()

    def _commit(self, drafts: list[Draft]) -> None:
        trouble: _Trouble | None = None
        pause = _FIRST_PAUSE
        while True:
            tried_at = self._clock()
            try:
                # The group before may have been committed although it seemed to fail; then it must not be again.
                if trouble is None or not self._appender.settle():
                    self._append(trouble, drafts)
            except Unavailable as error:
                trouble = trouble or _Trouble(tried_at)
                trouble.problem = self._problem = str(error)
                if trouble.waited_for(self._clock(), somebody_waits=self._is_waited_for()) >= self._retry_for:
                    raise self._given_up(error, drafts) from error
                self._pause(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._notices = []
                return

    def _append(self, trouble: _Trouble | None, drafts: list[Draft]) -> None:
        told = [self._line(trouble.sentence(self._clock()))] if trouble is not None and not self._notices else []
        try:
            self._appender.append([*self._notices, *told, *coalesce(drafts)])
        except Rewound:
            self._rejoin()
            self._appender.append([*self._notices, *coalesce(drafts)])

    def _rejoin(self) -> None:
        """Go on in the restored database, and keep what its log has to be told until that is stored."""
        missing = self._appender.rejoin()
        text = (
            f"buildwidget: the database was restored to an earlier state. {missing} events of this build are missing."
        )
        begins = self._appender.state.status == "queued"  # the backup is older than the build's start
        running = [draft(StatusEvent(at=self._appender.now_ms(), status="running"))] if begins else []
        self._notices = [*running, self._line(text)]

    def _line(self, text: str) -> Draft:
        return draft(LogEvent(at=self._appender.now_ms(), first=1, lines=[("system", text)]))

    def _is_waited_for(self) -> bool:
        with self._changed:
            return self._waiting > 0 or self._closing

    def _given_up(self, error: Unavailable, drafts: list[Draft]) -> Unavailable:
        """The error for everybody who writes from now on; what could not be stored is kept in a file."""
        with self._changed:
            unstored = [*self._notices, *drafts, *(fit for fit, _size in self._queue)]
        if self._keep_spool is None:
            return error
        try:
            file = self._keep_spool(unstored)
        except OSError as problem:
            return Unavailable(f"{error} What was not stored could not be kept in a file either: {problem}.")
        return Unavailable(f"{error} What was not stored is in {file}.")

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait(seconds)

    def _beat(self) -> None:
        self._next_beat = self._clock() + self._heartbeat_interval
        try:
            self._appender.beat()
        except Rewound:
            with contextlib.suppress(Unavailable):  # the next beat tries again
                self._rejoin()
            if self._notices:
                self._commit([])
        except Unavailable as error:
            self._problem = str(error)  # there is nothing to lose, and the next beat tries again
        else:
            self._problem = None
