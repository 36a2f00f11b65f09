"""An even picture of a metric's series in at most MAX_METRIC_POINTS points, whatever the length of the series.

While a series fits, its picture is every point as it was reported, in order. A longer series has a **width**: a power
of two, in steps. It divides the steps into buckets [n * width, (n + 1) * width), and the picture holds

- of each bucket the points of the least and of the greatest finite value; where values are equal the first point of
  the least and the last of the greatest. A bucket without a finite value keeps its first point;
- the first MAX_ODD points of the whole series whose value is not finite;
- as its last element the newest point, which takes part in the choice above only once another has followed it.

All but the last are sorted by (step, at). The width is the smallest with which all this fits, so more than
240 * width / 2 lies between the first step and the last: a bucket is narrower than 1/120 of the range, a gap between
two points (where the series has none) narrower than 1/60. A step that is absent or not finite becomes the number of
points before its point.

The grids are nested (two buckets of one width are a bucket of the next), so a picture of a picture and more points is
the picture of the series: it does not matter how the series was cut into batches. That is also why equal values are
chosen between by what the points hold, and never by when they were seen.

``core/fold/picture.ts`` is this file in TypeScript; the two change together.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

from buildwidget.protocol.events import MetricPoint
from buildwidget.protocol.limits import MAX_METRIC_POINTS

MAX_ODD: Final = 16
"""Points without a finite value that are kept besides those of the buckets."""

_MAX_SETTLED: Final = MAX_METRIC_POINTS - MAX_ODD - 1
"""Points of the buckets: what is left beside the odd ones and the newest."""

_TOP: Final = 501
_BOTTOM: Final = -500
"""Exponents of the greatest and the smallest width."""

_HUGE: Final = 2.0**500
_TINY: Final = 2.0**-500
"""Steps beyond them count as these, and those below as 0: so no division by a width over- or underflows."""

_FEW: Final = 64
"""Up to this many points are put into a picture one by one; for more it is made anew."""

_PER_BUCKET: Final = 8
"""From this many points a bucket on, the extremes of whole buckets are looked for at once."""

_EXACT: Final = 2.0**52
"""Below it a bucket's number and the next one are told apart."""

_NUMBERS: Final = {int, float}

_step: Final[Callable[[MetricPoint], Any]] = itemgetter(0)
_place_and_time: Final[Callable[[MetricPoint], Any]] = itemgetter(0, 2)


def numbered(points: list[MetricPoint], first: int) -> list[MetricPoint]:
    """The points with a finite step each; ``first`` is the number of points before them."""
    if set(map(type, map(_step, points))) <= _NUMBERS:
        return points
    return [
        point if type(point[0]) in _NUMBERS else (number, point[1], point[2])
        for number, point in enumerate(points, first)
    ]


def sifted(points: list[Any], width: float) -> list[MetricPoint] | None:
    """Of many points a bucket the only ones that can be in the picture, for a fraction of the price of ``settle``.

    None where that is not sure: where steps do not ascend, or a bucket holds few points or a value that is no number.
    """
    steps = [point[0] for point in points]
    values = [point[1] for point in points]
    try:
        if type(steps[0]) is str or steps != sorted(steps):
            return None
        if _bucket(steps[-1], width) - _bucket(steps[0], width) > len(points) / _PER_BUCKET:
            return None
        return _ends_of_buckets(points, steps, values, width)
    except TypeError:  # numbers do not compare with "NaN" or None: to look at each type first would cost half as much
        return None


def _ends_of_buckets(points: list[Any], steps: list[Any], values: list[Any], width: float) -> list[MetricPoint] | None:
    ends = []
    start = 0
    while start < len(points):
        bucket = _bucket(steps[start], width)
        end = max(start + 1, bisect_left(steps, (bucket + 1) * width, start) if abs(bucket) < _EXACT else 0)
        of_bucket = values[start:end]
        least = min(of_bucket)
        if type(least) is str:
            return None
        low = start + of_bucket.index(least)
        high = end - 1 - of_bucket[::-1].index(max(of_bucket))
        if steps[low] in steps[low + 1 : low + 2] or steps[high] in steps[max(0, high - 1) : high]:
            ends += _ends(points[start:end])  # of points at one step the time decides
        else:
            ends += [points[low], points[high]] if low != high else [points[low]]
        start = end
    return ends


def settle(kept: list[Any], fresh: list[Any], width: float | None) -> tuple[list[MetricPoint], float]:
    """The picture of all but the newest point, sorted, and its width.

    Args:
        kept: such a picture, if ``width`` is its width, else any points; a list that may be changed.
        fresh: points that came after it. Every step is a finite number.
        width: None while all points are in ``kept``.
    """
    if width is not None and len(fresh) <= _FEW and _insert(kept, fresh, width):
        return kept, width
    return _made([*kept, *fresh], width)


def _bucket(step: float, width: float) -> float:
    if not _TINY <= step <= _HUGE:
        step = 0.0 if -_TINY < step < _TINY else max(-_HUGE, min(_HUGE, step))
    return step // width


def _insert(points: list[Any], fresh: list[Any], width: float) -> bool:
    """Put a few points into a picture; False where that takes another width, or they meet values that are not finite.

    The picture with all points is then still to be made, of these points and ``fresh``.
    """
    for point in fresh:
        step = point[0]
        bucket = _bucket(step, width)
        start = end = len(points) if not points or points[-1][0] <= step else bisect_right(points, step, key=_step)
        while start and _bucket(points[start - 1][0], width) == bucket:
            start -= 1
        while end < len(points) and _bucket(points[end][0], width) == bucket:
            end += 1
        members = [*points[start:end], point]
        for member in members:
            if type(member[1]) is str:
                return False
        points[start:end] = members if len(members) == 1 else _ends(members)
    return len(points) <= _MAX_SETTLED


def _ends(members: list[Any]) -> list[MetricPoint]:
    low = high = members[0]
    for point in members:
        if _is_before(point, low):
            low = point
        if _is_before(high, point):
            high = point
    if low is high:
        return [low]
    return [low, high] if (low[0], low[2]) <= (high[0], high[2]) else [high, low]


def _is_before(left: Any, right: Any) -> bool:
    """By value, then by step, then by time."""
    if left[1] != right[1]:
        return bool(left[1] < right[1])
    return (left[0], left[2]) < (right[0], right[2])


def _made(points: list[Any], width: float | None) -> tuple[list[MetricPoint], float]:
    """The picture of the points, with ``width`` or the next greater one that fits."""
    finite = [point for point in points if type(point[1]) is not str]
    odd = []
    if len(finite) < len(points):
        odd = sorted({point for point in points if type(point[1]) is str}, key=itemgetter(0, 2, 1))
    if width is None:
        width, chosen = _widened(finite, odd, _BOTTOM - 1)
    else:
        chosen = _chosen(finite, odd, width)
        if len(chosen) > _MAX_SETTLED:
            finite = [point for point in chosen if type(point[1]) is not str]
            width, chosen = _widened(finite, odd, math.frexp(width)[1] - 1)
    lone = {point for point in chosen if type(point[1]) is str}
    chosen += [point for point in odd[:MAX_ODD] if point not in lone]
    # What is equal in both stands in one bucket, and the lesser value was chosen first.
    chosen.sort(key=_place_and_time)
    return chosen, width


def _widened(finite: list[Any], odd: list[Any], low: int) -> tuple[float, list[MetricPoint]]:
    """The smallest width with which the points fit, whose exponent is over ``low``, and what is chosen with it."""
    places = [max(-_HUGE, min(_HUGE, point[0])) for point in (*finite, *odd)]
    # With it there are at most 202 buckets.
    high = max(low + 1, _BOTTOM, min(_TOP, math.frexp((max(places) - min(places)) / 200)[1]))
    best = _chosen(finite, odd, math.ldexp(1.0, high))
    stride = 1
    while high - low > 1:
        # Most series need the next smaller or the one after it; a search by halves finds what only few need.
        probe = max(low + 1, high - stride) if stride else (low + high) // 2
        found = _chosen(finite, odd, math.ldexp(1.0, probe))
        if len(found) <= _MAX_SETTLED:
            high, best, stride = probe, found, 2 * stride
        else:
            low, stride = probe, 0
    return math.ldexp(1.0, high), best


def _chosen(finite: list[Any], odd: list[Any], width: float) -> list[MetricPoint]:
    """The points of all buckets: the lesser of each first. ``odd`` is sorted."""
    chosen: list[Any] = _extremes(finite, width)
    if odd:
        taken = {_bucket(point[0], width) for point in chosen}
        for point in odd:
            if (bucket := _bucket(point[0], width)) not in taken:
                taken.add(bucket)
                chosen.append(point)
    return chosen


def _extremes(points: list[Any], width: float) -> list[MetricPoint]:
    """The points of the least and the greatest value of each bucket. All values are finite."""
    low: dict[float, Any] = {}
    high: dict[float, Any] = {}
    for point in points:
        step, value, at = point
        bucket = step // width if _TINY <= step <= _HUGE else _bucket(step, width)
        least = low.get(bucket)
        if least is None:
            low[bucket] = high[bucket] = point
            continue
        if value < least[1] or (value == least[1] and (step, at) < (least[0], least[2])):
            low[bucket] = point
        most = high[bucket]
        if value > most[1] or (value == most[1] and (step, at) > (most[0], most[2])):
            high[bucket] = point
    ends = []
    for bucket, point in low.items():
        ends.append(point)
        if high[bucket] is not point:
            ends.append(high[bucket])
    return ends
