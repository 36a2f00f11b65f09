"""Which process holds the write lock of an SQLite file (Linux).

Read from the kernel's table of locks. Asking through a descriptor of one's own would be a mistake: closing it drops
every POSIX lock that this process has on the file, SQLite's own included.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import psutil

_LOCKS: Final = Path("/proc/locks")
_WAL_WRITE_BYTE: Final = 120
"""The byte of ``-shm`` that a writer locks (https://sqlite.org/walformat.html, "WAL locks")."""
_RESERVED_BYTE: Final = 0x40000001
"""The byte of the database that a writer locks with a rollback journal; it also locks the two beside it."""
_MAX_TABLE_BYTES: Final = 4 * 1024 * 1024
_RUNNER: Final = "buildwidget.runner"


def lock_holder(path: Path) -> str | None:
    """The process that holds the write lock, as a phrase with what to do; None where it cannot be known."""
    if sys.platform != "linux":
        return None
    try:
        with _LOCKS.open("rb") as table:
            lines = table.read(_MAX_TABLE_BYTES).decode("ascii", "replace").splitlines()
    except OSError:
        return None
    pid = find_writer(lines, _key(path.with_name(f"{path.name}-shm")), _key(path))
    return None if pid is None or pid == os.getpid() else _describe(pid)


def find_writer(lines: Iterable[str], shared_memory: str | None, database: str | None) -> int | None:
    """The process id in the kernel's table of locks; the files are named ``major:minor:inode``, hexadecimal."""
    for line in lines:
        fields = line.split()
        # "1: POSIX  ADVISORY  WRITE 1234 08:02:5678 120 120"; one that waits has "->" behind its number.
        if len(fields) != 8 or fields[3] != "WRITE" or not fields[4].isdecimal():
            continue
        first, last = int(fields[6]), sys.maxsize if fields[7] == "EOF" else int(fields[7])
        byte = {shared_memory: _WAL_WRITE_BYTE, database: _RESERVED_BYTE}.get(fields[5])
        if byte is not None and first <= byte <= last and int(fields[4]) > 0:
            return int(fields[4])
    return None


def _key(path: Path) -> str | None:
    if sys.platform == "win32":
        return None  # os.major is not there
    try:
        found = path.stat()
    except OSError:
        return None
    return f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"


def _describe(pid: int) -> str:
    """Only the program's name: the arguments of a process may hold secrets."""
    try:
        process = psutil.Process(pid)
        arguments, name, status = process.cmdline(), process.name(), process.status()
    except psutil.Error:
        return f"process {pid}"
    what = f"the runner of build {arguments[-1]}" if _RUNNER in arguments else name
    if status == psutil.STATUS_STOPPED:
        return f"process {pid} ({what}), which is stopped. Resume it (kill -CONT {pid}) or end it"
    return f"process {pid} ({what})"
