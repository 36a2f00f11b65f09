"""What a call left behind, told without unpickling anything: the runner needs no more, and starts quicker for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO, Final

from buildwidget.runner.build_dir import open_private

CALLABLE_FILE: Final = "callable.pkl"
RESULT_FILE: Final = "result.pkl"
_MAX_HEADER_BYTES: Final = 16 * 1024 * 1024


def read_outcome(directory: Path) -> dict[str, Any] | None:
    """How the call ended, without unpickling anything; None where it did not get to tell.

    ``outcome`` is returned, unpicklable, raised, exited or not_loaded; with ``message``, ``kind`` and ``traceback``
    as they apply.
    """
    try:
        with open_private(directory / RESULT_FILE) as file:
            return read_header(file)
    except FileNotFoundError:
        return None


def read_header(file: BinaryIO) -> dict[str, Any]:
    """The line of JSON that stands before a pickle."""
    header: dict[str, Any] = json.loads(file.readline(_MAX_HEADER_BYTES))
    return header
