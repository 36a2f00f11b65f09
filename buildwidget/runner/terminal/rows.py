"""One row of a screen: its characters and their colours, as two strings that are as long as each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from buildwidget.runner.terminal.styles import DEFAULT, Styles
from buildwidget.runner.terminal.widths import is_simple

FILLER: Final = "\x00"
"""Stands in the second column of a wide character."""

_CLUSTERS: Final = 0x100000
"""A character with what combines with it is one private character of this plane, which is looked up."""

_MAX_CLUSTERS: Final = 0xFFFD
_PRIVATE: Final = re.compile("[\U00100000-\U0010ffff]")

_MAX_STYLED: Final = 256
"""Texts with colours whose cells are remembered: most rows of a picture stay the same when it is drawn again."""

COLOURS: Final = re.compile(r"(\x1b\[[0-9;:]*m)")
"""An SGR code; splits a text into characters and codes."""


class Clusters:
    """Characters of several code points, and those of the private plane that stands for them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._texts: dict[int, str] = {}

    def name(self, text: str) -> str:
        """One character for the text; its first one alone where there is no room for more clusters."""
        name = self._names.get(text)
        if name is None:
            if len(self._names) >= _MAX_CLUSTERS:
                return text[0] if text[0] < chr(_CLUSTERS) else "\ufffd"
            name = chr(_CLUSTERS + len(self._names))
            self._names[text], self._texts[ord(name)] = name, text
        return name

    def text(self, cells: str) -> str:
        """The cells as text, without the second columns of wide characters."""
        if FILLER in cells:
            cells = cells.replace(FILLER, "")
        return cells.translate(self._texts) if self._texts and _PRIVATE.search(cells) else cells


class Styled(NamedTuple):
    """Cells, their styles (a single default one stands for all), and the style behind them."""

    cells: str
    styles: str
    style: str


class Cells:
    """What the cells of a stream's screens hold: the styles and the clusters in use."""

    def __init__(self) -> None:
        self.styles = Styles()
        self.clusters = Clusters()
        self._styled: dict[tuple[str, str], Styled] = {}

    def styled(self, style: str, text: str) -> Styled:
        """What a text with colours puts into cells, where each character of it takes one column; else no cells."""
        known = self._styled.get((style, text))
        if known is None:
            if len(self._styled) >= _MAX_STYLED:
                self._styled.clear()
            known = self._styled[style, text] = self._read_styled(style, text)
        return known

    def _read_styled(self, style: str, text: str) -> Styled:
        parts = COLOURS.split(text)
        cells = "".join(parts[::2])
        if not is_simple(cells):
            return Styled("", "", style)
        styles, after = "", self.styles.after
        for index, part in enumerate(parts):
            if index % 2:
                style = after(style, part)
            elif part:
                styles += style * len(part)
        return Styled(cells, styles if styles.strip(DEFAULT) else DEFAULT, style)

    def text(self, cells: str, styles: str, *, whole: bool = False) -> str:
        """Cells as text with its colours; without blanks at its end, if not the ``whole``."""
        if not whole:
            cells = cells.rstrip(" ")
        if not styles:
            return self.clusters.text(cells)
        pieces = []
        before, column, end = DEFAULT, 0, len(cells)
        while column < end:
            style = styles[column]
            start, column = column, column + 1
            while column < end and styles[column] == style:
                column += 1
            if style != before:
                pieces.append(self.styles.code(before, style))
            pieces.append(self.clusters.text(cells[start:column]))
            before = style
        if before != DEFAULT:
            pieces.append("\x1b[0m")
        return "".join(pieces)


class Row:
    """One row.

    Attributes:
        cells: one character a column.
        styles: one style a column; empty where all are the default.
        wrapped: it goes on with the text of the row above.
        logged: the line that is in the log for it (and the rows that go on with it); None where none is.
        touched: something was written here, or a newline came by; else the cursor only jumped over it.
        drawn: it was erased or written over, so its text may change again.
        dirty: it has changed since bars were read off it.
    """

    __slots__ = ("cells", "dirty", "drawn", "logged", "styles", "touched", "wrapped")

    def __init__(self, *, wrapped: bool = False, touched: bool = False) -> None:
        self.cells = ""
        self.styles = ""
        self.wrapped = wrapped
        self.logged: str | None = None
        self.touched = touched
        self.drawn = False
        self.dirty = False

    def put(self, column: int, cells: str, styles: str) -> None:
        """Write cells and their styles from a column on; a single default style stands for all."""
        old, size, end = self.cells, len(self.cells), column + len(cells)
        if column > size:
            old += " " * (column - size)
        elif FILLER in old:
            old = _without_halves(old, column, end)
        self.dirty = self.touched = True
        self.cells = old[:column] + cells + old[end:]
        if styles != DEFAULT or self.styles:
            if styles == DEFAULT:
                styles = DEFAULT * len(cells)
            before = self.styles or DEFAULT * size
            if column > size:
                before += DEFAULT * (column - size)
            self.styles = before[:column] + styles + before[end:]

    def erase(self, start: int, end: int) -> None:
        """Make columns blank."""
        if start >= len(self.cells):
            return
        self.dirty = True
        if end >= len(self.cells):
            if FILLER in self.cells:
                self.cells = _without_halves(self.cells, start, end)
            self.cells, self.styles = self.cells[:start], self.styles[:start]
        else:
            self.put(start, " " * (end - start), DEFAULT)

    def text(self, clusters: Clusters) -> str:
        """The text without colours, and without blanks at its end."""
        return clusters.text(self.cells).rstrip(" ")


def joined(rows: Sequence[Row], columns: int) -> Row:
    """One row of the width of all: rows that wrapped, as they were written."""
    if len(rows) == 1:
        return rows[0]
    whole = Row()
    coloured = any(row.styles for row in rows)
    whole.cells = "".join([*(row.cells.ljust(columns) for row in rows[:-1]), rows[-1].cells])
    if coloured:
        styles = [row.styles or DEFAULT * len(row.cells) for row in rows]
        whole.styles = "".join([*(each.ljust(columns, DEFAULT) for each in styles[:-1]), styles[-1]])
    return whole


def _without_halves(cells: str, column: int, end: int) -> str:
    """The cells, before those from ``column`` to ``end`` are written over: half a wide character is none."""
    if cells[column : column + 1] == FILLER:
        cells = f"{cells[: column - 1]} {cells[column:]}"
    if cells[end : end + 1] == FILLER:
        cells = f"{cells[:end]} {cells[end + 1 :]}"
    return cells
