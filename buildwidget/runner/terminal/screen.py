"""A terminal's screen: 120 columns and 50 rows that a program draws on, and the lines that leave it for the log. Pure.

A line of the log is what scrolled off the top or what the program left on the screen. As most programs only print
lines, a line is logged at its newline already, if nothing says that it will be drawn again: the program has not gone
up with its cursor for the last rows, shows its cursor, and the row is no unfinished bar that it wrote over. Other rows
are *open* until they scroll off, the program goes on with plain lines, or it ends. A line that is logged and then
drawn over is logged again with its new text once that is final, unless it is blank.

What bars are read off is every text that stood on a row when the row was left or written over, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildwidget.runner.terminal.bar_formats import is_unfinished_bar
from buildwidget.runner.terminal.grid import COLUMNS, ROWS, Saved
from buildwidget.runner.terminal.rows import Cells, Row, joined
from buildwidget.runner.terminal.sights import Drawn, ReadGrid
from buildwidget.runner.terminal.styles import DEFAULT

QUIET_ROWS: Final = 10
"""Newlines without a move up, after which rows are not expected to be drawn again."""

_MAX_REMEMBERED: Final = 200
"""Rows of cleared pictures that are remembered, so that a picture drawn again is not logged again."""

_SPINNERS: Final = frozenset("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏⠁⠂⠄⡀⢀⠠⠐⠈⣾⣽⣻⢿⡿⣟⣯⣷⢹⢺⢼⣸⣇⡧⡗⡏◐◓◑◒◜◠◝◞◡◟◴◷◶◵")


def may_be_redrawn(text: str) -> bool:
    """Whether a row without colours looks like one that goes on: a spinner, or a bar that has not reached its end."""
    return text[:1] in _SPINNERS or is_unfinished_bar(text, sure=False)


class Screen(ReadGrid):
    """A grid whose rows become lines of the log once they are final.

    Args:
        cells: styles and clusters, shared by the screens of a stream.
        above: lines that were printed before and may still be seen, the last one nearest.
        first_y: where on the screen the first row stands.
        number: its number from the first line of the output.
        longest: a line of more characters is broken in two.
    """

    def __init__(self, cells: Cells, above: Iterable[str], first_y: int, number: int, longest: int) -> None:
        super().__init__(cells, above, first_y, number)
        self._longest = longest
        self._hidden = False
        self._quiet = QUIET_ROWS
        self._carried: list[Row] = []
        self._main: list[Row] | None = None
        self._main_cursor = Saved(0, 0, DEFAULT)
        self._said: dict[str, None] = {}
        self.lines: list[str] = []
        """Lines for the log, to be taken."""

    @property
    def plain(self) -> bool:
        """Whether nothing is open, so that what follows is as if nothing had been drawn."""
        rows = self._rows
        return (
            not self._x
            and len(rows) == self._y - self._first_y + 1
            and not rows[-1].cells
            and not rows[-1].wrapped
            and not self._hidden
            and self._wraps
            and self._main is None
            and self._style == DEFAULT
            and self._bottom - self._top == ROWS - 1
            and self._quiet == QUIET_ROWS
            and not self._carried
            and all(row.logged is not None for row in rows[:-1])
        )

    @property
    def cursor_y(self) -> int:
        """The row of the cursor on the screen."""
        return self._y

    @property
    def above(self) -> list[str]:
        """The lines that were logged last and may still be seen."""
        return self._above

    def unfinished_line(self) -> str:
        """The line of the cursor, if nothing stands below it; else ""."""
        first = last = len(self._rows) - 1
        while first and self._rows[first].wrapped:
            first -= 1
        if self._main is not None or not first <= self._y - self._first_y <= last:
            return ""
        rows = self._rows[first:]
        if self._joined(rows) in ("", rows[0].logged):
            return ""
        whole = joined(rows, COLUMNS)
        return self._cells.text(whole.cells, whole.styles, whole=self._y - self._first_y == last)

    def open_lines(self) -> list[str]:
        """The lines that are not in the log yet, and those that were drawn anew, above the unfinished one."""
        found = [line for line, row in self._grouped(self._rows, changed=True) if row is not None]
        if self.unfinished_line():
            del found[-1:]
        while found and not found[-1]:
            found.pop()
        return found

    def finish(self) -> None:
        """The end of the output: what is left on the screen are lines."""
        if self._main is not None:
            self._leave_alternate()
        if self._row().dirty and self._row().cells:
            self._see(self._row())
        if self._carried:
            self._rows = self._carried + self._rows
            self._rows[0].logged = self._rows[len(self._carried)].logged
            self._carried = []
        groups = self._grouped(self._rows)
        while groups and (groups[-1][1] is None or not groups[-1][0]):
            groups.pop()
        for line, row in groups:
            self._log(line, row)
        self._rows = [Row(touched=True)]
        self._above = []

    def take(self) -> tuple[list[str], list[Drawn]]:
        """The lines for the log, and what bars are read off, since the last call."""
        taken, self.lines = self.lines, []
        return taken, self.take_drawn()

    def _log(self, line: str, row: Row | None) -> None:
        if row is None or (row.logged is not None and (line == row.logged or not line)):
            return
        row.logged = line
        self.lines.append(line)

    def _drop_first(self) -> None:
        """The first row has scrolled off."""
        row = self._rows.pop(0) if self._rows else Row()
        self._number += 1
        if self._main is not None:
            return
        goes_on = bool(self._rows) and self._rows[0].wrapped
        if goes_on:
            self._rows[0].logged = row.logged
        if goes_on or self._carried:
            self._carried.append(row)
            if not goes_on:
                self._log_carried(row.logged)
            elif len(self._carried) * COLUMNS > self._longest:
                self._log_carried(None)
            return
        self._log(self._cells.text(row.cells, row.styles), row if row.touched else None)

    def _log_carried(self, logged: str | None) -> None:
        """The rows that scrolled off are a line, or as much of one as a line may have."""
        line = self._joined(self._carried)
        self._carried = []
        if line != logged:
            self.lines.append(line)

    def line_feed(self) -> None:
        """To the beginning of the next row; the screen scrolls where there is none."""
        row = self._row()
        row.touched = True
        row.dirty = self._homed = False
        if not self._stale:
            self._see_ended(row)
        self._x = 0
        below = self._y - self._first_y + 1
        at_end = self._is_blank_from(below)
        if at_end:
            del self._rows[below:]
        self._advance()
        following = self._row()
        following.touched = True
        following.wrapped = False
        if at_end:
            self._quiet = min(self._quiet + 1, QUIET_ROWS)
            self._settle()
        self._resting_left = False
        self._stale = bool(following.cells)

    def _is_blank_from(self, index: int) -> bool:
        rows = self._rows
        if index < len(rows) and rows[index].cells:  # as in a picture that is drawn again
            return False
        return not any(row.cells for row in rows[index:])

    def _settle(self) -> None:
        """After a newline below everything else: log the lines that nothing says will be drawn again."""
        if self._hidden or self._main is not None or self._top or self._bottom != ROWS - 1:
            return
        if self._quiet < QUIET_ROWS:
            return
        rows, index = self._rows, 0
        last = len(rows) - 1
        while last >= 0 and not rows[last].cells:  # a row that is blank so far may be what the cursor goes up to
            last -= 1
        if self._carried:
            return  # its beginning has scrolled off, and the rest follows it
        while index <= last and (end := self._end_of_line(index)) < len(rows):
            first = rows[index]
            line = self._joined(rows[index:end])
            if (
                first.logged is None
                and len(rows) - end <= QUIET_ROWS
                and self._is_in_flux(rows[index:end], next_to_cursor=end == len(rows) - 1)
            ):
                break
            self._log(line, first if first.touched else None)
            index = end
        self._forget(index)

    def _forget(self, count: int) -> None:
        """The first rows are in the log; they are lines above now, as those before them."""
        kept = [line for line, _ in self._grouped(self._rows[:count])]
        self._above = (self._above + kept)[-ROWS:]
        del self._rows[:count]
        self._first_y += count
        self._number += count

    def _is_in_flux(self, rows: list[Row], *, next_to_cursor: bool) -> bool:
        """Whether the line looks like one that will be drawn again."""
        if next_to_cursor and any(row.drawn for row in rows):
            return True
        return may_be_redrawn(rows[0].text(self._cells.clusters))

    def _enter_alternate(self) -> None:
        self._fill()
        self._main, self._main_cursor = self._rows, Saved(self._x, self._y, self._style)
        self._rows = [Row() for _ in range(ROWS)]

    def _leave_alternate(self) -> None:
        """Back to the screen of before; the picture's last rows are lines, as one block."""
        if self._main is None:
            return
        picture = [line for line, _ in self._grouped(self._rows)]
        while picture and not picture[-1]:
            picture.pop()
        self._rows, self._main = self._main, None
        self._go(self._main_cursor.x, self._main_cursor.y)
        self._style = self._main_cursor.style
        self.lines += picture

    def _clear(self) -> None:
        """The whole screen is erased: the lines that were finished are logged before."""
        self._row()
        if self._main is None:
            self._log_cleared()
        for index, row in enumerate(self._rows):
            if row.cells:
                self._erase_in_row(row, self._number + index, 0, COLUMNS)
        self._above = []
        self._rows = [Row(touched=False) for _ in self._rows]
        for row in self._rows:
            row.logged = ""
        self._quiet = 0

    def _log_cleared(self) -> None:
        lines = [(line, row) for line, row in self._grouped(self._rows) if row is not None and line]
        for line, row in lines:
            if row is None or (row.logged is not None and line == row.logged):
                continue
            if line in self._said or is_unfinished_bar(row.text(self._clusters)):
                continue
            self._said[line] = None
            if len(self._said) > _MAX_REMEMBERED:
                del self._said[next(iter(self._said))]
            self._log(line, row)

    def _leave(self, up: int) -> None:
        super()._leave(up)
        if up > 0:
            self._quiet = 0
