"""What a benchmark finds, and how often and in which order it measures."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Scale:
    """How much is measured. At toy size a benchmark does the same things, only few of them, within some seconds."""

    toy: bool = False

    def of(self, full: int, toy: int) -> int:
        """The number for this scale."""
        return toy if self.toy else full


@dataclass(frozen=True)
class Samples:
    """What one side took, once per round. ``noise``: half the distance of the quartiles, as a share of the median."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def noise(self) -> float:
        if len(self.values) < 4:
            return (max(self.values) - min(self.values)) / 2 / self.median if self.median else 0.0
        first, _, third = statistics.quantiles(self.values, n=4)
        return (third - first) / 2 / self.median if self.median else 0.0


@dataclass(frozen=True)
class Side:
    """One column of a row: who, and its value in the row's unit; ``noise`` as a share of it, where it was repeated."""

    name: str
    value: float
    noise: float | None = None

    @classmethod
    def of(cls, name: str, samples: Samples, scale: float = 1.0) -> Side:
        """The median of the samples, times ``scale``."""
        return cls(name, samples.median * scale, samples.noise)


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    Attributes:
        what: what was measured, under which conditions.
        unit: of ours, peer and floor.
        ours: our side.
        peer: what a user would pick instead; None where there is none.
        floor: what the machine itself takes for the same; None where it tells nothing.
        judged: the number that is held against ``bound``: a ratio, or ours where the target is no ratio.
        bound: the target.
        at_least: whether the target is reached from above rather than from below.
        note: what a reader must know to believe it.
    """

    what: str
    unit: str
    ours: Side
    judged: float
    bound: float
    judged_as: Literal["ours / peer", "ours / floor", "ours"]
    peer: Side | None = None
    floor: Side | None = None
    at_least: bool = False
    note: str = ""
    extra: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether the target is reached."""
        return self.judged >= self.bound if self.at_least else self.judged <= self.bound


def interleave(sides: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Samples]:
    """Each side once per round, in turn, so that a slow minute of the machine hits all of them alike.

    Each other round goes backwards, so that none always runs behind the same one. A side returns what it measured.
    """
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        names = list(sides)
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(sides[name]())
    return {name: Samples(tuple(values)) for name, values in found.items()}


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
