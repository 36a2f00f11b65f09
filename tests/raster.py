"""What lines through points cover of a drawing: from which to which height each pixel column is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 600
HEIGHT = 150

Covered = list[tuple[float, float] | None]
"""By pixel column: the lowest and the highest place that is drawn, in pixels; None: nothing is."""

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def as_float(value: Any) -> float:
    """A number of the wire as a float."""
    return _WORDS[value] if isinstance(value, str) else float(value)


class Raster:
    """A drawing whose scales are those of ``points``, (step, value, ...) each."""

    def __init__(self, points: Sequence[Sequence[Any]]) -> None:
        steps = [point[0] for point in points]
        values = [value for point in points if math.isfinite(value := as_float(point[1]))]
        self._left, self._reach = min(steps), (max(steps) - min(steps)) or 1
        self._low, self._span = (min(values), (max(values) - min(values)) or 1) if values else (0.0, 1.0)

    def drawn(self, points: Iterable[Sequence[Any]]) -> Covered:
        """The lines through the points by step (of equal ones the first first); what is not finite is a gap."""
        covered: Covered = [None] * WIDTH
        before: tuple[float, float] | None = None
        for step, value, *_ in sorted(points, key=lambda point: point[0]):
            y = (as_float(value) - self._low) / self._span * (HEIGHT - 1)
            if not math.isfinite(y):
                before = None
                continue
            at = ((step - self._left) / self._reach * WIDTH, y)
            _line(covered, before or at, at)
            before = at
        return covered


def _line(covered: Covered, left: tuple[float, float], right: tuple[float, float]) -> None:
    (x0, y0), (x1, y1) = left, right
    first, last = min(WIDTH - 1, int(x0)), min(WIDTH - 1, int(x1))
    for column in range(first, last + 1):
        enters = y0 if column == first else y0 + (y1 - y0) * (column - x0) / (x1 - x0)
        leaves = y1 if column == last else y0 + (y1 - y0) * (column + 1 - x0) / (x1 - x0)
        low, high = min(enters, leaves), max(enters, leaves)
        had = covered[column]
        covered[column] = (low, high) if had is None else (min(low, had[0]), max(high, had[1]))


def differences(left: Covered, right: Covered) -> list[int]:
    """The pixel columns in which one of them is drawn more than a pixel further, or alone."""
    return [
        column
        for column, (one, other) in enumerate(zip(left, right, strict=True))
        if (one is None) != (other is None)
        or (one and other and (abs(one[0] - other[0]) > 1 or abs(one[1] - other[1]) > 1))
    ]
