"""How much one build's log may take: everything up to the limit, after that a sample of the newest lines.

A program that prints for days must not fill the disk, and must not be stopped for it either. What is stored stays; the
newest lines at the end are kept too, because they say how it ended. Pure but for the clock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from buildwidget.protocol.events import LogLine
from buildwidget.runner.terminal.lines import cut_text

LOG_LIMIT_BYTES: Final = 1024**3
LINES_A_SECOND: Final = 10
LAST_LINES: Final = 1_000
"""The newest lines at the end that are kept beyond the limit."""
MAX_LINE_BYTES: Final = 1_000
"""A line beyond the limit is cut to this."""
SAMPLE_SECONDS: Final = 1.0
_LINE_BYTES: Final = 16
"""What a line takes besides its text, about."""


class LogLimit:
    """Decides which lines of a build's log are stored. Used from one thread.

    Args:
        limit_bytes: what is stored whole; 0: no limit.
        clock: monotonic seconds.
    """

    def __init__(self, limit_bytes: int = LOG_LIMIT_BYTES, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit_bytes
        self._clock = clock
        self._size = 0
        self._newest: deque[LogLine] = deque(maxlen=LAST_LINES)
        self._waiting = 0
        self._next = 0.0
        self._said = False
        self.reached = False
        """Whether the log is beyond the limit."""

    def take(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """Those of some new lines, and of lines that waited, that are to be stored now."""
        place = 0
        while place < len(lines) and not self.reached:
            self.count(lines[place][1])
            place += 1
        self._wait(lines[place:])
        return [*lines[:place], *self.due()]

    def count(self, text: str) -> None:
        """Counts a text that is stored."""
        self._size += _LINE_BYTES + (len(text) if text.isascii() else len(text.encode()))
        self.reached = 0 < self._limit <= self._size

    def due(self) -> list[LogLine]:
        """The lines whose time has come; none within a second after the last."""
        if self.reached and not self._said:
            self._said = True
            self._next = self._clock() + SAMPLE_SECONDS
            return [("system", self._sentence())]
        if not self._waiting or self._clock() < self._next:
            return []
        return self._emit(LINES_A_SECOND)

    def finish(self) -> list[LogLine]:
        """The newest lines that were not stored yet."""
        return [*(self.due() if not self._said else []), *(self._emit(LAST_LINES) if self._waiting else [])]

    def _wait(self, lines: Sequence[LogLine]) -> None:
        self._waiting += len(lines)
        self._newest.extend((stream, cut_text(text, MAX_LINE_BYTES)) for stream, text in lines[-LAST_LINES:])

    def _emit(self, most: int) -> list[LogLine]:
        kept = list(self._newest)[-most:]
        dropped = self._waiting - len(kept)
        self._newest.clear()
        self._waiting = 0
        self._next = self._clock() + SAMPLE_SECONDS
        lines = "line was" if dropped == 1 else "lines were"
        said: LogLine = ("system", f"buildwidget: {dropped:,} {lines} not stored.")
        return [said, *kept] if dropped else kept

    def _sentence(self) -> str:
        return (
            f"buildwidget: this log has reached its limit of {_in_words(self._limit)}. From here on the newest "
            f"{LINES_A_SECOND} lines of each second are stored, and the last {LAST_LINES:,} at the end; the rest is "
            "counted. The work goes on. BUILDWIDGET_LOG_LIMIT_BYTES sets the limit."
        )


def _in_words(size: int) -> str:
    for unit, name in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
