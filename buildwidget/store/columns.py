"""A series of numbers, thinned to what a drawing of it shows: first, last, least and greatest value a column. Pure.

Lines through these points cover the same pixels of each column as lines through all of them.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from buildwidget.protocol.events import MetricPoint
from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from buildwidget.protocol.text import clean_number

_WORDS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_CHUNK: Final = 2**13
"""Points that are handled without letting another thread in between."""


def value_of(number: Any) -> float:
    """A number of the wire as a float."""
    return _WORDS[number] if type(number) is str else float(number)


class Columns:
    """Points as numbers, 24 bytes each, in the order of their steps; of equal steps the earlier first.

    Once there are more than ``most`` points they are thinned to ``columns`` columns, so memory is bounded.
    """

    def __init__(self, most: int = 2**20, columns: int = 100_000) -> None:
        self.count = 0
        self._most = most
        self._columns = columns
        self._steps = array("d")
        self._values = array("d")
        self._times = array("q")
        self._ordered = 0  # so many points, from the first on, are in the order of their steps
        self._all_finite = True

    @property
    def size(self) -> int:
        """Bytes that the points take."""
        return 24 * len(self._steps)

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the greatest step; None without points."""
        self._order()
        return (_number(self._steps[0]), _number(self._steps[-1])) if self._steps else None

    def add(self, points: Sequence[MetricPoint]) -> None:
        """Take points that were reported after those that are here.

        A step that is absent or not finite becomes the number of points before its point.
        """
        for start in range(0, len(points), _CHUNK):
            self._add(points[start : start + _CHUNK])

    def _add(self, points: Sequence[MetricPoint]) -> None:
        steps, values, times = zip(*points, strict=True)
        try:
            placed = array("d", steps)
        except TypeError:
            numbered = enumerate(steps, self.count)
            placed = array("d", [n if step is None or type(step) is str else step for n, step in numbered])
        try:
            read = array("d", values)
        except TypeError:
            read = array("d", map(value_of, values))
        self._all_finite = self._all_finite and all(map(math.isfinite, read))
        after = self._steps[-1] if self._steps else placed[0]
        if self._ordered == len(self._steps) and after <= placed[0] and list(placed) == sorted(placed):
            self._ordered += len(placed)
        self._steps += placed
        self._values += read
        self._times.extend(times)
        self.count += len(points)
        if len(self._steps) > self._most:
            self._keep(self._chosen(self._columns))

    def points(self, most: int, width: int) -> list[MetricPoint]:
        """At most ``most`` points in the order of their steps; all of them if they are no more.

        Args:
            most: at least 8, for a column with gaps takes up to 6.
            width: columns of the drawing, in pixels. Thinned is by a whole multiple of them as far as ``most`` allows.
        """
        self._order()
        chosen: Sequence[int] = range(len(self._steps))
        columns = most // 4
        while len(chosen) > most:
            columns = columns // width * width or columns
            chosen = self._chosen(columns)
            # A column with gaps takes more than four points.
            columns = min(columns - 1, columns * most // len(chosen)) if len(chosen) > most else columns
        return [self._point(place) for place in chosen]

    def _point(self, place: int) -> MetricPoint:
        value: Any = clean_number(_number(self._values[place]))
        return _number(self._steps[place]), value, self._times[place]

    def _order(self) -> None:
        """Sort by step. One sort of a million points would keep every other thread waiting for seconds."""
        total = len(self._steps)
        if self._ordered == total:
            return
        step_of = self._steps.__getitem__
        chunks = [range(start, min(start + _CHUNK, total)) for start in range(self._ordered, total, _CHUNK)]
        runs = [range(self._ordered), *(sorted(chunk, key=step_of) for chunk in chunks)]
        self._keep(list(heapq.merge(*runs, key=step_of)))

    def _keep(self, places: Sequence[int]) -> None:
        """Keep the points at these places, which are in the order of their steps."""
        for name in ("_steps", "_values", "_times"):
            old = getattr(self, name)
            kept = array(old.typecode)
            for start in range(0, len(places), _CHUNK):
                kept.extend(map(old.__getitem__, places[start : start + _CHUNK]))
            setattr(self, name, kept)
        self._ordered = len(places)

    def _chosen(self, columns: int) -> list[int]:
        """The places of the points that ``columns`` columns of one width show."""
        self._order()
        choose = self._ends if self._all_finite else self._ends_and_gaps
        return list(chain.from_iterable(choose(start, end) for start, end in self._cuts(columns)))

    def _cuts(self, columns: int) -> Iterator[tuple[int, int]]:
        """From and to which place the columns reach that are not empty."""
        steps = self._steps
        # By a quarter, for the range of all floats is more than a float.
        first = steps[0] / 4
        reach = steps[-1] / 4 - first
        if reach <= 0:
            yield 0, len(steps)
            return

        def column_of(step: float) -> float:
            return (step / 4 - first) / reach * columns

        start = 0
        for column in range(1, columns):
            end = bisect_left(steps, float(column), start, key=column_of)
            if end > start:
                yield start, end
            start = end
        yield start, len(steps)

    def _ends(self, start: int, end: int) -> list[int]:
        values = self._values[start:end]
        places = {start, start + values.index(min(values)), start + values.index(max(values)), end - 1}
        return sorted(places)

    def _ends_and_gaps(self, start: int, end: int) -> list[int]:
        """The same, and what parts the finite values of a column from those of the columns beside it."""
        values = self._values
        finite = [place for place in range(start, end) if math.isfinite(values[place])]
        if len(finite) == end - start:
            return self._ends(start, end)
        if not finite:
            return [self._gap(start, end)]
        first, last = finite[0], finite[-1]
        places = {first, min(finite, key=values.__getitem__), max(finite, key=values.__getitem__), last}
        if first > start:
            places.add(self._gap(start, first))
        if last + 1 < end:
            places.add(self._gap(last + 1, end))
        return sorted(places)

    def _gap(self, start: int, end: int) -> int:
        """NaN rather than an infinity."""
        return next((place for place in range(start, end) if math.isnan(self._values[place])), start)


def _number(value: float) -> float:
    """A whole number as an integer, as most steps were reported."""
    return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value
