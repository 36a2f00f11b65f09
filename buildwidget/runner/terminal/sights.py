"""A screen whose rows are read for bars: every text that stood on a row when it was left or written over. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from buildwidget.runner.terminal.grid import COLUMNS, Grid
from buildwidget.runner.terminal.rows import Cells, Row, joined

_MAX_OVERWRITTEN: Final = 200
"""Texts written over within one read that are kept."""


class Drawn(NamedTuple):
    """Texts that stood on rows next to each other, from ``row`` on, when the cursor left them or wrote over them.

    Rows are counted from the first line of the output. A blank text is a row that was erased. ``up`` is how many rows
    the cursor went up then, to where it rests while such a row is drawn from time to time. ``ended``: a newline ended
    each of them.
    """

    row: int
    texts: list[str]
    up: int = 0
    ended: bool = False


class ReadGrid(Grid):
    """A grid that notes what is drawn on its rows; the arguments are those of the grid."""

    def __init__(self, cells: Cells, above: Iterable[str], first_y: int, number: int) -> None:
        super().__init__(cells, above, first_y, number)
        self._overwritten = 0
        self._resting_left = False
        """The cursor has just left a row that was written."""
        self._stale = False
        """What stands on the cursor's row stood there before the cursor came."""
        self.drawn: list[Drawn] = []
        """What was drawn, to be taken."""

    def take_drawn(self) -> list[Drawn]:
        """What was drawn since the last call."""
        taken, self.drawn, self._overwritten = self.drawn, [], 0
        return taken

    def _came(self, row: Row) -> None:
        self._stale = self._stale and bool(row.cells)

    def _left(self, row: Row) -> None:
        if row.dirty:
            self._see(row)

    def _wrote(self) -> None:
        self._resting_left = self._stale = False

    @property
    def resting(self) -> str | None:
        """What was written on the cursor's row since the cursor came there; None where something else stands there."""
        if self._stale:
            return None
        row = self._row()
        text = row.text(self._clusters)
        return text or " " * len(row.cells)

    def _leave(self, up: int) -> None:
        """The cursor leaves its row for one that is ``up`` rows higher (below it: negative)."""
        row = self._row()
        if row.dirty and row.cells:
            self._see(row, max(up, 0))
            self._resting_left = True
        elif self._resting_left and self.drawn and self.drawn[-1].up:
            last = self.drawn[-1]
            self.drawn[-1] = last._replace(up=max(last.up + up, 0))
        self._stale = True

    def _see(self, row: Row, up: int = 0) -> None:
        row.dirty = False
        self.drawn.append(Drawn(self.number, [row.text(self._clusters)], up))

    def _overwrite(self, row: Row) -> None:
        row.dirty = False
        drawn = Drawn(self.number, [row.text(self._clusters)])
        self._overwritten += 1
        if self._overwritten > _MAX_OVERWRITTEN and self.drawn:
            self.drawn[-1] = drawn
        else:
            self.drawn.append(drawn)

    def _see_ended(self, row: Row) -> None:
        text = self._line_to(row) if row.wrapped else row.text(self._clusters)
        number = self.number
        if self.drawn:
            last = self.drawn[-1]
            if last.ended and last.row + len(last.texts) == number:
                last.texts.append(text)
                return
        self.drawn.append(Drawn(number, [text], ended=True))

    def _line_to(self, row: Row) -> str:
        """The text of a line up to its last row."""
        first = last = self._rows.index(row)
        while first and self._rows[first].wrapped:
            first -= 1
        return joined(self._rows[first : last + 1], COLUMNS).text(self._clusters)

    def _erase_in_row(self, row: Row, number: int, start: int, end: int) -> None:
        if number == self.number:
            self._stale = False
        if not row.cells or start >= len(row.cells):
            if start == 0:
                row.drawn = True
            return
        row.drawn = True
        if row.dirty and row.cells.strip() and (start == 0 or self._moved):
            self.drawn.append(Drawn(number, [row.text(self._clusters)]))
            self._moved = False
        if start == 0 and end >= len(row.cells):
            self.drawn.append(Drawn(number, [""]))
        row.erase(start, end)
        if start == 0 and end >= len(row.cells):
            row.dirty = False

    def _erase_rows(self, start: int, end: int) -> None:
        for index in range(start, min(end, len(self._rows))):
            self._erase_in_row(self._rows[index], self._number + index, 0, COLUMNS)
            self._unwrap(index)
