"""What programs print, as lines: bytes in, whole lines and the unfinished line out. Pure, one instance per stream.

A line is what follows its last carriage return, so a bar that redraws itself leaves only what it said last;
a carriage return right before the newline is part of the line's end. A backspace takes a character back once
another one is written. Erasing the line (CSI K) is obeyed. Colours (SGR) and tabs stay; every other escape
sequence and control character goes.

A program that draws several rows over and over goes up with the cursor, and its rows come again and again. Such
a row is a line only if it says something new: not if it is blank, an unfinished bar, or what one of the last 50
such rows said.

What bars are read off is every text that stood on a row when the row was left or overwritten, in order.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES, MAX_PAYLOAD_BYTES
from buildwidget.runner.terminal.bar_formats import is_unfinished_bar

MAX_LINE_CHARACTERS: Final = MAX_PAYLOAD_BYTES // 4
"""A line longer than this is broken in two, so that output without any newline cannot fill the memory."""

# The bounds on CSI parameters make the held-back text finite.
_CSI_BODY: Final = r"\[[0-?]{0,256}[ -/]{0,16}"
_CONTROLS: Final = r"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
_UNWANTED: Final = re.compile(
    r"\x1b(?!\[[0-9;:]{0,256}m|\[[02]?K|\[\d{0,3}[ABEF])(?:"  # colours stay, and the movements that lines obey
    rf"{_CSI_BODY}[@-~]?"  # any other CSI; without its final character it is malformed, and goes too
    r"|[\]PX^_][^\x07\x18\x1a\x1b\n]*(?:[\x07\x18\x1a]|\x1b\\)?"  # OSC, DCS, SOS, PM, APC; a newline ends them
    rf"|[ -/]{{0,16}}[0-~]?)|{_CONTROLS}",  # charsets, and the two-character ones
)
_UNWANTED_CONTROL: Final = re.compile(_CONTROLS)
_CUT_ESCAPE: Final = re.compile(rf"\x1b(?:{_CSI_BODY}|[ -/]{{0,16}})\Z")
_CUT_STRING: Final = re.compile(r"(\x1b[\]PX^_])[^\x07\x18\x1a\x1b\n]*(\x1b?)\Z")
_UNCLEAN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MOVES: Final = re.compile(r"(\r|\x08+|\x1b\[[02]?K|\x1b\[\d{0,3}[ABEF])")
_MOVING_ESCAPE: Final = re.compile(r"\x1b\[(?:[02]?K|\d{0,3}[ABEF])")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")
_UNITS: Final = re.compile(r"\x1b\[[0-9;:]*m|.", re.DOTALL)
_LONGEST_CODE: Final = 280
_MAX_CODES: Final = 8 * 1024
"""Characters of colour codes that wait for a visible one; the latest are kept."""
_TRIM_WINDOW: Final = 128
_SCREEN_ROWS: Final = 24
_REMEMBERED_ROWS: Final = 50
_MAX_OVERWRITTEN: Final = 200
"""Texts written over within one read that are kept, in a program that does nothing else."""


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


@dataclass(frozen=True, slots=True)
class LogUpdate:
    """What one read added: the lines that are now whole, and the unfinished line as it stands.

    ``partial`` is at most 4 KiB of UTF-8 (its beginning), and "" where no line is open; ``row`` is the row it stands
    on, None where it is the rest of another row. ``drawn`` is what bars are read off: the lines, and the rows that
    are no lines because they are drawn over and over. ``open`` are the rows that are still drawn over, from top to
    bottom; they stand between the lines and the unfinished line.
    """

    lines: list[str]
    partial: str
    drawn: list[Drawn] = field(default_factory=list)
    row: int | None = None
    open: list[str] = field(default_factory=list)


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
        self._line = _OpenLine()
        self.moved = False
        """Whether the lines were ever anything but the text in its order, with its colours."""

    def feed(self, data: bytes) -> LogUpdate:
        """The lines that these bytes finish, and the line that is open after them."""
        return self._take(self._decoder.decode(data))

    def finish(self) -> LogUpdate:
        """The end of the stream: an unfinished line becomes a line, a cut escape sequence goes."""
        lines = self._take(self._decoder.decode(b"", final=True)).lines
        self._held = ""
        if not self._line.empty:
            lines.extend(self._line.end())
        return LogUpdate(lines, "", self._line.take_drawn())

    def _take(self, text: str) -> LogUpdate:
        if self._held or _UNCLEAN.search(text):
            text = self._clean(self._held + text)
        first, *rest = text.split("\n")
        lines = self._line.write(first)
        if not rest:
            self.moved = self.moved or _has_moves(text)
        else:
            lines.extend(self._line.end())
            last = rest.pop()
            moves = _has_moves(text)
            self.moved = self.moved or moves
            lines.extend(self._middle(rest, plain=not moves))
            lines.extend(self._line.write(last))
        row = None if self._line.stale else self._line.row
        return LogUpdate(lines, self._line.partial(), self._line.take_drawn(), row)

    def _middle(self, rows: list[str], *, plain: bool) -> list[str]:
        """The lines of rows that are whole; of most output, the rows themselves."""
        if plain and not self._line.redrawing and max(map(len, rows), default=0) <= MAX_LINE_CHARACTERS:
            self._line.pass_over(rows)
            return rows
        lines = []
        for row in rows:
            lines.extend(self._line.write(row))
            lines.extend(self._line.end())
        return lines

    def _clean(self, text: str) -> str:
        text, self._held = _split_cut_escape(text)
        text = text.replace("\r\n", "\n")
        if "\x1b" in text or _UNWANTED_CONTROL.search(text):
            wanted = _UNWANTED.sub("", text)
            self.moved = self.moved or len(wanted) < len(text)
            text = wanted
        return text


def _has_moves(text: str) -> bool:
    return "\r" in text or "\b" in text or ("\x1b" in text and _MOVING_ESCAPE.search(text) is not None)


def _split_cut_escape(text: str) -> tuple[str, str]:
    """The text up to an escape sequence that its end may have cut, and what to put before the next read.

    Of a cut OSC or DCS string only the introducer is kept: its content goes anyway, and may be megabytes.
    """
    start = text.rfind("\x1b", max(len(text) - _LONGEST_CODE, 0))
    if start >= 0 and (cut := _CUT_ESCAPE.match(text, start)):
        before = text.rfind("\x1b", 0, start)
        string = _CUT_STRING.match(text, before) if before >= 0 and cut.group() == "\x1b" else None
        return (text[:before], string[1] + string[2]) if string else (text[:start], cut.group())
    start = text.rfind("\x1b")
    if start >= 0 and (string := _CUT_STRING.match(text, start)):
        return text[:start], string[1]
    return text, ""


class _OpenLine:
    """The unfinished line. Moves of the cursor wait for the next visible character, which makes them count."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._length = 0
        self._returned = False
        self._backspaces = 0
        self._codes = ""
        self._rows_up = 0
        self._bottom = 0
        self._drawn: list[Drawn] = []
        self._overwritten = 0
        # The text is that of the row the cursor came from.
        self.stale = False
        self._said: deque[str] = deque(maxlen=_REMEMBERED_ROWS)

    @property
    def empty(self) -> bool:
        return not self._length and not self._codes

    @property
    def redrawing(self) -> bool:
        """Whether the cursor is above the last row, so that the next newline begins no new one."""
        return self._rows_up > 0

    @property
    def row(self) -> int:
        """The row of the cursor, from the first line on."""
        return self._bottom - self._rows_up

    def take_drawn(self) -> list[Drawn]:
        self._overwritten = 0
        if not self._drawn:
            return []
        taken, self._drawn = self._drawn, []
        return taken

    def pass_over(self, rows: list[str]) -> None:
        """These plain rows are below the cursor now; it is at the beginning of the last one."""
        if rows:
            self._drawn.append(Drawn(self._bottom, rows, ended=True))
            self._bottom += len(rows)

    def partial(self) -> str:
        if self.empty:
            return ""
        self._text.seek(0)
        start = self._text.read(MAX_LOG_LINE_BYTES + 1)
        self._text.seek(self._length)
        return cut_text(start + self._codes, MAX_LOG_LINE_BYTES)

    def end(self) -> list[str]:
        """The line is whole: gives it, and starts the next."""
        lines = self._append(self._codes)
        row = self._text.getvalue() if self._length else ""
        if not self.stale:
            self._drawn.append(Drawn(self.row, [row], ended=True))
        if not self._rows_up or self._is_news(row):
            lines.append(row)
        self._go_down()
        self._clear()
        self._returned = False
        self._backspaces = 0
        self._codes = ""
        return lines

    def _go_down(self) -> None:
        if self._rows_up:
            self._rows_up -= 1
        else:
            self._bottom += 1

    def write(self, text: str) -> list[str]:
        """Adds cleaned text without newlines; gives the lines that had to be broken off."""
        if not text:
            return []
        if not self._returned and not self._backspaces and not _has_moves(text):
            return self._append(text)
        broken: list[str] = []
        for part in _MOVES.split(text):
            if part:
                broken.extend(self._move_or_show(part))
        return broken

    def _move_or_show(self, part: str) -> list[str]:
        if part == "\r":
            broken = self._append(self._codes)
            self._codes, self._returned, self._backspaces = "", True, 0
            return broken
        if part[0] == "\b":
            self._backspaces += 0 if self._returned else len(part)
            return []
        if part[-1] == "K" and _MOVES.fullmatch(part):
            self._erase(whole=part == "\x1b[2K")
            return []
        if part[-1] in "ABEF" and _MOVES.fullmatch(part):
            self._move_row(part)
            return []
        return self._show(part)

    def _is_news(self, row: str) -> bool:
        plain = strip_colours(row)
        if not plain.strip() or is_unfinished_bar(plain):
            return False
        news = row not in self._said
        self._said.append(row)
        return news

    def _move_row(self, move: str) -> None:
        """The cursor goes up or down (A, B), or to the beginning of a row above or below (F, E)."""
        rows = int(move[2:-1] or 1) or 1
        up = rows if move[-1] in "AF" else -rows
        if self._length and not self.stale:
            self._drawn.append(Drawn(self.row, [self._text.getvalue()], max(up, 0)))
        elif self.stale and self._drawn and self._drawn[-1].up:
            self._drawn[-1] = self._drawn[-1]._replace(up=max(self._drawn[-1].up + up, 0))
        self._rows_up = min(max(self._rows_up + up, 0), _SCREEN_ROWS - 1)
        self.stale = self._length > 0
        if move[-1] in "EF":
            self._returned, self._backspaces = True, 0

    def _erase(self, *, whole: bool) -> None:
        if whole or self._returned:
            self._overwrite()
            self._drawn.append(Drawn(self.row, [""]))
        elif self._backspaces:
            self._trim(self._backspaces)
        self._backspaces = 0

    def _show(self, text: str) -> list[str]:
        waiting = self._returned or self._backspaces
        if waiting and not _COLOURS.sub("", text):
            self._codes += text
            if len(self._codes) > _MAX_CODES:
                latest = self._codes[-_MAX_CODES // 2 :]
                self._codes = latest[latest.index("\x1b") :]
            return []
        if self._returned:
            self._overwrite()
        elif self._backspaces:
            self._trim(self._backspaces)
        text = self._codes + text
        self._returned, self._backspaces, self._codes = False, 0, ""
        return self._append(text)

    def _overwrite(self) -> None:
        if self._length and not self.stale:
            drawn = Drawn(self.row, [self._text.getvalue()])
            self._overwritten += 1
            if self._overwritten > _MAX_OVERWRITTEN:
                self._drawn[-1] = drawn
            else:
                self._drawn.append(drawn)
        self._clear()

    def _append(self, text: str) -> list[str]:
        if not text:
            return []
        if self._length + len(text) <= MAX_LINE_CHARACTERS:
            self._length += self._text.write(text)
            return []
        return self._append_broken(text)

    def _append_broken(self, text: str) -> list[str]:
        """Fills up lines of the greatest length; an SGR code is never broken."""
        broken = []
        while self._length + len(text) > MAX_LINE_CHARACTERS:
            room = MAX_LINE_CHARACTERS - self._length
            code = text.rfind("\x1b", max(room - _LONGEST_CODE, 0), room)
            if code >= 0 and (match := _COLOURS.match(text, code)) and match.end() > room:
                room = code
            self._length += self._text.write(text[:room])
            broken.append(self._text.getvalue())
            self._clear()
            text = text[room:]
        self._length = self._text.write(text)
        return broken

    def _clear(self) -> None:
        self.stale = False
        if self._length:
            self._text = io.StringIO()
            self._length = 0

    def _trim(self, characters: int) -> None:
        """Takes back visible characters, with the colour codes right beside them, looking at the end only."""
        while characters > 0 and self._length:
            start = self._window_start()
            self._text.seek(start)
            units = _UNITS.findall(self._text.read())
            while units and (characters > 0 or units[-1][0] == "\x1b"):
                characters -= units.pop()[0] != "\x1b"
            self._length = start + sum(map(len, units))
            self._text.seek(self._length)
            self._text.truncate()

    def _window_start(self) -> int:
        """Where a short look at the line's end begins: never inside a colour code."""
        start = max(self._length - _TRIM_WINDOW, 0)
        before = max(start - _LONGEST_CODE, 0)
        self._text.seek(before)
        head = self._text.read(start - before)
        code = head.rfind("\x1b")
        return start if code < 0 or _COLOURS.match(head, code) else before + code
