"""Series of metric points: shapes that programs report, and what a picture of one must hold."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

Point = tuple[Any, Any, int]

SHAPES: dict[str, Callable[[int, int, random.Random], Any]] = {
    "decay": lambda n, count, _: 2 * math.exp(-15 * n / count),
    "noise": lambda _n, _count, chance: chance.gauss(0, 1),
    "spike": lambda n, count, _: 1_000.0 if n == count // 3 else -1_000.0 if n == count * 4 // 5 else 1.0,
    "stairs": lambda n, count, _: n * 7 // count,
    "nan": lambda n, count, chance: "NaN" if n > count * 2 // 3 or n % 97 == 5 else chance.random(),
    "infinities": lambda n, _, chance: {11: "Infinity", 53: "-Infinity"}.get(n % 101, chance.random()),
}
"""A value by number of the point, length of the series and chance."""

STEPS: dict[str, Callable[[int, random.Random], Any]] = {
    "counted": lambda n, _: n,
    "none": lambda _n, _: None,
    "fractions": lambda n, _: n * 0.1,
    "down": lambda n, _: -3 * n,
    "restarts": lambda n, _: n % 197,
    "same": lambda n, _: n % 2,
    "scattered": lambda _, chance: chance.gauss(0, 1e6),
    "mixed": lambda n, chance: chance.choice([None, n, "NaN", "-Infinity", 1.5 * n]),
    "huge": lambda n, chance: chance.choice([1e250, -1e300, 2.0**500, 1e308, n, -n]),
    "tiny": lambda n, chance: chance.choice([5e-324, -5e-324, n * 1e-310, n * 1e-160, 0]),
    "spread": lambda n, _: 1.2**n if n < 3_000 else n,
}
"""A step by number of the point."""


def series(shape: str, steps: str, count: int, seed: int = 0) -> list[Point]:
    """``count`` points; in some places several come at one time."""
    chance = random.Random(seed)
    return [(STEPS[steps](n, chance), SHAPES[shape](n, count, chance), 1_000 + n // 3) for n in range(count)]


@st.composite
def cut_series(draw: st.DrawFn) -> list[list[Point]]:
    """A series longer than a state keeps, cut into events."""
    points = series(
        draw(st.sampled_from(sorted(SHAPES))),
        draw(st.sampled_from(sorted(STEPS))),
        draw(st.sampled_from([499, 500, 501, 502, 750, 1_300, 2_600])),
        draw(st.integers(0, 999)),
    )
    sizes = draw(st.lists(st.sampled_from([1, 1, 2, 9, 40, 200, 700]), min_size=1, max_size=8))
    events, start = [], 0
    while start < len(points):
        size = sizes[len(events) % len(sizes)]
        events.append(points[start : start + size])
        start += size
    return events


def as_texts(events: list[list[Point]]) -> list[str]:
    """The events as they are on the wire."""
    return [json.dumps({"type": "metric", "at": 1, "name": "m", "points": points}) for points in events]


def placed(points: list[Point]) -> list[Point]:
    """The points at the steps where a picture has them."""
    return [
        (number if step is None or isinstance(step, str) else step, value, at)
        for number, (step, value, at) in enumerate(points)
    ]


def unevennesses(points: list[Point], picture: list[Point]) -> Iterator[str]:
    """What a picture of an evenly stepped series lacks, as sentences; nothing where it is even."""
    whole = placed(points)
    first, last = whole[0][0], whole[-1][0]
    reach = (last - first) / 60
    if not set(picture) <= set(whole):
        yield "points that were never reported"
    if picture[-1] != whole[-1]:
        yield "the newest point is not the last"
    steps = sorted(point[0] for point in picture)
    if steps[0] - first > reach or max(right - left for left, right in pairwise(steps)) > reach:
        yield "a gap is longer than a sixtieth of the range"
    for part in range(60):
        # The parts' borders move with every point; a picture keeps an extreme, or a greater one less than half a
        # part away.
        low, high = first + part * reach, first + (part + 1) * reach
        true = [value for step, value, _ in whole if low <= step <= high and not isinstance(value, str)]
        near = [
            value
            for step, value, _ in picture
            if low - reach / 2 <= step <= high + reach / 2 and not isinstance(value, str)
        ]
        if true and not (near and min(near) <= min(true) and max(near) >= max(true)):
            yield f"part {part} lost its least or greatest value"
