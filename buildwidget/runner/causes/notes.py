"""The lines of a build's log that may say why it failed, noted while they are written. A plain line costs little."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from buildwidget.protocol.events import LogEvent
from buildwidget.runner.causes.found import LINE_BYTES, NOTED_LINES, Line
from buildwidget.runner.causes.markers import may_tell
from buildwidget.runner.terminal.lines import cut_text, strip_colours

BEFORE: Final = 12
AFTER: Final = 60
"""Lines that are noted around one that may say something."""

NOTED_CHARACTERS: Final = 256 * 1024
"""The newest notes are kept, up to this many characters and ``NOTED_LINES``."""


class CauseNotes:
    """Hands log events on, and notes the lines that may explain a failure, with their numbers. Thread-safe.

    Args:
        write: takes each event or draft, in order; may wait.
        lines: how many lines the log has already.
    """

    def __init__(self, write: Callable[[Any], object], lines: int = 0) -> None:
        self._write = write
        self._lock = threading.RLock()  # a signal handler may report in the middle of a report
        self._count = lines
        self._recent: deque[Line] = deque(maxlen=BEFORE)
        self._wanted = 0
        self._noted: deque[Line] = deque()
        self._size = 0

    def write(self, event: Any) -> None:
        """Pass an event or a draft on; raises what the writer raises."""
        log = getattr(event, "event", event)
        if not isinstance(log, LogEvent) or not log.lines:
            self._write(event)
            return
        # Noted under the same lock as written, so that numbers are those that the log gives the lines.
        with self._lock:
            self._write(event)
            self._note([text for _stream, text in log.lines])

    @property
    def count(self) -> int:
        """How many lines the log has."""
        return self._count

    def lines(self) -> list[Line]:
        """What was noted, without colours, in order."""
        with self._lock:
            return [Line(number, strip_colours(text)) for number, text in self._noted]

    def _note(self, texts: list[str]) -> None:
        first = self._count + 1
        self._count += len(texts)
        if not self._wanted and not may_tell("\n".join(texts)):
            self._recent.extend(map(Line, range(first, self._count + 1)[-BEFORE:], texts[-BEFORE:]))
            return
        for number, text in enumerate(texts, start=first):
            self._note_line(Line(number, text))

    def _note_line(self, line: Line) -> None:
        if may_tell(line.text):
            self._wanted = AFTER
            self._keep(*self._recent, line)
            self._recent.clear()
        elif self._wanted:
            # Frames and boxes of a long traceback stand indented, and its exception may have any name.
            self._wanted -= not line.text.startswith((" ", "\t", "│", "|"))
            self._keep(line)
        else:
            self._recent.append(line)

    def _keep(self, *lines: Line) -> None:
        for number, text in lines:
            kept = cut_text(text, LINE_BYTES)
            self._noted.append(Line(number, kept))
            self._size += len(kept) + 1
        while self._size > NOTED_CHARACTERS or len(self._noted) > NOTED_LINES:
            self._size -= len(self._noted.popleft().text) + 1
