"""Programs' own progress bars, read off their output and turned into progress events.

What counts as a bar stands in bar_formats.py. A bar's id comes from its kind and label, so the same bar is the
same row however often it is drawn; bars without a label are told apart by their totals. A bar is done when it
reaches its total; one that starts over is the same row again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from buildwidget.protocol.events import ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS
from buildwidget.runner.bar_formats import Bar, may_hold_bar, read_any_bar, read_bar
from buildwidget.runner.terminal import strip_colours

INTERVAL_SECONDS: Final = 0.1

_CHANGING: Final = re.compile(r"\d+\.\d+(?:e[-+]?\d+)?|(?<==)\S+")
_DIGITS: Final = re.compile(r"\d+")


@dataclass(slots=True)
class _Known:
    bar: Bar
    sent_at: float = float("-inf")
    sent: Bar | None = None


class BarReader:
    """Reads the bars of one stream.

    Args:
        interval: seconds between two events of one bar; its end is told at once.
        clock: monotonic seconds.
    """

    def __init__(self, *, interval: float = INTERVAL_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._waiting: dict[str, None] = {}
        self._unsure: dict[tuple[str, str, float | None], float] = {}
        self._above = ""
        self._partial = ""

    def feed(self, lines: Iterable[str], partial: str, at: int) -> list[ProgressEvent]:
        """Reads what a LineSplitter gave.

        Args:
            lines: whole lines.
            partial: the unfinished line.
            at: the time of the events, milliseconds since the epoch.

        Returns:
            The bars that changed and are due.
        """
        for line in lines:
            self._read_line(line)
        if partial != self._partial:
            self._partial = partial
            self._read_partial(partial)
        return self.flush(at) if self._waiting else []

    def flush(self, at: int) -> list[ProgressEvent]:
        """The changes that were held back and are due now; to be called when no output comes."""
        now = self._clock()
        due = [name for name in self._waiting if self._is_due(self._known[name], now)]
        return [self._event(name, at, now) for name in due]

    def finish(self, at: int) -> list[ProgressEvent]:
        """The changes that were held back, at the end of the output."""
        now = self._clock()
        return [self._event(name, at, now) for name in list(self._waiting)]

    def _read_line(self, line: str) -> None:
        self._partial = ""
        if not may_hold_bar(line):
            self._above = line
            return
        line = strip_colours(line)
        bar = read_bar(line, self._above)
        if bar is None:
            self._read_end_of_rewritten(line)
            return
        if bar.family == "count":
            self._above = line  # "Epoch 3/20" is what the bars below it are about
        self._see(bar)

    def _read_end_of_rewritten(self, line: str) -> None:
        """The newline that ends a rewritten line comes with its last value."""
        bar = read_any_bar(line)
        if bar is not None and _identity(bar) in self._known:
            self._see(bar)
        else:
            self._above = line

    def _read_partial(self, partial: str) -> None:
        line = strip_colours(partial)
        bar = (read_bar(line, self._above) if may_hold_bar(line) else None) or read_any_bar(line)
        if bar is not None:
            self._see(bar)

    def _see(self, bar: Bar) -> None:
        name = self._name(bar)
        if name not in self._known and not self._is_believed(bar):
            return
        known = self._known.setdefault(name, _Known(bar))
        known.bar = bar
        if known.sent is None or _shown(known.sent) != _shown(bar):
            self._waiting[name] = None

    def _is_believed(self, bar: Bar) -> bool:
        """A bar of which one sight is not enough must be seen to move."""
        if bar.sure:
            return True
        place = (bar.family, bar.label, bar.total)
        before = self._unsure.get(place)
        if len(self._unsure) >= MAX_PROGRESS:
            self._unsure.clear()
        self._unsure[place] = bar.current
        return before is not None and before < bar.current

    def _name(self, bar: Bar) -> str:
        name = _identity(bar)
        if name not in self._known and len(self._known) >= MAX_PROGRESS:
            # Labels that count on for ever: from here on they share rows.
            name = _DIGITS.sub("#", name)
            if name not in self._known:
                oldest = next(iter(self._known))
                del self._known[oldest]
                self._waiting.pop(oldest, None)
        return name

    def _is_due(self, known: _Known, now: float) -> bool:
        return _is_done(known.bar) or now - known.sent_at >= self._interval

    def _event(self, name: str, at: int, now: float) -> ProgressEvent:
        known = self._known[name]
        del self._waiting[name]
        bar, before = known.bar, known.sent
        known.sent, known.sent_at = bar, now
        started_over = before is not None and _is_done(before)
        return ProgressEvent(
            at=at,
            id=name,
            label=bar.caption or bar.label or "progress",
            current=_plain(bar.current),
            total=None if bar.total is None else _plain(bar.total),
            unit=bar.unit,
            done=True if _is_done(bar) else (False if started_over else None),
        )


def _identity(bar: Bar) -> str:
    label = _CHANGING.sub("#", bar.label) or ("" if bar.total is None else f"of {_plain(bar.total)}")
    return f"terminal:{bar.family}:{label}"


def _shown(bar: Bar) -> tuple[float, float | None, str, str]:
    return bar.current, bar.total, bar.label, bar.caption


def _is_done(bar: Bar) -> bool:
    return bar.total is not None and bar.current >= bar.total


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
