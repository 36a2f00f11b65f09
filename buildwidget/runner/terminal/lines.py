"""What programs print, as lines: bytes in, whole lines and what is still being drawn out. Pure, one per stream.

Output that is only characters, colours, tabs and newlines goes straight through: its lines are its text. Anything else
is drawn on a screen (screen.py) until nothing of it may change any more.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES, MAX_PAYLOAD_BYTES
from buildwidget.runner.terminal.actions import Terminal
from buildwidget.runner.terminal.controls import (
    control_at,
    find_character,
    find_escape,
    find_unusual,
    split_cut_sequence,
)
from buildwidget.runner.terminal.grid import COLUMNS, ROWS
from buildwidget.runner.terminal.rows import Cells
from buildwidget.runner.terminal.screen import QUIET_ROWS, may_be_redrawn
from buildwidget.runner.terminal.sights import Drawn

__all__ = ["Drawn", "LineSplitter", "LogUpdate", "cut_text", "strip_colours"]

MAX_LINE_CHARACTERS: Final = MAX_PAYLOAD_BYTES // 4
"""A line longer than this is broken in two, so that output without any newline cannot fill the memory."""

_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
_LONGEST_CODE: Final = 280


@dataclass(frozen=True, slots=True)
class LogUpdate:
    """What one read added: the lines that are now whole, and what stands below them.

    Attributes:
        lines: lines for the log.
        partial: the unfinished line, at most 4 KiB of UTF-8 (its beginning); "" where there is none.
        drawn: what bars are read off: the lines, and what stood on rows that were drawn over.
        row: the row on which ``resting`` stands.
        resting: what is being written on the cursor's row.
    """

    lines: list[str]
    partial: str
    drawn: list[Drawn] = field(default_factory=list)
    row: int | None = None
    resting: str = ""


def strip_colours(text: str) -> str:
    """The text without its SGR codes."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def cut_text(text: str, limit: int) -> str:
    """The beginning of the text that fits in ``limit`` UTF-8 bytes, cut at a code point and not inside an SGR code."""
    if len(text) * 4 <= limit:
        return text
    encoded = text[: limit + 1].encode()
    if len(encoded) <= limit:
        return text[: limit + 1]
    cut = encoded[:limit].decode(errors="ignore")
    start = cut.rfind("\x1b", -_LONGEST_CODE) if "\x1b" in cut else -1
    return cut if start < 0 or _COLOURS.match(cut, start) else cut[:start]


class LineSplitter:
    """Turns the bytes of one stream into lines, however the bytes are cut into reads."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self._plain = _PlainLines()
        self._cells = Cells()
        self._screen: Terminal | None = None
        self.moved = False
        """Whether the lines were ever anything but the text in its order, with its colours."""

    def feed(self, data: bytes) -> LogUpdate:
        """The lines that these bytes finish, and what is open after them."""
        lines, drawn = self._take(self._decoder.decode(data))
        return self._update(lines, drawn)

    def finish(self) -> LogUpdate:
        """The end of the stream: what is open becomes lines, a cut escape sequence goes."""
        lines, drawn = self._take(self._decoder.decode(b"", final=True))
        self._held = ""
        if self._screen is not None:
            self._screen.finish()
            more, seen = self._screen.take()
            self._screen, self._plain = None, _PlainLines()  # what waited there is on the screen
        else:
            more, seen = self._plain.finish()
        return LogUpdate(lines + more, "", drawn + seen)

    def open_lines(self) -> list[str]:
        """The lines that may still be drawn again, besides the unfinished one."""
        screen = self._screen
        if screen is None:
            return self._plain.waiting
        return screen.open_lines()

    def _update(self, lines: list[str], drawn: list[Drawn]) -> LogUpdate:
        screen = self._screen
        if screen is None:
            partial = self._plain.partial()
            return LogUpdate(lines, partial, drawn, self._plain.number, partial)
        resting = screen.resting
        row = None if resting is None else screen.number
        partial = cut_text(screen.unfinished_line(), MAX_LOG_LINE_BYTES)
        return LogUpdate(lines, partial, drawn, row, resting or "")

    def _take(self, text: str) -> tuple[list[str], list[Drawn]]:
        if self._held or "\x1b" in text or "\r" in text:
            text, self._held = _split_cut_end(self._held + text)
            if "\r\n" in text:
                text = text.replace("\r\n", "\n")
        lines: list[str] = []
        drawn: list[Drawn] = []
        place = 0
        while place < len(text):
            if self._screen is None:
                place = self._go_on_plain(text, place, lines, drawn)
            else:
                place = self._draw(self._screen, text, place)
                more, seen = self._screen.take()
                lines += more
                drawn += seen
                # Only behind a newline, however the reads are cut.
                if text[place - 1] == "\n" and self._screen.plain:
                    self._plain.take_over(self._screen)
                    self._screen = None
        return lines, drawn

    def _go_on_plain(self, text: str, place: int, lines: list[str], drawn: list[Drawn]) -> int:
        """Takes the text up to what is unusual; where that begins."""
        unusual = find_unusual(text, place)
        if unusual is None:
            self._plain.write(text[place:] if place else text, lines, drawn)
            return len(text)
        self.moved = True
        end = text.rfind("\n", place, unusual) + 1
        if end > place:
            self._plain.write(text[place:end], lines, drawn)
            place = end
        self._screen = self._plain.screen(self._cells)
        return place

    def _draw(self, screen: Terminal, text: str, place: int) -> int:
        """Draws the text up to a newline after which it is plain again; where that ends."""
        size = len(text)
        character = -1  # where the next control character is, which a long row of sequences must not look for each time
        while place < size:
            if character < place:
                character = find_character(text, place)
            end = find_escape(text, place, character)
            if end > place:
                screen.write_styled(text[place:end])
                if end == size:
                    break
            control = control_at(text, end)
            place = end + len(control)
            if control == "\n":
                screen.line_feed()
                if screen.plain:
                    return place
            elif control == "\r":
                screen.carriage_return()
            else:
                screen.obey(control)
        return size


def _split_cut_end(text: str) -> tuple[str, str]:
    """The text up to what its end may have cut: a control sequence, or a CR LF."""
    text, held = split_cut_sequence(text)
    return (text[:-1], "\r") if not held and text.endswith("\r") else (text, held)


class _PlainLines:
    """Lines that are only characters, colours and tabs, and the unfinished one."""

    def __init__(self) -> None:
        self.number = 0
        """The row of the unfinished line, from the first line on."""
        self._y = 0
        self._text = io.StringIO()
        self._length = 0
        self._waiting: list[str] = []
        self._above: deque[str] = deque(maxlen=ROWS)

    def write(self, text: str, lines: list[str], drawn: list[Drawn]) -> None:
        """Takes text; adds what it finishes to the lines, and to what bars are read off."""
        first, *rows = text.split("\n")
        self._append(first, lines)
        if not rows:
            return
        rows.insert(0, self._text.getvalue() if self._length else "")
        last = rows.pop()
        if max(map(len, rows)) > MAX_LINE_CHARACTERS:
            rows = [piece for row in rows for piece in _pieces(row)]
        drawn.append(Drawn(self.number, rows, ended=True))
        self.number += len(rows)
        self._pass_over(rows, lines)
        self._text, self._length = io.StringIO(), 0
        self._append(last, lines)

    def _pass_over(self, rows: list[str], lines: list[str]) -> None:
        """Blank rows and unfinished bars at the end wait: programs go up to such rows and draw there."""
        if self._y < ROWS - 1:
            self._y = min(self._y + _height(rows[:ROWS]), ROWS - 1)
        if self._waiting:
            rows = self._waiting + rows
        end = _end_of_settled(rows)
        self._waiting = rows[end:]
        lines += rows[:end] if self._waiting else rows
        self._above.extend(rows[max(end - ROWS, 0) : end])

    def _append(self, text: str, lines: list[str]) -> None:
        while self._length + len(text) > MAX_LINE_CHARACTERS:
            room = _room(text, MAX_LINE_CHARACTERS - self._length)
            self._length += self._text.write(text[:room])
            self._finish_waiting(lines)
            lines.append(self._text.getvalue())
            self._text, self._length, text = io.StringIO(), 0, text[room:]
        if text:
            self._length += self._text.write(text)

    def _finish_waiting(self, lines: list[str]) -> None:
        lines += self._waiting
        self._waiting = []

    @property
    def waiting(self) -> list[str]:
        """The last lines, if the program may go up and draw them again."""
        return self._waiting

    def partial(self) -> str:
        """The beginning of the unfinished line."""
        if not self._length:
            return ""
        self._text.seek(0)
        start = self._text.read(MAX_LOG_LINE_BYTES + 1)
        self._text.seek(self._length)
        return cut_text(start, MAX_LOG_LINE_BYTES)

    def finish(self) -> tuple[list[str], list[Drawn]]:
        """The last line, if it has no newline."""
        lines: list[str] = []
        self._finish_waiting(lines)
        if not self._length:
            return lines, []
        lines.append(self._text.getvalue())
        return lines, [Drawn(self.number, lines[-1:])]

    def screen(self, cells: Cells) -> Terminal:
        """A screen with these lines, which the program draws on from now on."""
        waiting = self._waiting
        first_y = max(self._y - _height(waiting), 0)
        screen = Terminal(cells, self._above, first_y, self.number - len(waiting), MAX_LINE_CHARACTERS)
        for row in waiting:
            screen.replay(row)
            screen.line_feed()
        if self._length:
            screen.replay(self._text.getvalue())
        screen.take_drawn()
        return screen

    def take_over(self, screen: Terminal) -> None:
        """The screen is plain again: its lines are those above now."""
        self.number, self._y, self._waiting = screen.number, screen.cursor_y, []
        self._above = deque(screen.above, maxlen=ROWS)
        self._text, self._length = io.StringIO(), 0


def _height(rows: list[str]) -> int:
    """How many rows of the screen these take, nearly: each character as one column."""
    return sum([max(1, -(-len(strip_colours(row)) // COLUMNS)) for row in rows])


def _end_of_settled(rows: list[str]) -> int:
    """Behind the rows that nothing says will be drawn again."""
    end, bars = len(rows), 0
    while end and len(rows) - end < ROWS - 1:
        row = rows[end - 1]
        if row:
            if bars == QUIET_ROWS or not may_be_redrawn(strip_colours(row)):
                break
            bars += 1
        end -= 1
    return end


def _room(text: str, room: int) -> int:
    """How much of the text fits; an SGR code is never broken."""
    code = text.rfind("\x1b", max(room - _LONGEST_CODE, 0), room)
    if code >= 0 and (match := _COLOURS.match(text, code)) and match.end() > room:
        return code
    return room


def _pieces(row: str) -> list[str]:
    pieces = []
    while len(row) > MAX_LINE_CHARACTERS:
        room = _room(row, MAX_LINE_CHARACTERS) or MAX_LINE_CHARACTERS
        pieces.append(row[:room])
        row = row[room:]
    return [*pieces, row]
