"""A terminal's screen: 120 columns and 50 rows that a program draws on, and the lines that leave it for the log. Pure.

A line of the log is what scrolled off the top or what the program left on the screen. As most programs only print
lines, a line is logged at its newline already, if nothing says that it will be drawn again: the program has not gone
up with its cursor for the last rows, shows its cursor, and the row is no unfinished bar that it wrote over. Other rows
are *open* until they scroll off, the program goes on with plain lines, or it ends. A line that is logged and then
drawn over is logged again with its new text once that is final, unless it is blank.

What bars are read off is every text that stood on a row when the row was left or written over, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from buildwidget.runner.terminal.bar_formats import is_unfinished_bar
from buildwidget.runner.terminal.rows import COLOURS, FILLER, Cells, Row, joined
from buildwidget.runner.terminal.styles import DEFAULT
from buildwidget.runner.terminal.widths import is_simple, width

_STYLES_AND_TABS: Final = re.compile(r"(\x1b\[[0-9;:]*m|\t)")

ROWS: Final = 50
COLUMNS: Final = 120

QUIET_ROWS: Final = 10
"""After so many newlines without a move up, rows are not expected to be drawn again."""

_MAX_OVERWRITTEN: Final = 200
"""Texts written over within one read that are kept for bars."""

_MAX_REMEMBERED: Final = 200
"""Rows of cleared pictures that are remembered, so that a picture drawn again is not logged again."""

_MAX_STYLED_CHARACTERS: Final = 16 * COLUMNS
"""A longer text with colours is written part by part."""

_SPINNERS: Final = frozenset("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏⠁⠂⠄⡀⢀⠠⠐⠈⣾⣽⣻⢿⡿⣟⣯⣷⢹⢺⢼⣸⣇⡧⡗⡏◐◓◑◒◜◠◝◞◡◟◴◷◶◵")


def may_be_redrawn(text: str) -> bool:
    """Whether a row without colours looks like one that goes on: a spinner, or a bar that has not reached its end."""
    return text[:1] in _SPINNERS or is_unfinished_bar(text, sure=False)


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


class Saved(NamedTuple):
    """Where the cursor stood, and its style."""

    x: int
    y: int
    style: str


class Screen:
    """The rows from a first one on, the cursor, and what is to be handed on.

    Args:
        cells: styles and clusters, shared by the screens of a stream.
        above: lines that were printed before and may still be seen, the last one nearest.
        first_y: where on the screen the first row stands.
        number: its number from the first line of the output.
        longest: a line of more characters is broken in two.
    """

    def __init__(self, cells: Cells, above: Iterable[str], first_y: int, number: int, longest: int) -> None:
        self._cells = cells
        self._styles, self._clusters = cells.styles, cells.clusters
        self._above = list(above)
        self._longest = longest
        self._rows = [Row(touched=True)]
        self._first_y = first_y
        self._number = number
        self._x = 0
        self._y = first_y
        self._style = DEFAULT
        self._top, self._bottom = 0, ROWS - 1
        self._saved = Saved(0, 0, DEFAULT)
        self._hidden = False
        self._wraps = True
        self._homed = False
        self._quiet = QUIET_ROWS
        self._last = " "
        self._carried: list[Row] = []
        self._main: list[Row] | None = None
        self._main_cursor = Saved(0, 0, DEFAULT)
        self._said: dict[str, None] = {}
        self._overwritten = 0
        self._resting_left = False
        self._stale = False
        self.lines: list[str] = []
        """Lines for the log, to be taken."""
        self.drawn: list[Drawn] = []
        """What bars are read off, to be taken."""

    # The state as others see it

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
    def number(self) -> int:
        """The cursor's row, from the first line of the output."""
        return self._number + self._y - self._first_y

    @property
    def resting(self) -> str | None:
        """What was written on the cursor's row since the cursor came there; None where something else stands there."""
        if self._stale:
            return None
        row = self._row()
        text = row.text(self._clusters)
        return text or " " * len(row.cells)

    @property
    def above(self) -> list[str]:
        """The lines that were logged last and may still be seen."""
        return self._above

    @property
    def has_one_line(self) -> bool:
        """Whether at most the cursor's own row is open, below everything else."""
        return len(self._rows) == 1 and not self._carried and self._main is None

    def open_lines(self) -> list[str]:
        """The lines that are not in the log yet, and those that were drawn anew."""
        found = [line for line, row in self._grouped(self._rows, changed=True) if row is not None]
        while found and not found[-1]:
            found.pop()
        return found

    # What the program does

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
            if row.dirty and self._x == 0 and row.cells:
                self._note_overwritten(row)
            if self._x < len(row.cells):
                row.drawn = True
            row.put(self._x, part, self._style if self._style == DEFAULT else self._style * len(part))
            self._x += len(part)
            text = text[len(part) :] if self._wraps else ""
        self._resting_left = self._stale = False

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
        if row.dirty and x == 0 and row.cells:
            self._note_overwritten(row)
        if x < len(row.cells):
            row.drawn = True
        row.put(x, cells, styles)
        self._x, self._style, self._last = x + len(cells), style, cells[-1]
        self._homed = self._resting_left = self._stale = False

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
        taken = self.lines, self.drawn
        self.lines, self.drawn, self._overwritten = [], [], 0
        return taken

    def forget_drawn(self) -> None:
        """What was drawn so far has been read already."""
        self.drawn = []

    # Rows and lines

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
        other = Screen(self._cells, [], 0, 0, self._longest)
        other.replay(line)
        for row in other._rows:
            row.dirty = row.drawn = False
        other._rows[0].logged = "".join(text for text, _ in other._grouped(other._rows))
        return other._rows

    def replay(self, line: str) -> None:
        """Write a line of the log: characters, colours and tabs."""
        for part in _STYLES_AND_TABS.split(line):
            if part == "\t":
                self._tab()
            elif part.startswith("\x1b"):
                self._style = self._styles.after(self._style, part)
            elif part:
                self.write(part)

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

    # Moves

    def carriage_return(self) -> None:
        """To the beginning of the row, which may be drawn again then."""
        self._row().drawn = True
        self._x = 0

    def _wrap(self) -> None:
        row = self._row()
        if row.dirty:
            self._see(row)
        self._x = 0
        self._advance()
        following = self._row()
        following.wrapped = following.touched = True

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

    def _see_ended(self, row: Row) -> None:
        text = row.text(self._clusters)
        number = self.number
        if self.drawn:
            last = self.drawn[-1]
            if last.ended and last.row + len(last.texts) == number:
                last.texts.append(text)
                return
        self.drawn.append(Drawn(number, [text], ended=True))

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
        y = max(0, min(y, ROWS - 1))
        if y != self._y:
            self._leave(self._y - y)
        self._x, self._y = max(0, min(x, COLUMNS - 1)), y
        if not self._row().cells:
            self._stale = False

    def _leave(self, up: int) -> None:
        """The cursor leaves its row for another one, so many rows up."""
        row = self._row()
        if row.dirty and row.cells:
            self._see(row, max(up, 0))
            self._resting_left = True
        elif self._resting_left and self.drawn and self.drawn[-1].up:
            last = self.drawn[-1]
            self.drawn[-1] = last._replace(up=max(last.up + up, 0))
        if up > 0:
            self._quiet = 0
        self._stale = True

    def _see(self, row: Row, up: int = 0) -> None:
        row.dirty = False
        self.drawn.append(Drawn(self.number, [row.text(self._clusters)], up))

    def _note_overwritten(self, row: Row) -> None:
        row.dirty = False
        drawn = Drawn(self.number, [row.text(self._clusters)])
        self._overwritten += 1
        if self._overwritten > _MAX_OVERWRITTEN and self.drawn:
            self.drawn[-1] = drawn
        else:
            self.drawn.append(drawn)

    # What is final

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

    def _end_of_line(self, index: int) -> int:
        """The row behind the line that begins with a row."""
        index += 1
        while index < len(self._rows) and self._rows[index].wrapped:
            index += 1
        return index

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

    # The alternate screen

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

    # Erasing

    def _erase_in_row(self, row: Row, number: int, start: int, end: int) -> None:
        if number == self.number:
            self._stale = False
        if not row.cells or start >= len(row.cells):
            if start == 0:
                row.drawn = True
            return
        row.drawn = True
        if start == 0:
            if row.dirty and row.cells.strip():
                self.drawn.append(Drawn(number, [row.text(self._clusters)]))
            if end >= len(row.cells):
                self.drawn.append(Drawn(number, [""]))
        row.erase(start, end)
        if start == 0 and end >= len(row.cells):
            row.dirty = False

    def _erase_rows(self, start: int, end: int) -> None:
        for index in range(start, min(end, len(self._rows))):
            self._erase_in_row(self._rows[index], self._number + index, 0, COLUMNS)
            self._unwrap(index)

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
