"""Which process writes a build, so that nobody takes another one with its pid for it."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

_STAT_STATE = 0
_STAT_STARTED = 19  # field 22 of /proc/<pid>/stat, counted after the command's closing parenthesis


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, told apart from every other: pids are used again, (host, boot, pid, created) are not.

    ``boot`` names one boot of the kernel and one pid namespace, so that a pid is only ever looked up where it
    means something. ``created`` is in seconds; on Linux since boot, because the time of day of a start
    seems to change when the clock is set.
    """

    host: str
    boot: str
    pid: int
    created: float

    @classmethod
    def of(cls, pid: int | None = None) -> ProcessIdentity:
        """The identity of a running process, by default this one.

        Raises:
            ProcessLookupError: there is no such process.
        """
        pid = os.getpid() if pid is None else pid
        return cls(host=this_host(), boot=this_boot(), pid=pid, created=_created(pid))

    def is_here(self) -> bool:
        """Whether this process can look the other up by its pid: same host, boot and pid namespace."""
        return self.host == this_host() and self.boot == this_boot()

    def is_alive(self) -> bool:
        """Whether it runs and is no zombie. Only means something where ``is_here()``."""
        try:
            return _created(self.pid) == self.created and not _is_zombie(self.pid)
        except ProcessLookupError:
            return False


def this_host() -> str:
    """The name of this machine (or container)."""
    return platform.node() or "localhost"


def this_boot() -> str:
    """One boot of this machine's kernel, and the pid namespace we see it through."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not Linux: the time of the boot, coarse enough to stand still while the clock is trimmed
        return f"boot-{round(psutil.boot_time() / 60)}"
    return f"{boot} {namespace}"


def _created(pid: int) -> float:
    fields = _stat(pid)
    if fields is not None and sys.platform != "win32":
        return int(fields[_STAT_STARTED]) / float(os.sysconf("SC_CLK_TCK"))
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        raise ProcessLookupError(f"There is no process {pid}.") from None


def _is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    if fields is not None:
        return fields[_STAT_STATE] in (b"Z", b"X")
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _stat(pid: int) -> list[bytes] | None:
    """The fields of /proc/<pid>/stat from the third on; None where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return None
    try:
        # The command may hold spaces and parentheses itself: what counts stands after the last one.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(f"There is no process {pid}.") from None
