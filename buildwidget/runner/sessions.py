"""The sessions of a build's processes, noted in the build's directory while the runner lives.

A process that was started with an empty environment carries no mark of its build, and once its parents are dead no
link leads to it. It is still in the session that it was forked in. So whoever ends what a killed runner left behind
finds it by the noted sessions.

The number of a session is the pid of its first process, and is used again only after the last process of the session
has ended. A session that was seen alive at a known time is therefore still the same one if any process in it was
created before that time. Where none was, its processes are left alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import psutil

from buildwidget.errors import BuildwidgetError
from buildwidget.runner.build_dir import build_dir, open_private
from buildwidget.store.process import ProcessIdentity, this_boot

SESSIONS_FILE: Final = "sessions.json"

_FIRST_SECONDS: Final = 0.05
_LONGEST_SECONDS: Final = 1.0
_SHARE_OF_TIME: Final = 100
"""Looking takes at most one part in so many of the time."""
_GRACE_SECONDS: Final = 5.0
"""A process may be forked after the last look. For a session's number to be taken by somebody else within this
time, the system would have to use all its pids once around."""
_MAX_SESSIONS: Final = 1_000
_MAX_NOTE_BYTES: Final = 256 * 1024


class SessionNote(msgspec.Struct, frozen=True):
    """What a runner saw of its build's processes.

    Attributes:
        boot: where pids mean what they meant then.
        sessions: each session they were in, and when it was last seen, on the clock of ``ProcessIdentity.created``.
        users: the user ids they ran as.
    """

    boot: str
    sessions: dict[int, float] = {}
    users: list[int] = []


class Seen(NamedTuple):
    """A process of this host, its session and its user."""

    process: ProcessIdentity
    session: int
    user: int


class SessionNotes:
    """Keeps the note of one build up to date, in a thread of its own.

    Args:
        build_id: whose note it is.
        is_foreign: whether a process belongs to another build; such a one is left out with all below it.
        root: the pid whose descendants belong to the build, a subreaper: the runner's own.
    """

    def __init__(self, build_id: str, is_foreign: Callable[[int], bool], *, root: int | None = None) -> None:
        self._build_id = build_id
        self._path = build_dir(build_id) / SESSIONS_FILE
        self._is_foreign = is_foreign
        self._root = os.getpid() if root is None else root
        self._descendants = _Descendants(self._root)
        self._closed = False
        self._hurry = threading.Event()
        self._note = SessionNote(this_boot())
        self._thread = threading.Thread(target=self._look_again, name="buildwidget-sessions", daemon=True)

    def start(self) -> None:
        """Look at once, and then again and again until ``close``. Does nothing where there are no sessions."""
        if sys.platform == "win32":
            return
        if self._thread.is_alive():
            self._hurry.set()
        else:
            self.look()
            self._thread.start()

    def close(self) -> None:
        """Stop looking, and forget the note: the build's processes have ended."""
        self._closed = True
        self._hurry.set()
        if self._thread.is_alive():
            self._thread.join()
        forget_note(self._build_id)

    def look(self) -> bool:
        """Look once and write down what is there; whether there is anything new."""
        now = clock()
        sessions, users = self._look()
        # Without a subreaper an orphan is no descendant any more: what was noted once stays.
        kept = {} if sys.platform == "linux" else self._note.sessions
        newest_last = {**kept, **dict.fromkeys(sorted(sessions), now)}
        bounded = dict(list(newest_last.items())[-_MAX_SESSIONS:])
        note = SessionNote(self._note.boot, bounded, sorted({*users, *self._note.users}))
        changed = note.sessions.keys() != self._note.sessions.keys() or note.users != self._note.users
        self._note = note
        with contextlib.suppress(OSError):  # a full disk must not end the build
            self._write(msgspec.json.encode(note) + b"\n")
        return changed

    def _look(self) -> tuple[set[int], set[int]]:
        sessions, users = set(), set()
        for pid in self._descendants.update(self._is_foreign):
            with contextlib.suppress(OSError, psutil.Error):
                sessions.add(_session_of(pid))
                users.add(_user_of(pid))
        # The runner's own: a child has not left it yet, or the runner was started by hand in a user's session.
        sessions.discard(_session_of(self._root))
        return sessions, users

    def _write(self, data: bytes) -> None:
        """In place, since it is written every second; a reader takes the first line only."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)

    def _look_again(self) -> None:
        pause = _FIRST_SECONDS
        while True:
            self._hurry.wait(pause)
            self._hurry.clear()
            if self._closed:
                return
            started = time.thread_time()
            changed = self.look()
            cost = time.thread_time() - started
            pause = _FIRST_SECONDS if changed else min(2 * pause, _LONGEST_SECONDS)
            pause = max(pause, cost * _SHARE_OF_TIME)


class _Descendants:
    """The descendants of a subreaper; reads only of processes that are new since the last look."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._ours: set[int] = set()
        self._others: set[int] = set()

    def update(self, is_foreign: Callable[[int], bool]) -> set[int]:
        here = set(psutil.pids())
        self._ours &= here
        self._others &= here
        # A process is another build's only from its exec on, shortly after its fork: asked at every look.
        self._give_up({pid for pid in self._ours if _leads_session(pid) and is_foreign(pid)})
        parents = _parents(here - self._ours - self._others - {self._root})
        while children := {pid for pid, parent in parents.items() if parent in self._ours or parent == self._root}:
            self._ours |= children
            self._give_up({pid for pid in children if is_foreign(pid)})
            parents = {pid: parent for pid, parent in parents.items() if pid not in children}
        # What is left may be a child of a process that ended meanwhile: it has another parent at the next look.
        while children := {pid for pid, parent in parents.items() if parent in self._others or parent == 0}:
            self._others |= children
            parents = {pid: parent for pid, parent in parents.items() if pid not in children}
        return set(self._ours)

    def _give_up(self, pids: set[int]) -> None:
        self._ours -= pids
        self._others |= pids


def _parents(pids: Iterable[int]) -> dict[int, int]:
    parents = {}
    for pid in pids:
        with contextlib.suppress(psutil.Error, OSError):
            parents[pid] = psutil.Process(pid).ppid()
    return parents


def read_note(build_id: str) -> SessionNote | None:
    """The last note of a build's runner; None where there is none that means anything here and now."""
    try:
        with open_private(build_dir(build_id) / SESSIONS_FILE) as file:
            note = msgspec.json.decode(file.readline(_MAX_NOTE_BYTES), type=SessionNote)
    except (OSError, BuildwidgetError, msgspec.MsgspecError):
        return None
    return note if note.boot == this_boot() else None


def forget_note(build_id: str) -> None:
    """Remove the note: what it would find has ended."""
    with contextlib.suppress(OSError):
        (build_dir(build_id) / SESSIONS_FILE).unlink()


def members(note: SessionNote) -> list[ProcessIdentity]:
    """The processes of this host that are certainly in one of the noted sessions."""
    if sys.platform == "win32":
        return []
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            process = ProcessIdentity.of(pid)  # first: what is read of a pid's next process would not fit to it
            session = _session_of(pid)
            if session in note.sessions:
                found.append(Seen(process, session, _user_of(pid)))
    return certain_members(note, found)


def certain_members(note: SessionNote, processes: Iterable[Seen]) -> list[ProcessIdentity]:
    """Those of some processes that are in a noted session, if it is still the session it was. Pure."""
    here = [seen for seen in processes if seen.session in note.sessions]
    same = {seen.session for seen in here if seen.process.created <= note.sessions[seen.session] + _GRACE_SECONDS}
    return [seen.process for seen in here if seen.session in same and seen.user in note.users]


def clock() -> float:
    """Now, on the clock of ``ProcessIdentity.created``, in seconds."""
    if sys.platform == "linux" and Path("/proc/self/stat").exists():
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.time()


def _session_of(pid: int) -> int:
    if sys.platform == "win32":
        raise NotImplementedError
    return os.getsid(pid)


def _leads_session(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return _session_of(pid) == pid
    return False


def _user_of(pid: int) -> int:
    if sys.platform == "win32":
        raise NotImplementedError
    return psutil.Process(pid).uids().real
