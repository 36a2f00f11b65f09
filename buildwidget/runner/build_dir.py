"""A build's own directory, ``<data>/builds/<id>/``: its callable, its result, the runner's last words."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from buildwidget.errors import BuildwidgetError
from buildwidget.runner.socket_path import remove_socket
from buildwidget.store.location import data_dir

RUNNER_LOG: Final = "runner.log"
_SOCKET_NOTE: Final = "report_socket"
_BUILD_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UntrustedFileError(BuildwidgetError):
    """The file belongs to somebody else or may be written by others; it was not read."""


def build_dir(build_id: str) -> Path:
    """Where the build's directory is, whether or not it exists."""
    if not _BUILD_ID.fullmatch(build_id):
        raise ValueError(f"not a build id: {build_id!r}")
    return data_dir() / "builds" / build_id


def make_build_dir(build_id: str) -> Path:
    """The build's directory, made (0700) where it is missing."""
    directory = build_dir(build_id)
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def remove_build_dir(build_id: str) -> None:
    """Remove the build's directory and what a killed runner left elsewhere; nothing happens where there is none."""
    remove_noted_socket(build_id)
    shutil.rmtree(build_dir(build_id), ignore_errors=True)


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
        if hasattr(os, "getuid"):
            _check_private(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_private(status: os.stat_result, path: Path) -> None:
    writable = stat.S_IMODE(status.st_mode) & 0o077
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or writable:
        raise UntrustedFileError(
            f"{path} must be a file of this user that nobody else may read or write "
            f"(owner {status.st_uid}, mode {stat.S_IMODE(status.st_mode):o}); it was not read."
        )


def note_socket(build_id: str, address: str) -> None:
    """Write down where the report socket is, for whoever cleans up after a runner that was killed."""
    (build_dir(build_id) / _SOCKET_NOTE).write_text(address, "utf-8")


def remove_noted_socket(build_id: str) -> None:
    """Remove the report socket that ``note_socket`` wrote down, if it is still there."""
    note = build_dir(build_id) / _SOCKET_NOTE
    with contextlib.suppress(OSError, UnicodeError):
        remove_socket(note.read_text("utf-8"))
        note.unlink()


def runner_log_tail(build_id: str, limit: int = 2000) -> str:
    """The end of what the runner said before it crashed; "" if it said nothing."""
    with contextlib.suppress(OSError):
        return (build_dir(build_id) / RUNNER_LOG).read_text("utf-8", "replace")[-limit:].strip()
    return ""
