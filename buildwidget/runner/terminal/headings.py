"""What a bar's label counts: ``Epoch 3/20`` before a bar is an outer bar, of whose 20 runs two are done. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildwidget.runner.terminal.bar_parts import Bar

_MAX_HEADINGS: Final = 50


class Headings:
    """The outer bars of one stream by name. Their labels count from 1, or from 0 if that was ever seen."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._last: dict[str, tuple[Bar, str]] = {}

    def take(self, outer: str, heading: Bar, inner: str) -> Bar:
        """The outer bar, of a heading whose ``current`` is the number in it, and which stood before a bar."""
        ordinal = int(heading.current)
        if ordinal == 0 or outer not in self._first:
            self._first[outer] = min(ordinal, 1)
        self._last.pop(outer, None)
        self._last[outer] = heading, inner
        if len(self._last) > _MAX_HEADINGS:
            oldest = next(iter(self._last))
            del self._last[oldest], self._first[oldest]
        return heading._replace(current=self._done(outer, heading))

    def _done(self, outer: str, heading: Bar) -> float:
        done = heading.current - self._first[outer]
        return done if heading.total is None else min(done, heading.total)

    def at_last(self) -> Iterator[tuple[str, str]]:
        """The outer bars that stand at their last run, and the bar of that run."""
        for outer, (heading, inner) in self._last.items():
            if heading.total is not None and self._done(outer, heading) + 1 >= heading.total:
                yield outer, inner
