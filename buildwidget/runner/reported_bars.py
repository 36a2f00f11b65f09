"""Bars that a build's processes report: what the single reports do not say of each other is added. Pure."""

from __future__ import annotations

import math

import msgspec

from buildwidget.protocol.events import Number, ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS
from buildwidget.runner.terminal.bar_nesting import Nesting


class ReportedBars:
    """Follows all reported bars of a build: which stand side by side, and which start over without having ended."""

    def __init__(self) -> None:
        self._last: dict[str, ProgressEvent] = {}
        self._nesting = Nesting()

    def take(self, event: ProgressEvent) -> list[ProgressEvent]:
        """The events to write for one report, in order."""
        current = _finite(event.current)
        if current is None:
            return [event]
        before = self._last.pop(event.id, None)
        known = event if before is None else _merged(before, event)
        self._last[event.id] = known
        if len(self._last) > MAX_PROGRESS:
            oldest = next(iter(self._last))
            del self._last[oldest]
            self._nesting.end(oldest)
        if event.level is not None:  # the process knows better
            self._nesting.end(event.id)
            return [*_end_before(before, event, current), event]
        changed = self._nesting.see(event.id, current, _finite(known.total), over=_is_over(known))
        # An end comes last: what goes on inside the bar must not pass for the outermost one.
        return [*_end_before(before, event, current), *self._changed(changed, event), self._with_level(event, event.at)]

    def _changed(self, names: list[str], event: ProgressEvent) -> list[ProgressEvent]:
        return [self._with_level(self._last[name], event.at) for name in names if name in self._last]

    def _with_level(self, event: ProgressEvent, at: int) -> ProgressEvent:
        return msgspec.structs.replace(event, at=at, level=self._nesting.level(event.id))


def _merged(before: ProgressEvent, event: ProgressEvent) -> ProgressEvent:
    return msgspec.structs.replace(
        event,
        total=before.total if event.total is None else event.total,
        done=before.done if event.done is None else event.done,
        closed=before.closed if event.closed is None and event.done is not False else event.closed,
    )


def _end_before(before: ProgressEvent | None, event: ProgressEvent, current: float) -> list[ProgressEvent]:
    """The end of a run that went over into the next without one."""
    if before is None or _is_over(before):
        return []
    value = _finite(before.current)
    starts_over = value is not None and current < value and event.done is False
    return [msgspec.structs.replace(before, at=event.at, done=None, closed=True)] if starts_over else []


def _is_over(event: ProgressEvent) -> bool:
    return event.done is True or event.closed is True


def _finite(number: Number | None) -> float | None:
    if number is None or isinstance(number, str):
        return None
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
