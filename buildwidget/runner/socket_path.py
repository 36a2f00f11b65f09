"""Where the report socket is: data directories often have paths too long for a Unix socket."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

from buildwidget.store.build_files import SOCKET_DIRECTORY

MAX_ADDRESS_BYTES: Final = 100
"""A Unix socket's path is at most 108 bytes on Linux and 104 on macOS, its closing zero included."""


def new_address() -> str:
    """The path for a socket, in a new private directory whose path is short enough."""
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes it 0700
        if base and len(os.fsencode(base)) + 30 <= MAX_ADDRESS_BYTES and os.access(base, os.W_OK):
            return str(Path(tempfile.mkdtemp(prefix=SOCKET_DIRECTORY, dir=base)) / "s")
    raise OSError("no directory with a path short enough for a Unix socket")


def unix_socket() -> socket.socket:
    """A new socket; not on Windows."""
    if sys.platform != "win32":
        return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    raise NotImplementedError
