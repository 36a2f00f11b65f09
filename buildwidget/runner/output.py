"""From the bytes a program prints to log lines and bars in the build's log."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable
from typing import Final

from buildwidget.protocol.events import Event, LogEvent, LogLine, Stream
from buildwidget.runner.exit_status import OutputTail
from buildwidget.runner.log_limit import LOG_LIMIT_BYTES, MAX_LINE_BYTES, SAMPLE_SECONDS, LogLimit
from buildwidget.runner.secrets import Masker
from buildwidget.runner.terminal.bars import BarReader
from buildwidget.runner.terminal.lines import LineSplitter, LogUpdate, cut_text
from buildwidget.store.coalesce import MAX_LINES

PARTIAL_SECONDS: Final = 0.1
"""An unfinished line is told at most so often: a program that prints letter by letter is not told letter by letter."""

OPEN_SECONDS: Final = 0.2
"""Rows that are still drawn over are written at most this often, in seconds: a picture may change with every read."""

OPEN_BURST_CHARACTERS: Final = 1024 * 1024
OPEN_CHARACTERS_A_SECOND: Final = 4 * 1024
"""Open rows: characters that may be written at the full rate, and the mean rate in the long run."""


class Output:
    """Takes what a program prints, per stream, and writes events. Used from one thread.

    Args:
        write: takes each event, in order; may wait, which makes the program wait.
        masker: replaces secret values, also where two reads cut them.
        clock: monotonic seconds.
        now_ms: milliseconds since the epoch.
        limit_bytes: what is stored whole (LogLimit).
    """

    def __init__(
        self,
        write: Callable[[Event], object],
        masker: Masker,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        limit_bytes: int = LOG_LIMIT_BYTES,
    ) -> None:
        self._limit = LogLimit(limit_bytes, clock=clock)
        self._write = write
        self._masker = masker
        self._clock = clock
        self._now_ms = now_ms
        self._streams: dict[Stream, _Reading] = {}
        self._told: dict[Stream, str] = {}
        self._told_open: dict[Stream, list[str]] = {}
        self._next_partial = clock()
        self._next_open = clock()
        self._open_pace = _Pace(clock)
        self.tail = OutputTail()

    def feed(self, stream: Stream, data: bytes) -> None:
        """Some bytes of a stream."""
        reading = self._reading(stream)
        self._take(stream, reading.splitter.feed(reading.masker.feed(data)))

    def idle(self) -> None:
        """Nothing came for a while: what waited for its time is told.

        Not what could be the beginning of a secret: nobody can answer a prompt here, so its last letters may wait.
        """
        for reading in self._streams.values():
            for event in reading.bars.flush(self._now_ms()):
                self._write(self._masker.mask_event(event))
        waited = self._limit.due()
        if waited:
            self._tell(waited)
        elif not self._limit.reached or self._clock() >= self._next_partial:
            self._tell_unfinished(at_once=True)

    def finish(self) -> None:
        """The end of all streams."""
        for stream, reading in self._streams.items():
            rest = reading.splitter.feed(reading.masker.finish())
            end = reading.splitter.finish()
            self._take(stream, LogUpdate([*rest.lines, *end.lines], end.partial, rest.drawn + end.drawn))
            for event in reading.bars.finish(self._now_ms()):
                self._write(self._masker.mask_event(event))
        last = self._limit.finish()
        if last:
            self._tell(last)
        self._tell_unfinished(at_once=True)

    def _reading(self, stream: Stream) -> _Reading:
        reading = self._streams.get(stream)
        if reading is None:
            reading = self._streams[stream] = _Reading(self._masker)
        return reading

    def _take(self, stream: Stream, update: LogUpdate) -> None:
        reading = self._reading(stream)
        reading.partial = update.partial
        moved = reading.splitter.moved
        # Lines that moves of the cursor drew may show a secret that the bytes in their order did not.
        lines = self._masker.mask_rows(update.lines) if moved else update.lines
        for event in reading.bars.feed(self._masked_update(update) if moved else update, self._now_ms()):
            self._write(self._masker.mask_event(event))
        self.tail.add(lines)
        kept = self._limit.take([(stream, line) for line in lines])
        if kept:
            self._tell(kept)
        elif self._clock() >= self._next_partial:
            self._tell_unfinished()

    def _tell_unfinished(self, *, at_once: bool = False) -> None:
        if at_once:
            self._next_open = self._clock()
        rows = self._changed_open()
        if rows is not None or self._partial() != self._told:
            self._write_log([], rows)

    def _masked_update(self, update: LogUpdate) -> LogUpdate:
        if not self._masker:
            return update
        mask = self._masker.mask
        drawn = [it._replace(texts=[mask(text) for text in it.texts]) for it in update.drawn]
        return dataclasses.replace(update, partial=mask(update.partial), drawn=drawn, resting=mask(update.resting))

    def _tell(self, lines: list[LogLine]) -> None:
        self._write_log(lines, self._changed_open())

    def _write_log(self, lines: list[LogLine], rows: dict[Stream, list[str]] | None) -> None:
        self._next_partial = self._clock() + (SAMPLE_SECONDS if self._limit.reached else PARTIAL_SECONDS)
        partial = self._partial()
        changed = None if partial == self._told else partial
        self._told = partial
        for text in (changed or {}).values():
            self._limit.count(text)
        for text in itertools.chain(*(rows or {}).values()):
            self._limit.count(text)
        at = self._now_ms()
        last = max(len(lines) - 1, 0) // MAX_LINES * MAX_LINES
        for place in range(0, last, MAX_LINES):
            self._write(LogEvent(at=at, first=1, lines=lines[place : place + MAX_LINES]))  # the appender numbers them
        self._write(LogEvent(at=at, first=1, lines=lines[last:], partial=changed, open=rows))

    def _partial(self) -> dict[Stream, str]:
        found = {
            stream: self._masker.mask(reading.partial) if reading.splitter.moved else reading.partial
            for stream, reading in self._streams.items()
            if reading.partial
        }
        if self._limit.reached:
            return {stream: cut_text(text, MAX_LINE_BYTES) for stream, text in found.items()}
        return found

    def _open(self) -> dict[Stream, list[str]]:
        found = ((stream, reading.splitter.open_lines()) for stream, reading in self._streams.items())
        return {stream: rows for stream, rows in found if rows}

    def _changed_open(self) -> dict[Stream, list[str]] | None:
        """The open rows, masked; None: as they were, or written too short a time ago."""
        if self._clock() < self._next_open:
            return None
        rows = self._open()
        if rows == self._told_open:
            return None
        # As they were before masking, so that a picture is masked once and not with every read.
        self._told_open = rows
        masked = {stream: self._masker.mask_rows(rows) for stream, rows in self._told_open.items()}
        size = sum(len(row) for rows in masked.values() for row in rows)
        self._next_open = self._clock() + self._open_pace.wait_after(size)
        return masked


class _Pace:
    """How long to wait with the next open rows: a program that draws for hours must not fill the database with them.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._paid = clock() - OPEN_BURST_CHARACTERS / OPEN_CHARACTERS_A_SECOND

    def wait_after(self, size: int) -> float:
        """Seconds to wait after rows of ``size`` characters were written."""
        now = self._clock()
        earliest = now - OPEN_BURST_CHARACTERS / OPEN_CHARACTERS_A_SECOND
        self._paid = max(self._paid, earliest) + size / OPEN_CHARACTERS_A_SECOND
        return max(OPEN_SECONDS, self._paid - now)


class _Reading:
    """One stream."""

    def __init__(self, masker: Masker) -> None:
        self.masker = masker.stream()
        self.splitter = LineSplitter()
        self.bars = BarReader()
        self.partial = ""
