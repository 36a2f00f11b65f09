"""A terminal's screen: 120 columns and 50 rows that a program draws on. Pure.

What the rows mean, for the log and for bars, is for the classes that build on it to say (screen.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from buildwidget.runner.terminal.rows import COLOURS, FILLER, Cells, Row, joined
from buildwidget.runner.terminal.styles import DEFAULT
from buildwidget.runner.terminal.widths import is_simple, width

_STYLES_AND_TABS: Final = re.compile(r"(\x1b\[[0-9;:]*m|\t)")

ROWS: Final = 50
COLUMNS: Final = 120

_MAX_STYLED_CHARACTERS: Final = 16 * COLUMNS
"""A longer text with colours is written part by part."""


class Saved(NamedTuple):
    """Where the cursor stood, and its style."""

    x: int
    y: int
    style: str


class Grid:
    """The rows from a first one on, and the cursor.

    Args:
        cells: styles and clusters, shared by the screens of a stream.
        above: lines that were printed before and may still be seen, the last one nearest.
        first_y: where on the screen the first row stands.
        number: its number from the first line of the output.
    """

    def __init__(self, cells: Cells, above: Iterable[str], first_y: int, number: int) -> None:
        self._cells = cells
        self._styles, self._clusters = cells.styles, cells.clusters
        self._above = list(above)
        self._rows = [Row(touched=True)]
        self._first_y = first_y
        self._number = number
        self._x = 0
        self._y = first_y
        self._style = DEFAULT
        self._top, self._bottom = 0, ROWS - 1
        self._saved = Saved(0, 0, DEFAULT)
        self._wraps = True
        self._last = " "
        self._homed = False
        """The cursor was placed in the corner, and nothing was written since."""
        self._moved = False
        """The cursor was placed, and nothing was written since."""

    # What others do with it

    def _drop_first(self) -> None:
        """The first row has scrolled off."""
        self._rows.pop(0)
        self._number += 1

    def _leave(self, up: int) -> None:
        """The cursor is about to leave its row for one that is ``up`` rows higher (below it: negative)."""

    def _came(self, row: Row) -> None:
        """The cursor has come to a row."""

    def _left(self, row: Row) -> None:
        """The text goes on in the next row."""

    def _overwrite(self, row: Row) -> None:
        """Something else is about to be written where the cursor was placed."""

    def _wrote(self) -> None:
        """Characters were written."""

    @property
    def number(self) -> int:
        """The cursor's row, from the first line of the output."""
        return self._number + self._y - self._first_y

    def write(self, text: str) -> None:
        """Show characters, none of which is a control character."""
        if not is_simple(text):
            text = self._cells_of(text)
        if text:
            self._last = text[-1]
            self._homed = False
        while text:
            part = self._fitting(text)
            row = self._row()
            if self._x < len(row.cells):
                row.drawn = True
                if self._moved and row.dirty:
                    self._overwrite(row)
            self._moved = False
            row.put(self._x, part, self._style if self._style == DEFAULT else self._style * len(part))
            self._x += len(part)
            text = text[len(part) :] if self._wraps else ""
        self._wrote()

    def write_styled(self, text: str) -> None:
        """Show characters and obey colours; in one piece if all of it takes one column a character and fits."""
        if "\x1b" not in text:
            self.write(text)
            return
        if len(text) > _MAX_STYLED_CHARACTERS:
            self._write_parts(text)
            return
        cells, styles, style = self._cells.styled(self._style, text)
        if not cells or len(cells) > COLUMNS - self._x:
            self._write_parts(text)
            return
        x, row = self._x, self._row()
        if x < len(row.cells):
            row.drawn = True
            if self._moved and row.dirty:
                self._overwrite(row)
        row.put(x, cells, styles)
        self._x, self._style, self._last = x + len(cells), style, cells[-1]
        self._homed = self._moved = False
        self._wrote()

    def _write_parts(self, text: str) -> None:
        for index, part in enumerate(COLOURS.split(text)):
            if index % 2:
                self._style = self._styles.after(self._style, part)
            elif part:
                self.write(part)

    def _fitting(self, text: str) -> str:
        """What fits behind the cursor, after it has gone to the next row where nothing did."""
        if self._x >= COLUMNS and self._wraps:
            self._wrap()
        if not self._wraps and self._x + len(text) > COLUMNS:
            # All that follows the last column is written there, over what stood there.
            return text[: max(COLUMNS - 1 - self._x, 0)] + text[-1] if self._x < COLUMNS else self._stay(text)
        room = COLUMNS - self._x
        part = text[:room]
        if text[room : room + 1] != FILLER:
            return part
        if room == 1:  # a wide character needs two
            self._x = COLUMNS
            return self._fitting(text)
        return part[:-1]

    def _stay(self, text: str) -> str:
        self._x = COLUMNS - 1
        return text[-1]

    def replay(self, line: str) -> None:
        """Write a line of the log: characters, colours and tabs."""
        for part in _STYLES_AND_TABS.split(line):
            if part == "\t":
                self._tab()
            elif part.startswith("\x1b"):
                self._style = self._styles.after(self._style, part)
            elif part:
                self.write(part)

    def carriage_return(self) -> None:
        """To the beginning of the row, which may be drawn again then."""
        self._row().drawn = self._moved = True
        self._x = 0

    def _row(self) -> Row:
        index = self._y - self._first_y
        if index < 0:
            self._show_above()
            index = self._y - self._first_y
        while index >= len(self._rows):
            self._rows.append(Row())
        return self._rows[index]

    def _show_above(self) -> None:
        """Make rows of the lines that were printed before the first one, as the cursor went up to them."""
        made: list[Row] = []
        for line in self._above:
            made += self._rows_of(line)
        missing = self._first_y
        made = made[-missing:] if missing else []
        if made:
            made[0].wrapped = False  # its beginning has left the screen, and is in the log
        blank = [Row(touched=True) for _ in range(missing - len(made))]
        for row in blank:
            row.logged = ""
        self._rows = blank + made + self._rows
        self._number -= missing
        self._first_y = 0
        self._above = []

    def _rows_of(self, line: str) -> list[Row]:
        """The rows of a line that is in the log."""
        other = Grid(self._cells, [], 0, 0)
        other.replay(line)
        for row in other._rows:
            row.dirty = row.drawn = False
        other._rows[0].logged = "".join(text for text, _ in other._grouped(other._rows))
        return other._rows

    def _grouped(self, rows: list[Row], *, changed: bool = False) -> list[tuple[str, Row | None]]:
        """The lines of rows, wrapped ones joined, and the first row of each; None for rows only jumped over.

        ``changed``: without the lines that are in the log as they are.
        """
        found: list[tuple[str, Row | None]] = []
        index = 0
        while index < len(rows):
            first, end = rows[index], index + 1
            while end < len(rows) and rows[end].wrapped:
                end += 1
            text = self._joined(rows[index:end])
            same = changed and first.logged is not None and (text == first.logged or not text)
            found.append((text, None if same or not first.touched else first))
            index = end
        return found

    def _joined(self, rows: list[Row]) -> str:
        whole = joined(rows, COLUMNS)
        return self._cells.text(whole.cells, whole.styles)

    def _end_of_line(self, index: int) -> int:
        """The row behind the line that begins with a row."""
        index += 1
        while index < len(self._rows) and self._rows[index].wrapped:
            index += 1
        return index

    def _wrap(self) -> None:
        self._left(self._row())
        self._x = 0
        self._advance()
        following = self._row()
        following.wrapped = following.touched = True

    def _advance(self) -> None:
        """The cursor goes one row down; at the bottom of the scroll region the rows move up."""
        if self._y == self._bottom:
            self._scroll_up(1)
        elif self._y < ROWS - 1:
            self._y += 1

    def _scroll_up(self, count: int) -> None:
        for _ in range(min(count, self._bottom - self._top + 1)):
            if self._top == 0 and self._bottom == ROWS - 1:
                if self._first_y > 0:
                    self._first_y -= 1
                    if self._above:
                        self._above.pop(0)
                else:
                    self._drop_first()
                continue
            self._fill()
            if self._top == 0:
                self._drop_first()
            else:
                del self._rows[self._top]
            self._rows.insert(self._bottom, Row(touched=False))
            self._unwrap(self._bottom + 1)

    def _scroll_down(self, count: int) -> None:
        self._fill()
        for _ in range(min(count, self._bottom - self._top + 1)):
            del self._rows[self._bottom]
            self._rows.insert(self._top, Row())
        self._unwrap(self._top)
        self._unwrap(self._bottom + 1)

    def _fill(self) -> None:
        """Make a row of each row of the screen."""
        if self._first_y:
            self._show_above()
        while len(self._rows) < ROWS:
            self._rows.append(Row())

    def _unwrap(self, index: int) -> None:
        if index < len(self._rows):
            self._rows[index].wrapped = False

    def _tab(self) -> None:
        self._x = min((self._x // 8 + 1) * 8, COLUMNS - 1)

    def _go(self, x: int, y: int) -> None:
        self._homed = False
        self._moved = True
        y = max(0, min(y, ROWS - 1))
        if y != self._y:
            self._leave(self._y - y)
        self._x, self._y = max(0, min(x, COLUMNS - 1)), y
        self._came(self._row())

    def _cells_of(self, text: str) -> str:
        """The text as cells: what combines is one with the character before it, wide characters have two cells."""
        cells: list[str] = []
        for character in text:
            columns = 1 if character.isascii() else width(character)
            if columns == 0:
                self._combine(cells, character)
            else:
                private = character >= "\U00100000"
                cells.append(self._clusters.name(character) if private else character)
                if columns == 2:
                    cells.append(FILLER)
        return "".join(cells)

    def _combine(self, cells: list[str], mark: str) -> None:
        place = len(cells) - 1
        if place >= 0 and cells[place] == FILLER:
            place -= 1
        if place >= 0:
            cells[place] = self._cluster(cells[place], mark)
            return
        row, x = self._row(), self._x - 1
        if 0 <= x < len(row.cells) and row.cells[x] == FILLER:
            x -= 1
        if 0 <= x < len(row.cells):
            row.cells = row.cells[:x] + self._cluster(row.cells[x], mark) + row.cells[x + 1 :]

    def _cluster(self, cell: str, mark: str) -> str:
        whole = self._clusters.text(cell)
        return self._clusters.name(whole + mark) if len(whole) < 16 else cell
