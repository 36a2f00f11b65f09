"""The files of a build, ``<data>/builds/<id>/``: where they are, and how they are removed."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path
from typing import Final

from buildwidget.store.location import data_path

SOCKET_NOTE: Final = "report_socket"
"""The file that says where the build's report socket is."""
SOCKET_DIRECTORY: Final = "buildwidget-"
"""What the directory of a report socket begins with."""

_BUILD_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def build_path(build_id: str) -> Path:
    """Where the build's directory is, whether or not it exists; makes nothing.

    Raises:
        ValueError: it is no build id, and could lead elsewhere.
    """
    if not _BUILD_ID.fullmatch(build_id):
        raise ValueError(f"not a build id: {build_id!r}")
    return data_path() / "builds" / build_id


def remove_build_dir(build_id: str) -> bool:
    """Remove the build's directory, and the report socket that a killed runner left elsewhere.

    Returns:
        Whether nothing is left (or nothing was there).
    """
    try:
        directory = build_path(build_id)
    except ValueError:  # an id that was not made here has no directory
        return True
    remove_noted_socket(build_id)
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def remove_noted_socket(build_id: str) -> None:
    """Remove the report socket that is noted in the build's directory, if it is still there."""
    note = build_path(build_id) / SOCKET_NOTE
    with contextlib.suppress(OSError, UnicodeError):
        remove_socket(note.read_text("utf-8"))
        note.unlink()


def remove_socket(address: str | None) -> None:
    """Remove a report server's socket and its directory, also of one that was killed."""
    if address is not None and Path(address).parent.name.startswith(SOCKET_DIRECTORY):
        with contextlib.suppress(OSError, ValueError):
            Path(address).unlink(missing_ok=True)
            Path(address).parent.rmdir()
