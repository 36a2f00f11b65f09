"""Whether a call takes time in proportion to the size of its input, as a ratio of two measurements."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

GROWTH: Final = 4
"""How many times larger the second input is."""

MAX_RATIO: Final = 9.0
"""Between 4, which is linear, and 16, which is quadratic; a cache that the larger input does not fit costs up to 2."""

_ROUNDS: Final = 12


class Growth(NamedTuple):
    """Seconds for an input and for one that is ``GROWTH`` times larger; the best of several."""

    size: int
    small: float
    large: float

    @property
    def ratio(self) -> float:
        """How many times longer the larger one took."""
        return self.large / self.small

    def __str__(self) -> str:
        return f"{self.size:,}: {self.small * 1e3:.2f} ms, {GROWTH * self.size:,}: {self.large * 1e3:.2f} ms"


def seconds(call: Callable[[Any], object], argument: Any) -> float:
    """CPU time of one call; what other processes do meanwhile does not count."""
    gc.disable()
    try:
        start = time.thread_time()
        call(argument)
        return time.thread_time() - start
    finally:
        gc.enable()


def superlinear(
    call: Callable[[Any], object],
    make: Callable[[int], Any],
    *,
    size: int = 16_000,
    floor: float = 0.002,
    hopeless: float = 0.2,
) -> Growth | None:
    """How a call's time grows, if that is more than in proportion; None where it is linear.

    Args:
        call: takes what ``make`` gives.
        make: an input of a size.
        size: of the larger input.
        floor: seconds. A call that takes less on the larger input is not measured again: one that is quadratic
            takes longer, for it does ``size`` squared steps.
        hopeless: seconds. A larger input than the one that took this long is not tried.
    """
    smallest, small, large = make(size // GROWTH**2), make(size // GROWTH), make(size)
    for tried in (smallest, small):
        took = seconds(call, tried)
        if took > hopeless and (took := min(took, seconds(call, tried))) > hopeless:
            return Growth(size // GROWTH, took, float("inf"))
    if seconds(call, large) <= floor:
        return None
    best = Growth(size // GROWTH, float("inf"), float("inf"))
    for _ in range(_ROUNDS):
        if best.small < float("inf") and best.large > hopeless:
            break
        best = Growth(best.size, min(best.small, seconds(call, small)), min(best.large, seconds(call, large)))
        if best.ratio <= MAX_RATIO or best.large <= floor:
            return None
    return best
