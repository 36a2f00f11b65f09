"""Programs' own progress bars, read off their output and turned into progress events.

What counts as a bar stands in bar_formats.py. A bar's id comes from its kind and label, so the same bar is the
same row however often it is drawn; bars without a label are told apart by their totals, and those that even so look
alike by their places. A bar is done when it reaches its total; one that starts over is the same row again. A bar that
was erased and is not drawn again at once is closed. Which bars are inside others is for bar_nesting.py to say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from buildwidget.protocol.events import ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS
from buildwidget.runner.terminal.bar_formats import Bar, may_hold_bar, read_any_bar, read_bar, read_heading
from buildwidget.runner.terminal.bar_nesting import Nesting
from buildwidget.runner.terminal.bar_rows import BarRows, Place
from buildwidget.runner.terminal.headings import Headings
from buildwidget.runner.terminal.lines import LogUpdate, strip_colours
from buildwidget.runner.terminal.sights import Drawn

INTERVAL_SECONDS: Final = 0.1

_CHANGING: Final = re.compile(r"(?<!\d)\d+\.\d+(?:e[-+]?\d+)?|(?<==)\S+")
_ABOUT: Final = ("count", "steps")
"""Families whose rows say what the bars below them are about: ``Epoch 3/20``, ``[2/4] Fetching packages...``."""

_FINISHED: Final = re.compile(r"\b(?:done|complete|completed|finished|ok|success)\b[.! ]*$", re.IGNORECASE)
_MANY_DRAWN: Final = 8
_SHARE: Final = 3
"""Characters of a percentage."""

_DIGITS: Final = re.compile(r"\d+")


@dataclass(slots=True)
class _Known:
    bar: Bar
    closed: bool = False
    starts_over: bool = False
    sent_at: float = float("-inf")
    sent: tuple[object, ...] | None = None
    sent_event: ProgressEvent | None = None

    @property
    def over(self) -> bool:
        return self.closed or _is_done(self.bar)


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
        self._erased: dict[str, float] = {}
        self._nesting = Nesting()
        self._rows = BarRows()
        self._headings = Headings()
        self._has_ended = False
        self._above = ""
        self._held: tuple[int, str] | None = None

    def feed(self, update: LogUpdate, at: int) -> list[ProgressEvent]:
        """Reads what a LineSplitter gave.

        Args:
            update: what was drawn, and the unfinished line.
            at: the time of the events, milliseconds since the epoch.

        Returns:
            The bars that changed and are due.
        """
        for drawn in _thinned(update.drawn):
            self._read_drawn(drawn)
        # What stands there is read when it is left: the next bytes may complete it, or go back up from its row.
        self._held = None if update.row is None or not update.resting.strip() else (update.row, update.resting)
        if update.row is not None and update.resting.isspace() and self._rows.at(update.row) is not None:
            self._erase(Place(update.row, 0), update.resting)
        if self._has_ended and self._held is None:
            # What stood within the bar that ended is not drawn again, and must not pass for the outermost one.
            self._has_ended = False
            self._close_erased(float("-inf"))
        return self._due(at) if self._waiting or self._erased else []

    def flush(self, at: int) -> list[ProgressEvent]:
        """The changes that were held back and are due now; to be called when no output comes."""
        self._read_held()
        return self._due(at)

    def finish(self, at: int) -> list[ProgressEvent]:
        """The changes that were held back, at the end of the output."""
        self._read_held()
        for outer, inner in self._headings.at_last():
            if outer in self._known and inner in self._known and _is_done(self._known[inner].bar):
                bar = self._known[outer].bar
                self._note(outer, bar._replace(current=bar.total or bar.current))
        self._close_erased(float("-inf"))
        return self._events_of(list(self._waiting), at)

    def _due(self, at: int) -> list[ProgressEvent]:
        now = self._clock()
        if self._held is None:  # else a bar may be what is being written
            self._close_erased(self._interval)
        return self._events_of([name for name in self._waiting if self._is_due(name, now)], at)

    def _events_of(self, names: list[str], at: int) -> list[ProgressEvent]:
        """The events of these bars; ends of inner ones come before that of the outer one, which makes them count."""
        names.sort(key=lambda name: (not self._known[name].closed, _is_done(self._known[name].bar)))
        now = self._clock()
        return [event for name in names for event in self._events(name, at, now)]

    def _close_erased(self, seconds: float) -> None:
        """Closes the bars that were erased at least so many seconds ago."""
        now = self._clock()
        for name, erased_at in list(self._erased.items()):
            if now - erased_at >= seconds:
                self._close(name)

    def _read_drawn(self, drawn: Drawn) -> None:
        last_row = self._rows.last_row
        for row, text in enumerate(drawn.texts, drawn.row):
            if drawn.ended and row > last_row and not text.isspace() and not may_hold_bar(text):
                self._above = text  # most lines
                continue
            line = strip_colours(text)
            if not self._read_row(Place(row, drawn.up), line, ended=drawn.ended) and drawn.ended:
                self._above = line

    def _read_row(self, place: Place, line: str, *, ended: bool) -> bool:
        """Whether the row is a bar below which none is about it."""
        bar = read_bar(line, self._above) or read_any_bar(line)
        if bar is None or (bar.family == "rewritten" and ended and _identity(bar) not in self._known):
            self._erase(place, line)
            return False
        self._see(bar, place)
        return bar.family not in _ABOUT

    def _read_held(self) -> None:
        """The unfinished line, once nothing followed it for a while: the cursor rests on its row."""
        held, self._held = self._held, None
        if held is None:
            return
        row, text = held
        self._read_row(Place(row, 0), strip_colours(text), ended=False)

    def _see(self, bar: Bar, place: Place) -> None:
        heading = read_heading(bar)
        if heading is not None:
            bar = bar._replace(label="")  # what it is about is the heading's
        identity = self._shared_name(_identity(bar))
        name = self._rows.name_of(identity, bar, place)
        if name not in self._known and not self._is_believed(bar):
            return
        if heading is not None:
            outer = self._shared_name(_identity(heading))
            self._note(outer, self._headings.take(outer, heading, name))
        begins = self._note(name, bar)
        if begins and self._rows.is_below_ended(place):
            self._nesting.put_inside(name)
        for left in self._rows.put(name, identity, bar, place, begins=begins):
            self._close(left)

    def _note(self, name: str, bar: Bar) -> bool:
        """Takes what a bar shows; whether its run begins."""
        known = self._known.get(name)
        begins = known is None or bar.current < known.bar.current
        if known is None:
            self._make_room(name)
            known = self._known[name] = _Known(bar)
        elif begins:
            known.starts_over = True
        known.closed = False
        self._erased.pop(name, None)
        known.bar = bar
        self._has_ended = self._has_ended or known.over
        changed = self._nesting.see(name, bar.current, bar.total, over=known.over)
        self._waiting.update({other: None for other in (name, *changed) if self._is_news(other)})
        return begins

    def _is_news(self, name: str) -> bool:
        known = self._known.get(name)
        return known is not None and (known.starts_over or known.sent != self._shown(name, known))

    def _shown(self, name: str, known: _Known) -> tuple[object, ...]:
        bar = known.bar
        return bar.current, bar.total, bar.label, bar.caption, known.closed, self._nesting.level(name)

    def _erase(self, place: Place, text: str) -> None:
        """The bar that stood here is not to be seen: closed, if it is not drawn again at once."""
        name = self._rows.take(place, text)
        known = None if name is None else self._known.get(name)
        if name is None or known is None or known.closed:
            return
        bar = known.bar
        if bar.label and bar.total is not None and text.lstrip().startswith(bar.label) and _FINISHED.search(text):
            self._note(name, bar._replace(current=bar.total))  # "Reading package lists... Done"
        else:
            self._erased.setdefault(name, self._clock())

    def _close(self, name: str) -> None:
        self._erased.pop(name, None)
        self._rows.close(name)
        known = self._known.get(name)
        if known is None or known.closed:
            return
        known.closed = True
        changed = self._nesting.end(name)
        self._waiting.update({other: None for other in (name, *changed) if self._is_news(other)})

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

    def _shared_name(self, name: str) -> str:
        """Labels that count on for ever share rows once there are too many."""
        full = name not in self._known and len(self._known) >= MAX_PROGRESS
        return _DIGITS.sub("#", name) if full else name

    def _make_room(self, name: str) -> None:
        if name not in self._known and len(self._known) >= MAX_PROGRESS:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._waiting.pop(oldest, None)
            self._erased.pop(oldest, None)
            self._nesting.end(oldest)
            self._rows.forget(oldest)

    def _is_due(self, name: str, now: float) -> bool:
        known, sent = self._known[name], self._known[name].sent_event
        if known.over or now - known.sent_at >= self._interval:
            return True
        return sent is not None and sent.level != self._nesting.level(name)

    def _events(self, name: str, at: int, now: float) -> list[ProgressEvent]:
        known = self._known[name]
        del self._waiting[name]
        before, event = known.sent_event, self._event(name, at, known)
        known.sent, known.sent_at, known.sent_event = self._shown(name, known), now, event
        if known.starts_over and before is not None and not before.done and not before.closed:
            # The run before ended unseen; without its end the next one would look like a step back.
            known.starts_over = False
            return [_with_end(before, at), event]
        known.starts_over = False
        return [event]

    def _event(self, name: str, at: int, known: _Known) -> ProgressEvent:
        bar, before, done = known.bar, known.sent_event, _is_done(known.bar)
        starts_over = known.starts_over or (before is not None and before.done is True)
        return ProgressEvent(
            at=at,
            id=name,
            label=bar.caption or bar.label or "progress",
            current=_plain(bar.current),
            total=None if bar.total is None else _plain(bar.total),
            unit=bar.unit,
            done=True if done else (False if starts_over else None),
            closed=True if known.closed else (False if before is not None and before.closed else None),
            level=self._nesting.level(name),
        )


def _thinned(drawn: list[Drawn]) -> list[Drawn]:
    """What was drawn in one read, without most of what one bar went through in its place.

    A program that redraws its bar as fast as it can does so dozens of times in a read; the first and the last tell.
    """
    if len(drawn) < _MANY_DRAWN:
        return drawn
    kept = drawn[:1]
    for index in range(1, len(drawn) - 1):
        before, it, after = drawn[index - 1 : index + 2]
        if not (_goes_on(before, it) and _goes_on(it, after)):
            kept.append(it)
    return [*kept, drawn[-1]]


def _goes_on(first: Drawn, second: Drawn) -> bool:
    """Whether the second is certain to be the first, on its row, with a percentage that is not lower."""
    if first.row != second.row or first.ended or second.ended or first.up or second.up:
        return False
    if len(first.texts) != 1 or len(second.texts) != 1:
        return False
    (one,), (other,) = first.texts, second.texts
    place, other_place = one.find("%"), other.find("%")
    start = place - _SHARE
    if start < 0 or place != other_place or one[:start] != other[:start]:
        return False
    # Padded with blanks to the same width, the greater number is the greater text.
    return one[start:place] <= other[start:place]


def _with_end(event: ProgressEvent, at: int) -> ProgressEvent:
    return msgspec.structs.replace(event, at=at, done=None, closed=True)


def _identity(bar: Bar) -> str:
    label = _CHANGING.sub("#", bar.label) or ("" if bar.total is None else f"of {_plain(bar.total)}")
    return f"terminal:{bar.family}:{label}"


def _is_done(bar: Bar) -> bool:
    return bar.total is not None and bar.current >= bar.total


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
