"""Which bars stand inside others and which side by side, decided from how they move. Pure.

Bars are taken as nested in the order in which their runs began. A bar that holds others moves only when one of these
ends, is removed or starts over, and then by at most one for each of them. So a bar that moves otherwise, while one
that began later is in the middle of its run and goes on after it, stands beside that one: both get a level.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_RUNS: Final = 100
"""Open runs that are kept; the oldest is forgotten."""


@dataclass(slots=True, eq=False)
class _Group:
    """Bars side by side; ``level`` is the number of bars they are all inside of."""

    runs: list[_Run]
    level: int = 0


@dataclass(slots=True, eq=False)
class _Run:
    place: int
    current: float
    total: float | None
    moved: bool = False
    inner_ends: int = 0
    suspects: set[str] = field(default_factory=set)
    group: _Group | None = None


class Nesting:
    """Follows the bars of one source by name."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}  # in the order in which they began
        self._levels: dict[str, int] = {}
        self._begun = 0

    def level(self, name: str) -> int | None:
        """How many bars hold this one, if it stands beside others in its latest run; else None."""
        return self._levels.get(name)

    def see(self, name: str, current: float, total: float | None, *, over: bool) -> list[str]:
        """Takes one sight of a bar, in order; ``over``: at its end or closed.

        Returns:
            The other bars whose level changed.
        """
        run = self._runs.get(name)
        if run is None or current < run.current:
            return self._begin(name, current, total, over=over)
        moved_by, run.current, run.total = current - run.current, current, total
        if over:
            return self.end(name)
        if moved_by == 0:
            return []
        run.moved = True
        changed = self._confirm(name, run)
        self._suspect(run, moved_by)
        return [other for other in changed if other != name]

    def put_inside(self, name: str) -> None:
        """The bar is known to stand inside another one, which has reached its end."""
        if name in self._runs:
            self._levels[name] = 1

    def end(self, name: str) -> list[str]:
        """The bar's run is over; what it stood beside keeps its level.

        Returns:
            The bars whose level changed: what goes on inside the ended bar is not the whole.
        """
        run = self._runs.pop(name, None)
        if run is None:
            return []
        self._count_end(run)
        for other in self._runs.values():
            other.suspects.discard(name)
        if run.total is None:
            return []
        inside = [other for other, it in self._runs.items() if it.place > run.place and it.moved]
        inside = [other for other in inside if other not in self._levels]
        self._levels.update(dict.fromkeys(inside, 1))
        return inside

    def _begin(self, name: str, current: float, total: float | None, *, over: bool) -> list[str]:
        changed = self.end(name)
        self._levels.pop(name, None)
        if len(self._levels) > 2 * MAX_RUNS:
            self._levels.pop(next(iter(self._levels)))
        self._begun += 1
        run = _Run(self._begun, current, total)
        if over:
            self._count_end(run)
            return changed
        self._runs[name] = run
        if len(self._runs) > MAX_RUNS:
            changed += self.end(next(iter(self._runs)))
        return changed

    def _count_end(self, ended: _Run) -> None:
        for run in self._runs.values():
            run.inner_ends += run.place < ended.place

    def _suspect(self, run: _Run, moved_by: float) -> None:
        counts_ends = moved_by <= run.inner_ends and moved_by == int(moved_by)
        run.inner_ends = 0
        if counts_ends or run.total is None:
            return
        for name, other in self._runs.items():
            if other.place > run.place and other.total is not None:
                run.suspects.add(name)

    def _confirm(self, name: str, run: _Run) -> list[str]:
        """The bars that moved in the middle of this one's run stand beside it, since it goes on."""
        changed: dict[str, None] = {}
        for other in list(self._runs.values()):
            if name in other.suspects:
                other.suspects.discard(name)
                changed.update(dict.fromkeys(self._join(other, run)))
        return list(changed)

    def _join(self, first: _Run, second: _Run) -> list[str]:
        """Puts two bars side by side; the names of the open bars whose level changed."""
        if first.group is not None and first.group is second.group:
            return []
        runs = {id(run): run for it in (first, second) for run in (it.group.runs if it.group else [it])}
        group = _Group(sorted(runs.values(), key=lambda run: run.place)[:MAX_RUNS])
        outermost = group.runs[0].place
        group.level = sum(run.place < outermost and run.total is not None for run in self._runs.values())
        for run in group.runs:
            run.group = group
        changed = [name for name, run in self._runs.items() if run.group is group]
        changed = [name for name in changed if self._levels.get(name) != group.level]
        self._levels.update(dict.fromkeys(changed, group.level))
        return changed
