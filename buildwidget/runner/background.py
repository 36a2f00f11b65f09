"""What a command still has at work in the background after it ended: jobs, which the build waits for, and services.

``nohup python train.py &`` ends at once. To end the build then would end the training with it, under the word
"succeeded". So the build goes on until its jobs have ended. Services that build tools start for later runs, such as the
daemon of Gradle or ssh-agent, are no jobs: they are ended with the build.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from buildwidget.store.process import ProcessIdentity

_SERVICES: Final = re.compile(
    r"""(?:^|[/\s])(?:ssh-agent|gpg-agent|keyboxd|scdaemon|dirmngr|dbus-daemon|dbus-launch|gvfsd[\w-]*|at-spi[\w-]*
    |sccache|bazel[\w().-]*|watchman|adb|dmypy|pantsd|buck2d|wandb-core|wandb-service|eslint_d|prettierd|fsnotifier
    |git-credential-cache--daemon|git\sfsmonitor--daemon|rust-analyzer)(?:\s|$)
    |GradleDaemon|KotlinCompileDaemon|VBCSCompiler|/nodemode:|nx/src/daemon|turbo\s--skip-infer\sdaemon|esbuild\s--service
    |pantsd|mypy[./]dmypy|A-server\.jar|resource_tracker|semaphore_tracker|multiprocessing\.forkserver""",
    re.VERBOSE,
)
"""Command lines of programs that stay for the next run of the tool that started them."""
_SHOWN_CHARACTERS: Final = 100
_MOST_NAMED: Final = 3
ADVICE: Final = "& and nohup are not needed: a build outlives page, kernel and server by itself."


@dataclass(frozen=True, slots=True)
class LeftProcess:
    """A living process that a command left.

    Attributes:
        identity: which one.
        words: its command line.
        cwd: its working directory; "" where that may not be read.
        session: its session.
        parent: its parent's pid: the runner's if the runner adopted it.
        kept_alive: a shell's ``&`` or ``nohup`` started it: it ignores interrupts or hang-ups.
    """

    identity: ProcessIdentity
    words: str
    cwd: str
    session: int
    parent: int
    kept_alive: bool


def is_job(left: LeftProcess, *, session: int, cwd: str, strict: bool = False) -> bool:
    """Whether a build has to wait for a process.

    Args:
        left: the process.
        session: that of the command.
        cwd: the build's working directory.
        strict: only what a shell's ``&`` or ``nohup`` started, for builds that run no shell line.
    """
    if _SERVICES.search(left.words):
        return False
    if left.kept_alive or strict:
        return left.kept_alive
    # A daemon leaves its session and its directory, so that it is in nobody's way.
    return left.session == session or left.cwd != "/" or cwd == "/"


def look_at(identity: ProcessIdentity) -> LeftProcess | None:
    """What is to be known of a process; None if it is gone."""
    try:
        process = psutil.Process(identity.pid)
        words = " ".join(process.cmdline()) or process.name()
        parent = process.ppid()
        session = _session_of(identity.pid)
    except (psutil.Error, OSError):
        return None
    cwd = ""
    with contextlib.suppress(psutil.Error, OSError):
        cwd = process.cwd()
    return LeftProcess(identity, words, cwd, session, parent, _ignores(identity.pid))


def _session_of(pid: int) -> int:
    if sys.platform == "win32":  # which has none
        return 0
    return os.getsid(pid)


def _ignores(pid: int) -> bool:
    """Whether a process ignores interrupts or hang-ups; False where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
    except OSError:
        return False
    found = re.search(r"^SigIgn:\s*([0-9a-fA-F]+)", status, re.MULTILINE)
    bits = int(found[1], 16) if found else 0
    if sys.platform == "win32":
        return False
    return any(bits >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGHUP))


class BackgroundJobs:
    """The jobs of one command. Used from one thread.

    Args:
        list_left: the living processes of the build.
        is_waited_for: whether one of them is a job.
        code_of: the exit code of an adopted child that has ended, None where it is not known.
        say: takes a sentence for the log.
        look: what is to be known of a process.
    """

    def __init__(
        self,
        list_left: Callable[[], Iterable[ProcessIdentity]],
        is_waited_for: Callable[[LeftProcess], bool],
        *,
        code_of: Callable[[int], int | None],
        say: Callable[[str], object],
        look: Callable[[ProcessIdentity], LeftProcess | None] = look_at,
    ) -> None:
        self._list_left = list_left
        self._is_waited_for = is_waited_for
        self._code_of = code_of
        self._say = say
        self._look = look
        self._jobs: dict[ProcessIdentity, LeftProcess] = {}
        self._said = False
        self.code = 0
        """The exit code of the first job that failed; 0 where none did."""

    def at_work(self) -> bool:
        """Whether any job is alive. Cheap while one is that was seen before."""
        self._bury()
        if self._jobs:
            return True
        # Listing all processes costs milliseconds, hence only when those that were seen have ended.
        left = [seen for identity in self._list_left() if (seen := self._look(identity)) is not None]
        self._jobs = {seen.identity: seen for seen in left if self._is_waited_for(seen)}
        if self._jobs and not self._said:
            self._said = True
            self._say(_sentence(list(self._jobs.values())))
        return bool(self._jobs)

    def _bury(self) -> None:
        for identity, job in list(self._jobs.items()):
            if identity.is_alive():
                continue
            del self._jobs[identity]
            code = self._code_of(identity.pid) if job.parent == os.getpid() else None
            if code:
                self.code = self.code or code
                self._say(f"buildwidget: {_named(job)} ended with {_code_in_words(code)}.")


def _sentence(left: list[LeftProcess]) -> str:
    # Not the shells that wait for them.
    parents = {job.parent for job in left}
    jobs = [job for job in left if job.identity.pid not in parents]
    named = ", ".join(_named(job) for job in jobs[:_MOST_NAMED])
    more = f" and {len(jobs) - _MOST_NAMED} more" if len(jobs) > _MOST_NAMED else ""
    runs, it = ("runs", "it") if len(jobs) == 1 else ("run", "them")
    return (
        f"buildwidget: the command has ended, but {named}{more} still {runs} in the background. "
        f"The build waits for {it}; cancelling it ends {it}. {ADVICE}"
    )


def _named(job: LeftProcess) -> str:
    words = job.words if len(job.words) <= _SHOWN_CHARACTERS else f"{job.words[: _SHOWN_CHARACTERS - 1]}…"
    return f"{words} (process {job.identity.pid})"


def _code_in_words(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"
