"""One form of a secret as it is looked for: in pieces, folded, with the blanks that belong to it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from buildwidget.runner.secrets.folding import fold, gaps_in, has_blank, has_break, squeeze
from buildwidget.runner.secrets.forms import forms_of
from buildwidget.runner.secrets.values import MIN_SECRET_CHARACTERS, Secret

LONGEST_PIECE: Final = 64
"""Folded bytes. A longer form is looked for in pieces, so that no more than one is held back."""
LONGEST_GAP: Final = 256
"""Bytes between two characters of a secret; what is further apart is no secret."""
_LONGEST_GAPS: Final = 4096
"""Bytes between all characters of a piece together: a rainbow of it takes about a third of this."""
EARLY: Final = 4
"""So many characters of a secret must stand before a line's end for that line to wait for the next one."""
_SHORTEST_LINE: Final = 16
_NONE: Final[frozenset[int]] = frozenset()
_ARMOUR: Final = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{1,60}-----")
_SPACED: Final = re.compile(r"hexadecimal|decimal|percents")
_CERTAIN: Final = 16
"""So many characters of a form at the end of a text are its beginning, cut; or three quarters of it, if it is short."""

Gaps = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A piece of a form.

    Attributes:
        folded: what is looked for.
        secret: the place of the secret in its list.
        form: the form's name.
        start: where the piece begins in the form without blanks.
        blanks: the places in ``folded`` before which a blank must stand.
        breaks: those before which a line of the secret itself ends.
        spaced: whether blanks may stand anywhere.
        shown: how many bytes at the beginning and at the end are no secret.
    """

    folded: bytes
    secret: int
    form: str
    start: int = 0
    blanks: frozenset[int] = frozenset()
    breaks: frozenset[int] = frozenset()
    spaced: bool = False
    shown: tuple[int, int] = (0, 0)

    def fits(self, gaps: Gaps, length: int) -> bool:
        """Whether the first ``length`` bytes may stand with these gaps between and behind them."""
        if not gaps:
            return not any(place < length for place in self.blanks)
        if sum(map(len, gaps.values())) > _LONGEST_GAPS:
            return False
        for place, gap in gaps.items():
            if len(gap) > LONGEST_GAP:
                return False
            if place < length and not self._allows(place, gap):
                return False
        return all(place in gaps and _parts(gaps[place]) for place in self.blanks if place < length)

    def begins(self, gaps: Gaps, length: int) -> int:
        """How many bytes at the beginning stay visible because their lines ended before there were four of them.

        Behind the last byte a blank may be the end of a line that has not come yet.
        """
        early = [
            place
            for place, gap in gaps.items()
            if 0 < place < EARLY
            and place not in self.breaks
            and (has_break(gap) or (place == length and not self._allows(place, gap)))
        ]
        return max(early, default=0)

    def _allows(self, place: int, gap: bytes) -> bool:
        """Whether the gap may stand between two bytes."""
        return not has_blank(gap) or has_break(gap) or self.spaced or place in self.blanks

    def certain(self, length: int, *, goes_on: bool) -> bool:
        """Whether so many bytes at the end of a text are this piece, cut.

        Args:
            length: how many.
            goes_on: a secret ends right before them.
        """
        if goes_on and self.start:
            return True
        enough = max(MIN_SECRET_CHARACTERS, min(-(-3 * len(self.folded) // 4), _CERTAIN))
        return length >= enough and not any(self.shown)


def spellings_of(secret: Secret, place: int) -> Iterator[Spelling]:
    """All that is looked for of one secret."""
    if secret.before or secret.after:
        yield from _between(secret, place)
        return
    text = secret.text
    if len(text) < MIN_SECRET_CHARACTERS:
        yield from _pieces(text, place, "plain")
        return
    for name, written in forms_of(text).items():
        yield from _pieces(written, place, name)
    if "\n" in text.strip("\n"):
        yield from _lines(text, place)


def _between(secret: Secret, place: int) -> Iterator[Spelling]:
    lead, trail = len(squeeze(secret.before.encode())), len(squeeze(secret.after.encode()))
    whole = f"{secret.before}{secret.text}{secret.after}"
    for each in _pieces(whole, place, "plain", longest=len(whole) * 4):
        yield Spelling(each.folded, place, "plain", -lead, each.blanks, each.breaks, shown=(lead, trail))


def _lines(text: str, place: int) -> Iterator[Spelling]:
    start = 0
    for line in text.splitlines(keepends=True):
        if len(line.strip()) >= _SHORTEST_LINE and not _ARMOUR.fullmatch(line.strip()):
            yield from _pieces(line, place, "plain", start)
        start += len(squeeze(_encoded(line)))


def _pieces(text: str, secret: int, form: str, start: int = 0, longest: int = LONGEST_PIECE) -> Iterator[Spelling]:
    raw = _encoded(text).strip()
    folded, gaps = fold(raw), gaps_in(raw)
    blanks = [place for place, gap in gaps.items() if has_blank(gap) and not has_break(gap)]
    breaks = [place for place, gap in gaps.items() if has_break(gap)]
    spaced = _SPACED.match(form) is not None
    for begin, end in _cuts(folded, longest):
        yield Spelling(
            folded[begin:end],
            secret,
            form,
            start + begin,
            _within(blanks, begin, end),
            _within(breaks, begin, end),
            spaced=spaced,
        )


def _within(places: Sequence[int], begin: int, end: int) -> frozenset[int]:
    """Of places in order those inside of a piece, counted from its beginning."""
    if not places:
        return _NONE
    return frozenset(place - begin for place in places[bisect_right(places, begin) : bisect_left(places, end)])


def _cuts(folded: bytes, longest: int) -> Iterator[tuple[int, int]]:
    """Where pieces of about the same length begin and end, never inside of a character."""
    count = -(-len(folded) // longest)
    begin = 0
    for number in range(1, count + 1):
        end = len(folded) * number // count
        while end < len(folded) and folded[end] & 0xC0 == 0x80:
            end += 1
        if end > begin:
            yield begin, end
        begin = end


def _parts(gap: bytes) -> bool:
    return has_blank(gap) or has_break(gap)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
