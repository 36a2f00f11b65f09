"""Writing to a program's standard input without ever waiting for it."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import IO


class InputPipe:
    """Lines for a program, written by a thread of its own.

    Whoever reads the program's output must not wait for it to read its input: both would wait for ever.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="buildwidget-agent-input", daemon=True).start()

    def send(self, line: str) -> None:
        """Queues a line."""
        self._lines.put(line.encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        """Nothing more will come: the program reads the end of its input."""
        self._lines.put(None)

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # the program is gone, or reads no more
            while (line := self._lines.get()) is not None:
                self._file.write(line)
                self._file.flush()
        with contextlib.suppress(OSError):
            self._file.close()
