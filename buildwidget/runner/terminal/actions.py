"""What control sequences do on a screen: one method each, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from buildwidget.runner.terminal.controls import Control, parsed
from buildwidget.runner.terminal.grid import COLUMNS, ROWS, Saved
from buildwidget.runner.terminal.rows import FILLER, Row
from buildwidget.runner.terminal.screen import Screen
from buildwidget.runner.terminal.styles import DEFAULT


class Terminal(Screen):
    """A screen that obeys control sequences, as xterm does."""

    def obey(self, sequence: str) -> None:
        """A match of ``controls.CONTROL``."""
        if sequence[-1] == "m" and sequence[:2] == "\x1b[" and sequence[2:3] not in (">", "?", "<", "="):
            self._style = self._styles.after(self._style, sequence)
            return
        control = parsed(sequence)
        action = _ACTIONS.get(control.name)
        if action is not None:
            action(self, control)

    def erase_line(self, control: Control) -> None:
        """EL."""
        row, how = self._row(), control.number(default=0)
        if how == 1:
            self._erase_in_row(row, self.number, 0, min(self._x + 1, COLUMNS))
        elif how in (0, 2):
            start = 0 if how == 2 else self._x
            self._erase_in_row(row, self.number, start, COLUMNS)
            if start == 0:
                row.wrapped = False

    def erase_screen(self, control: Control) -> None:
        """ED; the whole screen's finished lines are logged before they go."""
        how = control.number(default=0)
        if how == 0 and not self._homed:
            self._row()
            here = self._y - self._first_y
            self.erase_line(control)
            self._erase_rows(here + 1, len(self._rows))
        elif how == 1:
            self._row()
            here = self._y - self._first_y
            self._erase_rows(0, here)
            self._erase_in_row(self._rows[here], self.number, 0, self._x + 1)
        elif how in (0, 2, 3):
            self._clear()

    def up(self, control: Control) -> None:
        """CUU."""
        limit = self._top if self._y >= self._top else 0
        self._go(self._x, max(self._y - control.number(), limit))

    def down(self, control: Control) -> None:
        """CUD."""
        limit = self._bottom if self._y <= self._bottom else ROWS - 1
        self._go(self._x, min(self._y + control.number(), limit))

    def right(self, control: Control) -> None:
        """CUF."""
        self._moved = True
        self._x = min(self._x + control.number(), COLUMNS - 1)

    def left(self, control: Control) -> None:
        """CUB."""
        self._moved = True
        self._x = max(min(self._x, COLUMNS - 1) - control.number(), 0)

    def next_rows(self, control: Control) -> None:
        """CNL."""
        self.down(control)
        self._x = 0

    def previous_rows(self, control: Control) -> None:
        """CPL."""
        self.up(control)
        self._x = 0

    def column(self, control: Control) -> None:
        """CHA."""
        self._moved = True
        self._x = min(control.number() - 1, COLUMNS - 1)

    def row_of_screen(self, control: Control) -> None:
        """VPA."""
        self._go(self._x, control.number() - 1)

    def place(self, control: Control) -> None:
        """CUP."""
        self._go(control.number(1) - 1, control.number() - 1)
        self._homed = not self._x and not self._y

    def feed(self, _control: Control) -> None:
        """LF, which goes to the beginning of the row, too."""
        self.line_feed()

    def to_start(self, _control: Control) -> None:
        """CR."""
        self.carriage_return()

    def backspace(self, _control: Control) -> None:
        """BS."""
        self._moved = True
        self._x = max(min(self._x, COLUMNS - 1) - 1, 0)

    def tabs(self, control: Control) -> None:
        """HT and CHT."""
        self._moved = True
        for _ in range(min(control.number(), COLUMNS // 8)):
            self._tab()

    def back_tab(self, control: Control) -> None:
        """CBT."""
        self._moved = True
        for _ in range(min(control.number(), COLUMNS // 8)):
            self._x = max((self._x - 1) // 8 * 8, 0)

    def index(self, _control: Control) -> None:
        """IND."""
        x = self._x
        self._leave(-1)
        self._advance()
        self._x = x
        self._row()

    def next_line(self, _control: Control) -> None:
        """NEL."""
        self.line_feed()

    def reverse_index(self, _control: Control) -> None:
        """RI."""
        if self._y == self._top:
            self._leave(1)
            self._scroll_down(1)
        else:
            self._go(self._x, self._y - 1)

    def save(self, _control: Control) -> None:
        """DECSC."""
        self._saved = Saved(self._x, self._y, self._style)

    def restore(self, _control: Control) -> None:
        """DECRC."""
        self._go(self._saved.x, self._saved.y)
        self._style = self._saved.style

    def region(self, control: Control) -> None:
        """DECSTBM."""
        top, bottom = control.number() - 1, min(control.number(1, ROWS), ROWS) - 1
        if top < bottom:
            self._top, self._bottom = top, bottom
            self._go(0, 0)

    def scroll(self, control: Control) -> None:
        """SU."""
        self._row()
        self._scroll_up(control.number())
        self._row()

    def scroll_back(self, control: Control) -> None:
        """SD."""
        self._scroll_down(control.number())

    def insert_lines(self, control: Control) -> None:
        """IL."""
        if self._top <= self._y <= self._bottom:
            self._fill()
            for _ in range(min(control.number(), self._bottom - self._y + 1)):
                del self._rows[self._bottom]
                self._rows.insert(self._y, Row())
            self._unwrap(self._bottom + 1)
            self._x = 0

    def delete_lines(self, control: Control) -> None:
        """DL."""
        if self._top <= self._y <= self._bottom:
            self._fill()
            for _ in range(min(control.number(), self._bottom - self._y + 1)):
                self._erase_in_row(self._rows[self._y], self.number, 0, COLUMNS)
                del self._rows[self._y]
                self._rows.insert(self._bottom, Row())
            self._unwrap(self._y)
            self._unwrap(self._bottom + 1)
            self._x = 0

    def delete(self, control: Control) -> None:
        """DCH."""
        row, x, count = self._row(), self._x, control.number()
        if x < len(row.cells):
            row.drawn = row.dirty = True
            row.cells = row.cells[:x] + row.cells[x + count :]
            row.styles = row.styles[:x] + row.styles[x + count :]

    def insert(self, control: Control) -> None:
        """ICH."""
        row, x, count = self._row(), self._x, min(control.number(), COLUMNS)
        if x < len(row.cells):
            row.drawn = row.dirty = True
            row.cells = (row.cells[:x] + " " * count + row.cells[x:])[:COLUMNS]
            if row.styles:
                row.styles = (row.styles[:x] + DEFAULT * count + row.styles[x:])[:COLUMNS]

    def erase_characters(self, control: Control) -> None:
        """ECH."""
        self._erase_in_row(self._row(), self.number, self._x, min(self._x + control.number(), COLUMNS))

    def repeat(self, control: Control) -> None:
        """REP."""
        if self._last != FILLER:
            self.write(self._last * min(control.number(), COLUMNS * ROWS))

    def set_mode(self, control: Control) -> None:
        """DECSET of the cursor, wrapping and the alternate screen."""
        if 25 in control.numbers:
            if self._hidden:
                self._quiet = 0  # programs show the cursor first, and then erase what they drew
            self._hidden = False
        if 7 in control.numbers:
            self._wraps = True
        if {47, 1047, 1049} & set(control.numbers) and self._main is None:
            self._enter_alternate()

    def reset_mode(self, control: Control) -> None:
        """DECRST of the same."""
        if 25 in control.numbers:
            self._hidden = True
        if 7 in control.numbers:
            self._wraps = False
        if {47, 1047, 1049} & set(control.numbers) and self._main is not None:
            self._leave_alternate()

    def reset(self, _control: Control) -> None:
        """RIS."""
        if self._main is not None:
            self._leave_alternate()
        self._clear()
        self._top, self._bottom, self._style, self._hidden, self._wraps = 0, ROWS - 1, DEFAULT, False, True
        self._go(0, 0)

    def soft_reset(self, _control: Control) -> None:
        """DECSTR."""
        self._top, self._bottom, self._style, self._hidden, self._wraps = 0, ROWS - 1, DEFAULT, False, True


_Action: TypeAlias = Callable[[Terminal, Control], None]

_ACTIONS: Final[dict[str, _Action]] = {
    "A": Terminal.up, "k": Terminal.up, "B": Terminal.down, "e": Terminal.down, "C": Terminal.right,
    "a": Terminal.right, "D": Terminal.left, "j": Terminal.left, "E": Terminal.next_rows, "F": Terminal.previous_rows,
    "G": Terminal.column, "`": Terminal.column, "d": Terminal.row_of_screen, "H": Terminal.place, "f": Terminal.place,
    "I": Terminal.tabs, "Z": Terminal.back_tab, "J": Terminal.erase_screen, "K": Terminal.erase_line,
    "L": Terminal.insert_lines, "M": Terminal.delete_lines, "P": Terminal.delete, "@": Terminal.insert,
    "X": Terminal.erase_characters, "S": Terminal.scroll, "T": Terminal.scroll_back, "b": Terminal.repeat,
    "r": Terminal.region, "s": Terminal.save, "u": Terminal.restore, "?h": Terminal.set_mode,
    "?l": Terminal.reset_mode, "!p": Terminal.soft_reset, "\x1b7": Terminal.save, "\x1b8": Terminal.restore,
    "\x1bD": Terminal.index, "\x1bE": Terminal.next_line, "\x1bM": Terminal.reverse_index, "\x1bc": Terminal.reset,
    "\r": Terminal.to_start, "\n": Terminal.feed, "\b": Terminal.backspace, "\t": Terminal.tabs,
}  # fmt: skip
