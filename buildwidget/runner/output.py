"""From the bytes a program prints to log lines and bars in the build's log."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Final

from buildwidget.protocol.events import Event, LogEvent, LogLine, Stream
from buildwidget.runner.exit_status import OutputTail
from buildwidget.runner.secrets import Masker
from buildwidget.runner.terminal.bars import BarReader
from buildwidget.runner.terminal.lines import LineSplitter, LogUpdate
from buildwidget.store.coalesce import MAX_LINES

PARTIAL_SECONDS: Final = 0.1
"""An unfinished line is told at most so often: a program that prints letter by letter is not told letter by letter."""


class Output:
    """Takes what a program prints, per stream, and writes events. Used from one thread.

    Args:
        write: takes each event, in order; may wait, which makes the program wait.
        masker: replaces secret values, also where two reads cut them.
        clock: monotonic seconds.
        now_ms: milliseconds since the epoch.
    """

    def __init__(
        self,
        write: Callable[[Event], object],
        masker: Masker,
        *,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._write = write
        self._masker = masker
        self._clock = clock
        self._now_ms = now_ms
        self._streams: dict[Stream, _Reading] = {}
        self._told: dict[Stream, str] = {}
        self._next_partial = clock()
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
        self._tell_partial()

    def finish(self) -> None:
        """The end of all streams."""
        for stream, reading in self._streams.items():
            rest = reading.splitter.feed(reading.masker.finish())
            end = reading.splitter.finish()
            self._take(stream, LogUpdate([*rest.lines, *end.lines], end.partial, rest.drawn + end.drawn))
            for event in reading.bars.finish(self._now_ms()):
                self._write(self._masker.mask_event(event))
        self._tell_partial()

    def _reading(self, stream: Stream) -> _Reading:
        reading = self._streams.get(stream)
        if reading is None:
            reading = self._streams[stream] = _Reading(self._masker)
        return reading

    def _take(self, stream: Stream, update: LogUpdate) -> None:
        reading = self._reading(stream)
        reading.partial = update.partial
        moved = reading.splitter.moved
        lines = self._masked_lines(update.lines) if moved else update.lines
        for event in reading.bars.feed(self._masked_update(update) if moved else update, self._now_ms()):
            self._write(self._masker.mask_event(event))
        if lines:
            self.tail.add(lines)
            self._tell([(stream, line) for line in lines])
        elif self._clock() >= self._next_partial:
            self._tell_partial()

    def _masked_lines(self, lines: list[str]) -> list[str]:
        """Lines that moves of the cursor drew: they may show a secret that the bytes in their order did not."""
        whole = "\n".join(lines)
        masked = self._masker.mask(whole)
        return lines if masked is whole else masked.split("\n")

    def _tell_partial(self) -> None:
        if self._partial() != self._told:
            self._tell([])

    def _masked_update(self, update: LogUpdate) -> LogUpdate:
        if not self._masker:
            return update
        mask = self._masker.mask
        drawn = [it._replace(texts=[mask(text) for text in it.texts]) for it in update.drawn]
        return dataclasses.replace(update, partial=mask(update.partial), drawn=drawn)

    def _tell(self, lines: list[LogLine]) -> None:
        self._next_partial = self._clock() + PARTIAL_SECONDS
        partial = self._partial()
        changed = None if partial == self._told else partial
        self._told = partial
        at = self._now_ms()
        last = max(len(lines) - 1, 0) // MAX_LINES * MAX_LINES
        for place in range(0, last, MAX_LINES):
            self._write(LogEvent(at=at, first=1, lines=lines[place : place + MAX_LINES]))  # the appender numbers them
        self._write(LogEvent(at=at, first=1, lines=lines[last:], partial=changed))

    def _partial(self) -> dict[Stream, str]:
        return {
            stream: self._masker.mask(reading.partial) if reading.splitter.moved else reading.partial
            for stream, reading in self._streams.items()
            if reading.partial
        }


class _Reading:
    """One stream."""

    def __init__(self, masker: Masker) -> None:
        self.masker = masker.stream()
        self.splitter = LineSplitter()
        self.bars = BarReader()
        self.partial = ""
