"""The bars of a state, and the percent they give. ``core/fold/bars.ts`` is this file in TypeScript.

A bar is open until it is ``done`` (at its end) or ``closed`` (removed or given up before its end). A bar that is
over and then reported with ``done`` false begins a new run under the same id; with ``closed`` false alone, a closed
one goes on with its run. ``run`` numbers the runs
of all bars of the build in the order in which they began; rows keep the order of first sight.

Only open bars whose total is finite and above zero and whose current is finite count for the percent. The outermost
is the one with the lowest ``level`` (absent: 0), among these the one whose run began first. It gives no percent if

- its level is above 0: the bar that it is inside of is not open, and what it shows is a part only; or
- it names its level and another bar with a usable total, open or over, has the same one in its latest run: several
  bars stand side by side, and none of them is the whole.

Bars without a level are nested by the order of their runs.
"""

from __future__ import annotations

import math

from buildwidget.protocol.events import Number, ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS, MAX_SAFE_INTEGER
from buildwidget.protocol.metadata import floor_percent, label
from buildwidget.protocol.rows import Rows
from buildwidget.protocol.state import ProgressRow


class BarSection:
    """Upserts of bars by id, and the percent of the outermost one."""

    def __init__(self, rows: list[ProgressRow]) -> None:
        self._rows = Rows(rows, "id", MAX_PROGRESS)

    def apply(self, event: ProgressEvent) -> int:
        """Takes one event; how many rows fell out."""
        key = label(event.id)
        row = self._rows.get(key)
        begins = row is None or (is_over(row) and event.done is False)
        return self._rows.put(
            key, _begin(row, event, key, self._next_run()) if begins or row is None else _go_on(row, event)
        )

    def _next_run(self) -> int:
        last = max((row.run or 0 for row in self._rows.now()), default=0)
        return min(last + 1, MAX_SAFE_INTEGER)

    def percent(self) -> int | None:
        """The percent of the outermost bar."""
        return outermost_percent(self._rows.now())

    def result(self) -> list[ProgressRow]:
        """The rows for the next state."""
        return self._rows.result()


def _begin(row: ProgressRow | None, event: ProgressEvent, key: str, run: int) -> ProgressRow:
    total, unit = (row.total, row.unit) if row else (None, None)
    return ProgressRow(
        id=key,
        label=label(event.label),
        current=event.current,
        done=event.done is True,
        total=total if event.total is None else event.total,
        unit=unit if event.unit is None else label(event.unit),
        level=event.level,
        closed=True if event.closed else None,
        run=run,
    )


def _go_on(row: ProgressRow, event: ProgressEvent) -> ProgressRow:
    closed = row.closed if event.closed is None else event.closed
    return ProgressRow(
        id=row.id,
        label=label(event.label),
        current=event.current,
        done=row.done if event.done is None else event.done,
        total=row.total if event.total is None else event.total,
        unit=row.unit if event.unit is None else label(event.unit),
        level=row.level if event.level is None else event.level,
        closed=True if closed else None,
        run=row.run,
    )


def is_over(row: ProgressRow) -> bool:
    """Whether the bar's latest run has ended."""
    return row.done or row.closed is True


def outermost_percent(rows: list[ProgressRow]) -> int | None:
    """The percent of the outermost open bar; None where there is none that stands for the whole."""
    outermost: ProgressRow | None = None
    for row in rows:
        if is_over(row) or (outermost is not None and _place(row) >= _place(outermost)):
            continue
        if bar_percent(row) is not None:
            outermost = row
    if outermost is None:
        return None
    level = outermost.level
    if level:
        return None
    if level is not None and any(row is not outermost and row.level == level and _has_total(row) for row in rows):
        return None
    return bar_percent(outermost)


def _place(row: ProgressRow) -> tuple[int, int]:
    return row.level or 0, row.run or 0


def _has_total(row: ProgressRow) -> bool:
    total = _finite(row.total)
    return total is not None and total > 0


def bar_percent(bar: ProgressRow) -> int | None:
    """The percent of a bar; None where it has no usable total or current."""
    current, total = _finite(bar.current), _finite(bar.total)
    return None if current is None or total is None or total <= 0 else floor_percent(current, total)


def _finite(number: Number | None) -> float | None:
    if number is None or isinstance(number, str):
        return None
    try:
        value = float(number)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
