"""The processes of a build: finding all of them, ending them, leaving none behind.

A process belongs to a build if a process of the build started it, or if ``BUILDWIDGET_BUILD_ID`` in the
environment it was started with names the build. The second finds what went its own way (double fork, setsid)
and outlived its runner. What did so with an empty environment is found by its session (``sessions``). A build
launched inside another one carries its own id, and is left alone.

Processes are told apart by (pid, time of creation), because pids are used again.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeAlias

import psutil

from buildwidget.store.process import ProcessIdentity

BUILD_ID_VARIABLE: Final = "BUILDWIDGET_BUILD_ID"

_PR_SET_CHILD_SUBREAPER: Final = 36
_POLL_SECONDS: Final = 0.05
_MOST_CODES: Final = 1_000


Rung: TypeAlias = tuple[signal.Signals, float]
"""A signal, and the seconds that the processes have to obey it."""

if sys.platform == "win32":
    _KILL: Final = signal.SIGTERM
else:
    _KILL: Final = signal.SIGKILL

RUNGS: Final[tuple[Rung, ...]] = ((signal.SIGINT, 5.0), (signal.SIGTERM, 5.0), (_KILL, 5.0))
"""Cancelling: an interrupt as from the keyboard, then a request to end, then the end. On Windows SIGTERM kills."""


def become_subreaper() -> bool:
    """Makes orphans of this process's descendants its own children (Linux), so that they stay findable.

    Returns:
        Whether the system can do that.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def build_processes(
    build_id: str, *, roots: Collection[int] = (), known: Iterable[ProcessIdentity] = ()
) -> list[ProcessIdentity]:
    """The living processes of a build; never the calling process.

    Args:
        build_id: the mark in their environment.
        roots: pids whose descendants belong to the build too (the runner's own); not part of the answer.
        known: processes that are known to belong to it, unless they carry the mark of another build.
    """
    processes = {process.pid: process for process in psutil.process_iter()}
    skipped = {os.getpid(), *roots}
    children = _children(processes.values())
    alive = {process.pid for process in known if process.is_alive()}
    found = {
        pid: process
        for pid, process in processes.items()
        if pid not in skipped and ((mark := _mark(process)) == build_id or (mark is None and pid in alive))
    }
    waiting = [*found, *roots]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child.pid not in found and child.pid not in skipped and _mark(child) in (build_id, None):
                found[child.pid] = child
                waiting.append(child.pid)
    return [identity for pid in found if (identity := _living(pid)) is not None]


def is_of_another_build(pid: int, build_id: str) -> bool:
    """Whether a process carries the mark of another build."""
    try:
        return _mark(psutil.Process(pid)) not in (build_id, None)
    except psutil.Error:
        return False


def send_signal(identity: ProcessIdentity, number: signal.Signals) -> None:
    """Sends a signal to the very process, never to one that got its pid; nothing happens if it is gone or not ours."""
    try:
        _send_by_handle(identity, number)
    except ProcessLookupError:
        return
    except (NotImplementedError, OSError):  # an old kernel, a sandbox, or not Linux
        with contextlib.suppress(psutil.Error, OSError):
            _send_by_pid(identity, number)


class SignalLadder:
    """Ends a tree of processes: each signal in turn to all of them, with time to obey.

    Args:
        list_tree: the living processes; asked again at every rung, so that new ones are not missed.
        rungs: signals and seconds; the last one is repeated to whatever still appears.
        send: how a signal is sent.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        list_tree: Callable[[], Iterable[ProcessIdentity]],
        *,
        rungs: Sequence[Rung] = RUNGS,
        send: Callable[[ProcessIdentity, signal.Signals], None] = send_signal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list_tree = list_tree
        self._rungs = list(rungs)
        self._send = send
        self._clock = clock
        self._rung = -1
        self._until = clock()
        self._known: list[ProcessIdentity] = []
        self.last_signal: signal.Signals | None = None

    def step(self) -> bool:
        """Does what is due now. True once no process is left, or none of the signals helped."""
        due = self._clock() >= self._until
        self._known = [process for process in self._known if process.is_alive()]
        if self._known and not due:
            return False
        # Listing all processes costs milliseconds, hence only at a rung and when the known ones are gone.
        self._known = list(self._list_tree())
        last = self._rung == len(self._rungs) - 1
        if not self._known or (last and due):
            return True
        if due:
            self._rung += 1
            self._until = self._clock() + self._rungs[self._rung][1]
        if due or last:
            self._send_to_all(self._rungs[self._rung][0])
        return False

    def _send_to_all(self, number: signal.Signals) -> None:
        self.last_signal = number
        for process in self._known:
            self._send(process, number)

    def run(self, wait: Callable[[float], object] = time.sleep) -> bool:
        """Steps until it is done.

        Args:
            wait: waits the given seconds; may return early.

        Returns:
            Whether no process is left.
        """
        while not self.step():
            wait(_POLL_SECONDS)
        return not self._known


def kill_leftovers(
    build_id: str,
    *,
    roots: Collection[int] = (),
    list_known: Callable[[], Iterable[ProcessIdentity]] = tuple,
    timeout: float = 5.0,
) -> int:
    """Kills what is left of a build on this host.

    For the runner when its work is done (``roots``: its own pid), and for a sweep that finds a build lost
    (``list_known``: ``sessions.members``, looked up anew for every signal).

    Returns:
        How many processes were killed.
    """
    seen: set[ProcessIdentity] = set()

    def leftovers() -> list[ProcessIdentity]:
        found = build_processes(build_id, roots=roots, known=list_known())
        seen.update(found)
        return found

    SignalLadder(leftovers, rungs=[(RUNGS[-1][0], timeout)]).run()
    return len(seen)


class OrphanReaper:
    """Buries the adopted children of a subreaper, and only those.

    A child that this process started itself is waited for by whoever started it; to take its exit status would
    lose it. Hence ``keep``, and a zombie is buried only when it is seen a second time.
    """

    def __init__(self) -> None:
        self._seen: set[ProcessIdentity] = set()
        self._codes: dict[int, int] = {}

    def code_of(self, pid: int) -> int | None:
        """The exit code of an adopted child that has ended (minus a signal's number); None where it is not known."""
        self._bury(pid)
        return self._codes.pop(pid, None)

    def _bury(self, pid: int) -> None:
        if sys.platform == "win32":
            return
        with contextlib.suppress(ChildProcessError):
            buried, status = os.waitpid(pid, os.WNOHANG)
            if buried:
                self._codes[pid] = os.waitstatus_to_exitcode(status)
        while len(self._codes) > _MOST_CODES:
            del self._codes[next(iter(self._codes))]

    def reap(self, keep: Collection[int] = ()) -> int:
        """Buries the zombies that were there at the last call too, except ``keep``; call it about once a second."""
        if sys.platform != "linux":  # nowhere else does become_subreaper() adopt anything
            return 0
        zombies = {zombie for zombie in _own_zombies() if zombie.pid not in keep}
        for zombie in zombies & self._seen:
            self._bury(zombie.pid)
        buried = len(zombies & self._seen)
        self._seen = zombies - self._seen
        return buried


def _children(processes: Iterable[psutil.Process]) -> dict[int, list[psutil.Process]]:
    children: dict[int, list[psutil.Process]] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            children.setdefault(process.ppid(), []).append(process)
    return children


def _mark(process: psutil.Process) -> str | None:
    """The build id that the process was started with; None where there is none, or it may not be read."""
    try:
        return process.environ().get(BUILD_ID_VARIABLE)
    except (psutil.Error, OSError):
        return None


def _living(pid: int) -> ProcessIdentity | None:
    """None for a zombie and for a process that is gone."""
    try:
        identity = ProcessIdentity.of(pid)
    except (ProcessLookupError, psutil.Error):
        return None
    return identity if identity.is_alive() else None


def _own_zombies() -> set[ProcessIdentity]:
    if sys.platform != "linux":
        return set()
    try:
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return set()
    except ChildProcessError:
        return set()
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if child.status() == psutil.STATUS_ZOMBIE:
                found.add(ProcessIdentity.of(child.pid))
    return found


def _send_by_handle(identity: ProcessIdentity, number: signal.Signals) -> None:
    """Between looking and sending the pid cannot change hands: a handle stays with the process it was made of."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        raise NotImplementedError
    handle = os.pidfd_open(identity.pid)
    try:
        if identity.is_alive():
            signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)


def _send_by_pid(identity: ProcessIdentity, number: int) -> None:
    if sys.platform == "win32" and number == signal.SIGINT:
        number = signal.CTRL_BREAK_EVENT
    if identity.is_alive():
        os.kill(identity.pid, number)
