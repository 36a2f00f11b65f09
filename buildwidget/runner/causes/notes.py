"""The lines of a build's log that may say why it failed, kept while they are written. A plain line costs little."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from buildwidget.protocol.events import LogEvent, LogLine
from buildwidget.runner.causes.line import LINE_BYTES, NOTED_LINES, Line
from buildwidget.runner.causes.markers import may_tell_from_afar
from buildwidget.runner.terminal.lines import cut_text, strip_colours

BEFORE: Final = 12
AFTER: Final = 60
"""Lines that are noted around one that may say something."""

END_LINES: Final = 1_000
END_CHARACTERS: Final = 128 * 1024
"""The end of the log is kept whole, in so many lines and characters. Only what leaves it is searched."""

NOTED_CHARACTERS: Final = 128 * 1024


class CauseNotes:
    """Hands log events on, and keeps the end of the log and the lines above it that may explain a failure.

    Thread-safe.

    Args:
        write: takes each event or draft, in order; may wait.
        lines: how many lines the log has already.
    """

    def __init__(self, write: Callable[[Any], object], lines: int = 0) -> None:
        self._write = write
        self._lock = threading.RLock()  # a signal handler may report in the middle of a report
        self._count = lines
        self._end: deque[tuple[int, Sequence[str], int]] = deque()  # the first number, lines, and characters
        self._end_lines = 0
        self._end_size = 0
        self._above = _Above()

    def write(self, event: Any) -> None:
        """Pass an event or a draft of the program's output on; raises what the writer raises."""
        if not (lines := _lines_of(event)):
            self._write(event)
            return
        # Noted under the same lock as written, so that numbers are those that the log gives the lines.
        with self._lock:
            self._write(event)
            self._keep([text for _stream, text in lines])

    def write_report(self, event: Any) -> None:
        """The same for what the program reported: its lines have numbers too, but are not what it printed."""
        if not (lines := _lines_of(event)):
            self._write(event)
            return
        with self._lock:
            self._write(event)
            self._count += len(lines)

    @property
    def last(self) -> int:
        """The number of the last line that was printed. Reports may still come in after it."""
        first, texts, _ = self._end[-1] if self._end else (1, (), 0)
        return first + len(texts) - 1

    def lines(self) -> list[Line]:
        """What was kept, without colours, in order."""
        with self._lock:
            above = list(self._above.noted)
            end = [Line(number, text) for first, texts, _ in self._end for number, text in enumerate(texts, first)]
        return [Line(number, strip_colours(text)) for number, text in [*above, *end]]

    def _keep(self, texts: Sequence[str]) -> None:
        size = sum(map(len, texts)) + len(texts)
        if size > END_CHARACTERS // 4:
            texts = [cut_text(text, LINE_BYTES) for text in texts]
            size = sum(map(len, texts)) + len(texts)
        self._end.append((self._count + 1, texts, size))
        self._count += len(texts)
        self._end_lines += len(texts)
        self._end_size += size
        while len(self._end) > 1 and (self._end_lines > END_LINES or self._end_size > END_CHARACTERS):
            first, left, size = self._end.popleft()
            self._end_lines -= len(left)
            self._end_size -= size
            self._above.note(first, left)


def _lines_of(event: Any) -> Sequence[LogLine]:
    log = getattr(event, "event", event)
    return log.lines if isinstance(log, LogEvent) else ()


class _Above:
    """The lines above the end of the log that may say something, with those around them."""

    def __init__(self) -> None:
        self.noted: deque[Line] = deque()
        self._size = 0
        self._recent: deque[Line] = deque(maxlen=BEFORE)
        self._wanted = 0

    def note(self, first: int, texts: Sequence[str]) -> None:
        if not self._wanted and not may_tell_from_afar("\n".join(texts)):
            number = first + max(len(texts) - BEFORE, 0)
            self._recent.extend(Line(each, text) for each, text in enumerate(texts[-BEFORE:], number))
            return
        for number, text in enumerate(texts, first):
            self._note_line(Line(number, text))

    def _note_line(self, line: Line) -> None:
        if may_tell_from_afar(line.text):
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
            self.noted.append(Line(number, kept))
            self._size += len(kept) + 1
        while self._size > NOTED_CHARACTERS or len(self.noted) > NOTED_LINES - END_LINES:
            self._size -= len(self.noted.popleft().text) + 1
