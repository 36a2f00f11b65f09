"""The metrics of a state: a row each, with the number of points so far and an even picture of them (picture.py).

``core/fold/metrics.ts`` is this file in TypeScript; the two change together.
"""

from __future__ import annotations

from typing import Final

from buildwidget.protocol.events import MetricEvent, MetricPoint
from buildwidget.protocol.limits import MAX_METRIC_POINTS, MAX_METRICS
from buildwidget.protocol.metadata import label
from buildwidget.protocol.picture import numbered, settle, sifted
from buildwidget.protocol.rows import Rows
from buildwidget.protocol.state import MetricRow

_MAX_PENDING: Final = 512
"""Points that wait for a look at them together: many at once cost a fraction."""

_MAX_FIRST: Final = 1_024
"""The same while the series has no width: to find one takes several looks at all of them."""

_MANY: Final = 8
"""From this many points on they are sifted first."""


class MetricSection:
    """Metrics, one row per name. Points are only collected at first, and taken in when the state is asked for."""

    def __init__(self, rows: list[MetricRow]) -> None:
        self._rows = Rows(rows, "name", MAX_METRICS)
        self._growing: dict[str, _Growing] = {}

    def apply(self, event: MetricEvent) -> int:
        """Takes one event; how many rows fell out."""
        key = label(event.name)
        growing = self._growing.get(key)
        fell_out = 0
        if growing is None:
            row = self._rows.get(key)
            if row is None:
                row = MetricRow(name=key, count=0, points=[])
                fell_out = self._begin(row)
            growing = self._growing[key] = _Growing(row)
        growing.take(event.points)
        return fell_out

    def _begin(self, row: MetricRow) -> int:
        oldest = self._rows.at(0).name if len(self._rows) else None
        fell_out = self._rows.put(row.name, row)
        if fell_out and oldest is not None:
            self._growing.pop(oldest, None)
        return fell_out

    def result(self) -> list[MetricRow]:
        """The rows for the next state."""
        for key, growing in self._growing.items():
            self._rows.put(key, growing.row())
        self._growing.clear()
        return self._rows.result()


class _Growing:
    """A row and the points that came since."""

    def __init__(self, row: MetricRow) -> None:
        self._row = row
        self._pending: list[MetricPoint] = []

    def take(self, points: list[MetricPoint]) -> None:
        self._pending += points
        if len(self._pending) >= (_MAX_PENDING if self._row.width else _MAX_FIRST):
            self._settle()

    def row(self) -> MetricRow:
        if self._pending:
            self._settle()
        return self._row

    def _settle(self) -> None:
        row, pending = self._row, self._pending
        self._pending = []
        count = row.count + len(pending)
        if row.width is None and len(row.points) + len(pending) <= MAX_METRIC_POINTS:
            self._row = MetricRow(name=row.name, count=count, points=[*row.points, *pending])
            return
        if row.width is None:
            points, width = settle(numbered(row.points + pending[:-1], row.count - len(row.points)), [], None)
        else:
            fresh = row.points[-1:] + _numbered_and_sifted(pending[:-1], row.count, row.width)
            points, width = settle(row.points[:-1], fresh, row.width)
        points += numbered(pending[-1:], count - 1)
        self._row = MetricRow(name=row.name, count=count, points=points, width=width)


def _numbered_and_sifted(points: list[MetricPoint], first: int, width: float) -> list[MetricPoint]:
    if len(points) >= _MANY and (few := sifted(points, width)) is not None:
        return few
    counted = numbered(points, first)
    return counted if counted is points or len(points) < _MANY else sifted(counted, width) or counted
