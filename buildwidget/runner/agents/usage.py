"""Token counts as an agent tells them, and what of them belongs to this build.

They mean the same for every agent: ``input_tokens`` is all that the model read, ``cache_read_tokens`` and
``cache_write_tokens`` are parts of it; ``output_tokens`` is all that it wrote, ``reasoning_tokens`` a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from buildwidget.protocol.events import UsageEvent

FIELDS: Final = tuple(name for name in UsageEvent.__struct_fields__ if name not in ("at", "seq"))
"""The figures of a usage event."""


def added(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """The sum, figure by figure."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in FIELDS if name in first or name in second}


def without(total: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """What came since ``before``; an agent that counted anew gives less than before, and then all of it is new."""
    if any(value < before.get(name, 0) for name, value in total.items() if name != "turns"):
        return dict(total)
    return {name: value - before.get(name, 0) for name, value in total.items()}


def usage_event(at: int, figures: Mapping[str, float]) -> UsageEvent:
    """The event that tells the figures."""
    known: dict[str, Any] = {
        name: round(value, 9) if name == "cost_usd" else int(value) for name, value in figures.items() if name in FIELDS
    }
    return UsageEvent(at=at, **known)
