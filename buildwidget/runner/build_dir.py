"""A build's own directory, ``<data>/builds/<id>/``: its callable, its result, the runner's last words."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from buildwidget.errors import BuildwidgetError
from buildwidget.store.build_files import SOCKET_NOTE, build_path, remove_build_dir, remove_noted_socket
from buildwidget.store.location import data_dir

__all__ = [
    "RUNNER_LOG",
    "UntrustedFileError",
    "build_dir",
    "make_build_dir",
    "note_socket",
    "open_private",
    "remove_build_dir",
    "remove_noted_socket",
    "runner_log_tail",
    "write_private",
]

RUNNER_LOG: Final = "runner.log"


class UntrustedFileError(BuildwidgetError):
    """The file belongs to somebody else or may be written by others; it was not read."""


def build_dir(build_id: str) -> Path:
    """Where the build's directory is, whether or not it exists."""
    directory = build_path(build_id)
    data_dir()
    return directory


def make_build_dir(build_id: str) -> Path:
    """The build's directory, made (0700) where it is missing."""
    directory = build_dir(build_id)
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def write_private(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """A file (0600) with what ``write`` puts into it, there as a whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def open_private(path: Path) -> BinaryIO:
    """A file for reading that nobody but this user can have written.

    Raises:
        UntrustedFileError: somebody else could have.
        FileNotFoundError: there is none.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    try:
        if sys.platform != "win32":
            _check_private(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_private(status: os.stat_result, path: Path) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    writable = stat.S_IMODE(status.st_mode) & 0o077
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or writable:
        raise UntrustedFileError(
            f"{path} must be a file of this user that nobody else may read or write "
            f"(owner {status.st_uid}, mode {stat.S_IMODE(status.st_mode):o}); it was not read."
        )


def note_socket(build_id: str, address: str) -> None:
    """Write down where the report socket is, for whoever cleans up after a runner that was killed."""
    (build_dir(build_id) / SOCKET_NOTE).write_text(address, "utf-8")


def runner_log_tail(build_id: str, limit: int = 2000) -> str:
    """The end of what the runner said before it crashed; "" if it said nothing."""
    with contextlib.suppress(OSError):
        return (build_dir(build_id) / RUNNER_LOG).read_text("utf-8", "replace")[-limit:].strip()
    return ""
