"""Bytes without what may stand inside of a secret: colours, line breaks, blanks, and the case of letters.

A secret that a program wraps, colours or indents is found in the folded bytes; the places lead back to the originals.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

_ESCAPE: Final = rb"\x1b(?:\[[0-?]{0,256}[ -/]{0,16}[@-~]|[()*+\-./][0-~])"
"""Colours and movements (CSI), and charsets (as of ``tput sgr0``). The bounds make what is held back finite."""
_ESCAPES: Final = re.compile(_ESCAPE)
_COMMON_ESCAPES: Final = re.compile(rb"\x1b\[[0-?]{0,256}[@-~]")
_COLOURS: Final = re.compile(rb"\x1b\[[0-9;:]{0,256}m")
_CUT_ESCAPE: Final = re.compile(rb"\x1b(?:\[[0-?]{0,256}[ -/]{0,16}|[()*+\-./])?\Z")
_LONGEST_ESCAPE: Final = 280
_FEW_CODES: Final = 6
_DROPPED: Final = bytes(range(33)) + b"\x7f"
_SMALL: Final = bytes(range(256)).lower()
_GAP: Final = re.compile(rb"(?:" + _ESCAPE + rb"|[\x00-\x20\x7f]+)+")
_BREAK: Final = re.compile(rb"[\n\r\x0b\x0c]")
_BLANK: Final = re.compile(rb"[ \t]")


def fold(raw: bytes) -> bytes:
    """The bytes without escape sequences, control characters and blanks, in small letters."""
    if b"\x1b" in raw:
        raw = _ESCAPES.sub(b"", raw)
    return raw.translate(_SMALL, _DROPPED)


def squeeze(raw: bytes) -> bytes:
    """As ``fold``, with the letters as they are."""
    return _ESCAPES.sub(b"", raw).translate(None, _DROPPED)


def gaps_in(raw: bytes) -> dict[int, bytes]:
    """What ``fold`` drops, by the place in the folded bytes before which it stood."""
    gaps: dict[int, bytes] = {}
    dropped = 0
    for match in _GAP.finditer(raw):
        gaps[match.start() - dropped] = match[0]
        dropped += len(match[0])
    return gaps


def has_break(gap: bytes) -> bool:
    """Whether a line ends in the gap."""
    return _BREAK.search(gap) is not None


def has_blank(gap: bytes) -> bool:
    """Whether the gap shows, as a space or a tab."""
    return _BLANK.search(gap) is not None


def colours_in(raw: bytes) -> bytes:
    """The colour codes: they stay where a secret goes, for the text behind it has their colour."""
    return b"".join(_COLOURS.findall(raw)) if b"\x1b" in raw else b""


def cut_escape(raw: bytes) -> int:
    """Where an escape sequence begins that the end of the bytes may have cut; their length if there is none."""
    start = raw.rfind(b"\x1b", max(len(raw) - _LONGEST_ESCAPE, 0))
    return start if start >= 0 and _CUT_ESCAPE.match(raw, start) else len(raw)


class Folded:
    """Folded bytes, and where each of them stood.

    Attributes:
        raw: the bytes as they were.
        text: the folded bytes.
        unchanged: whether every byte stands where it stood.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._cleaned = _without_escapes(raw) if b"\x1b" in raw else raw
        self._escapes: tuple[list[int], list[int]] | None = None if b"\x1b" in raw else ([], [])
        self.text = self._cleaned.translate(_SMALL, _DROPPED)
        self.unchanged = len(self.text) == len(raw)
        self._known = (0, 0)
        """A place in the text, and where in the cleaned bytes to look for it."""

    def place(self, index: int, *, ahead: bool = False) -> int:
        """Where in the raw bytes the folded byte ``index`` stood.

        Asked for in order, the places of all bytes together take linear time.

        Args:
            index: which byte.
            ahead: a look ahead, behind which the next place may be before this one.
        """
        at = self._cleaned_place(index, remember=not ahead)
        if self._escapes is None:
            self._escapes = _escapes_in(self.raw)
        places, lengths = self._escapes
        escape = bisect_right(places, at)
        return at + (lengths[escape - 1] if escape else 0)

    def _cleaned_place(self, index: int, *, remember: bool) -> int:
        known, at = self._known if index >= self._known[0] else (0, 0)
        missing = index - known
        while True:
            piece = self._cleaned[at : at + missing + 1]
            kept = len(piece.translate(None, _DROPPED))
            if kept > missing:  # all of the piece is kept, and its last byte is the one
                if remember:
                    self._known = (index, at + missing)
                return at + missing
            at += len(piece)
            missing -= kept


def ending(raw: bytes, count: int) -> tuple[int, Folded]:
    """The end of the bytes, with ``count`` folded bytes or more if there are so many, and where it begins."""
    size = 4 * count
    while size < len(raw):
        start = _outside_of_escapes(raw, len(raw) - size)
        folded = Folded(raw[start:])
        if len(folded.text) >= count:
            return start, folded
        size *= 4
    return 0, Folded(raw)


def _outside_of_escapes(raw: bytes, place: int) -> int:
    escape = raw.rfind(b"\x1b", max(place - _LONGEST_ESCAPE, 0), place)
    match = _ESCAPES.match(raw, escape) if escape >= 0 else None
    return max(place, match.end()) if match else place


def _without_escapes(raw: bytes) -> bytes:
    few = _without_few_codes(raw)
    return _without_any(raw) if few is None else few


def _without_few_codes(raw: bytes) -> bytes | None:
    """The bytes without their escape sequences, if these are a few that come again and again; else None.

    Most coloured output uses some three codes, and to replace each takes a fraction of the time of an expression.
    Every escape character of the bytes must begin one of the codes: then the order in which they go is of no matter.
    """
    left, missing, codes = raw, raw.count(b"\x1b"), set()
    for _ in range(_FEW_CODES):
        match = _COMMON_ESCAPES.search(left)
        if match is None or match[0] in codes:  # what is left of two others may look like one
            return None
        codes.add(match[0])
        missing -= raw.count(match[0])
        left = left.replace(match[0], b"")
        if not missing:
            return left
    return None


def _without_any(raw: bytes) -> bytes:
    # Most logs have no escape sequences but these, and the simpler expression takes less time.
    cleaned = b"".join(_COMMON_ESCAPES.split(raw))
    return b"".join(_ESCAPES.split(raw)) if b"\x1b" in cleaned else cleaned


def _escapes_in(raw: bytes) -> tuple[list[int], list[int]]:
    """Where escape sequences stood in the bytes without them, and how long all up to each are together."""
    places: list[int] = []
    lengths: list[int] = []
    together = 0
    for match in _ESCAPES.finditer(raw):
        places.append(match.start() - together)
        together += match.end() - match.start()
        lengths.append(together)
    return places, lengths
