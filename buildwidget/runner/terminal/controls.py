"""The control sequences of a terminal, in text that may be cut anywhere."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

# The bounds on parameters make the text that is held back finite.
_CSI_BODY: Final = r"\[[0-?]{0,256}[ -/]{0,16}"

CONTROL: Final = re.compile(
    r"\x1b(?:"
    rf"{_CSI_BODY}[@-~]?"  # without its final character it is malformed, and ignored
    r"|[\]PX^_][^\x07\x18\x1a\x1b\n]*(?:[\x07\x18\x1a]|\x1b\\)?"  # OSC, DCS, SOS, PM, APC; a newline ends them
    r"|[ -/]{0,16}[0-~]?)"  # charsets, and the two-character ones
    r"|[\x00-\x1f\x7f-\x9f]"
)
"""One control sequence or control character."""

_CHARACTER: Final = re.compile(r"[\x00-\x1a\x1c-\x1f\x7f-\x9f]")
_UNUSUAL_CHARACTER: Final = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")
_UNUSUAL_ESCAPE: Final = re.compile(r"\x1b(?!\[[0-9;:]{0,256}m)")
_CUT_ESCAPE: Final = re.compile(rf"\x1b(?:{_CSI_BODY}|[ -/]{{0,16}})\Z")
_CUT_STRING: Final = re.compile(r"(\x1b[\]PX^_])[^\x07\x18\x1a\x1b\n]*(\x1b?)\Z")
_LONGEST: Final = 280
_MAX_NUMBER: Final = 9999


class Control(NamedTuple):
    """What a control sequence says.

    Attributes:
        name: for a CSI sequence its private marker, intermediates and final character, as ``?h``; for another escape
            sequence ``ESC`` and its characters; else the control character.
        numbers: the parameters; 0 where one is missing.
    """

    name: str
    numbers: tuple[int, ...] = ()

    def number(self, index: int = 0, default: int = 1) -> int:
        """A parameter; the default where it is missing or 0."""
        return (self.numbers[index] if index < len(self.numbers) else 0) or default


@functools.lru_cache(maxsize=2048)
def parsed(sequence: str) -> Control:
    """What a match of CONTROL says."""
    if sequence[:2] != "\x1b[" or len(sequence) < 3:
        return Control(sequence if len(sequence) < 8 else sequence[:2])
    final = sequence[-1]
    body = sequence[2:-1]
    private = body[:1] if body[:1] in ("?", ">", "<", "=") else ""
    digits = body[len(private) :].rstrip(" !\"#$%&'()*+,-./")
    marks = body[len(private) + len(digits) :]
    numbers = tuple(min(int(part[:6]), _MAX_NUMBER) if part[:6].isdecimal() else 0 for part in digits.split(";")[:32])
    return Control(f"{private}{marks}{final}", numbers)


def split_cut_sequence(text: str) -> tuple[str, str]:
    """The text up to a control sequence that its end may have cut, and what to put before the next read.

    Of a cut OSC or DCS string only the introducer is kept: its content goes anyway, and may be megabytes.
    """
    start = text.rfind("\x1b", max(len(text) - _LONGEST, 0))
    if start >= 0 and (cut := _CUT_ESCAPE.match(text, start)):
        before = text.rfind("\x1b", 0, start)
        string = _CUT_STRING.match(text, before) if before >= 0 and cut.group() == "\x1b" else None
        return (text[:before], string[1] + string[2]) if string else (text[:start], cut.group())
    start = text.rfind("\x1b")
    if start >= 0 and (string := _CUT_STRING.match(text, start)):
        return text[:start], string[1]
    return text, ""


def find_unusual(text: str, start: int = 0) -> int | None:
    """Where a text, from a place on, is anything but characters, colours, tabs and newlines; None: nowhere."""
    character = _UNUSUAL_CHARACTER.search(text, start)
    end = len(text) if character is None else character.start()
    escape = _UNUSUAL_ESCAPE.search(text, start, end) if text.find("\x1b", start, end) >= 0 else None
    if escape is not None:
        return escape.start()
    return None if character is None else end


def find_character(text: str, start: int) -> int:
    """Where the next control character that begins no sequence is; the end of the text if there is none."""
    match = _CHARACTER.search(text, start)
    return len(text) if match is None else match.start()


def find_escape(text: str, start: int, end: int) -> int:
    """Where the next control sequence is that is no colour; the end given if there is none before it."""
    match = _UNUSUAL_ESCAPE.search(text, start, end)
    return end if match is None else match.start()


def control_at(text: str, start: int) -> str:
    """The control sequence or character that a place begins with."""
    match = CONTROL.match(text, start) if text[start] == "\x1b" else None
    return match[0] if match else text[start]
