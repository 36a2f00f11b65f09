"""``python -m buildwidget.runner <build id>``: the process that runs one build."""

from __future__ import annotations

import gc
import sys
from typing import Final, TextIO

_LOG_BYTES: Final = 256 * 1024


class _BoundedLog:
    """Standard error of the runner, which goes to a file in the build's directory: it may not fill the disk."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._left = _LOG_BYTES

    def write(self, text: str) -> int:
        kept = text[: self._left]
        self._left -= len(kept)
        self._file.write(kept)
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def main() -> int:
    """Run the build named on the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m buildwidget.runner <build id>\n")
        return 2
    sys.stderr = _BoundedLog(sys.stderr)
    # Modules are no garbage: looking for some while they are made takes a seventh of the time until the build runs.
    gc.disable()
    # After the log is in place, so that a failing import is told there.
    from buildwidget.runner.settings import RunnerSettings  # noqa: PLC0415
    from buildwidget.runner.supervisor import run  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return run(sys.argv[1], RunnerSettings.of_environment())


if __name__ == "__main__":
    sys.exit(main())
