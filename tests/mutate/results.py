"""What became of each mutant, and how it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Fate: TypeAlias = Literal["killed", "survived", "timeout", "untested", "other"]
"""``timeout``: the tests did not end in time, which is noticed too. ``untested``: no test runs the code.

``other``: it could not be tried, for it does not compile, say.
"""

FATES: Final[tuple[Fate, ...]] = ("killed", "timeout", "survived", "untested", "other")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change of one file. ``change`` is for people: where it is, and what it does."""

    file: str
    fate: Fate
    change: str


def table(mutants: Iterable[Mutant]) -> str:
    """How many of each fate, per file."""
    counts: dict[str, Counter[Fate]] = {}
    for mutant in mutants:
        counts.setdefault(mutant.file, Counter())[mutant.fate] += 1
    rows = [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]
    width = max(len(name) for name, _ in rows)
    lines = [" ".join(["file".ljust(width), *(fate.rjust(9) for fate in FATES), "noticed".rjust(9)])]
    for name, of_file in rows:
        tried = of_file.total() - of_file["other"]
        noticed = 100 * (of_file["killed"] + of_file["timeout"]) / max(1, tried)
        lines.append(
            " ".join([name.ljust(width), *(str(of_file[fate]).rjust(9) for fate in FATES), f"{noticed:.1f} %".rjust(9)])
        )
    return "\n".join(lines)


def survivors(mutants: Iterable[Mutant]) -> str:
    """Each change that no test noticed."""
    lived = [mutant for mutant in mutants if mutant.fate in ("survived", "untested")]
    return "".join(f"{mutant.file}: {mutant.fate}\n{mutant.change.rstrip()}\n\n" for mutant in lived)
