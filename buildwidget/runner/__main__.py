"""``python -m buildwidget.runner <build id>``: the process that runs one build."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from buildwidget.runner.secrets import Masker, StreamMasker

_LOG_BYTES: Final = 256 * 1024


class _BoundedLog:
    """Standard error of the runner, which goes to a file in the build's directory.

    It may not fill the disk, and from ``hide`` on no secret goes into it.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._left = _LOG_BYTES
        self._stream: StreamMasker | None = None

    def hide(self, masker: Masker) -> None:
        self._stream = masker.stream()

    def write(self, text: str) -> int:
        self._write(self._stream.feed(text.encode("utf-8", "replace")) if self._stream else text.encode())
        return len(text)

    def close(self) -> None:
        """The end of all: what was held back."""
        if self._stream is not None:
            self._write(self._stream.finish())

    def _write(self, data: bytes) -> None:
        kept = data[: self._left]
        self._left -= len(kept)
        self._file.write(kept.decode("utf-8", "replace"))

    def flush(self) -> None:
        self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


def main() -> int:
    """Run the build named on the command line."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m buildwidget.runner <build id>\n")
        return 2
    sys.stderr = log = _BoundedLog(sys.stderr)
    # Modules are no garbage: looking for some while they are made takes a seventh of the time until the build runs.
    gc.disable()
    # After the log is in place, so that a failing import is told there.
    from buildwidget.runner.secrets import Masker  # noqa: PLC0415
    from buildwidget.runner.settings import RunnerSettings  # noqa: PLC0415
    from buildwidget.runner.supervisor import run  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    masker = Masker.of_environment()
    log.hide(masker)
    atexit.register(log.close)
    return run(sys.argv[1], RunnerSettings.of_environment(), masker)


if __name__ == "__main__":
    sys.exit(main())
