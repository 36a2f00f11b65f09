"""Where secrets stand in bytes, and how much of their end could be the beginning of one. In linear time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from buildwidget.runner.secrets.folding import Folded, ending, gaps_in
from buildwidget.runner.secrets.spelling import LONGEST_GAP, Gaps, Spelling

_SAMPLE: Final = 8
"""Of each spelling so many sampled bytes are looked for; more would tell no better, and cost memory."""
_SURE: Final = 4
"""So many sampled bytes tell ordinary text from a secret."""
_LARGEST_STRIDE: Final = 4
_HEAD: Final = 4
_CUT: Final = 8
"""So many characters at least tell the beginning of a secret that the end of a text cuts."""


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a secret.

    Attributes:
        start: where it begins in the raw bytes, behind what stays visible: less than EARLY characters before the end
            of a line, and what is no secret of a spelling.
        end: where it ends.
        spelling: what it is.
        skipped: how many folded bytes of the spelling stand before ``start``.
    """

    start: int
    end: int
    spelling: Spelling
    skipped: int = 0


class Matcher:
    """Finds the spellings.

    Nearly all text holds none, so that is seen first, and quickly: every second to fourth folded byte is looked at,
    and only around a sample of a spelling all of them.
    """

    def __init__(self, spellings: Sequence[Spelling]) -> None:
        usable = [each for each in spellings if each.folded]
        self._spellings = sorted(usable, key=lambda each: each.folded)
        self._keys = [each.folded for each in self._spellings]
        self._heads = _Automaton(sorted({key[:_HEAD] for key in self._keys if len(key) >= _HEAD}))
        self._short_heads = {key[:length] for key in self._keys for length in range(1, _HEAD)}
        self._longest = max(map(len, self._keys), default=0)
        short = [index for index, key in enumerate(self._keys) if len(key) < 2 * _SURE]
        long = [index for index, key in enumerate(self._keys) if len(key) >= 2 * _SURE]
        self._short = _Automaton(self._keys, short)
        self._long = _Automaton(self._keys, long)
        shortest = min((len(self._keys[index]) for index in long), default=0)
        self._stride = max(2, min(_LARGEST_STRIDE, shortest // _SURE))
        self._samples = _Automaton(sorted(set(self._sampled(long))))

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, folded: Folded) -> list[Found]:
        """The pieces of secrets, by where they begin; they may overlap."""
        text = folded.text
        candidates = sorted(self._candidates(text))
        found: list[Found] = []
        covered = -1
        for first, last, index in candidates:
            spelling = self._spellings[index]
            if last <= covered and not any(spelling.shown):
                continue  # within another one; of aaaaaaaa many would be
            piece = self._piece(folded, first, last, spelling)
            if piece is not None:
                found.append(piece)
                if not piece.skipped and not any(spelling.shown):
                    covered = max(covered, last)
        return found

    def open_at(self, raw: bytes) -> tuple[int, int]:
        """From where on a secret may have begun that goes on behind these bytes, and from where nothing may be shown.

        Between the two stands what belongs to the secret but may be shown: less than EARLY characters before the end
        of a line. Both are the length of the bytes if none has begun.
        """
        keep = hold = len(raw)
        offset, folded = ending(raw, self._longest)
        for first, start in self._beginnings(folded):
            gaps = gaps_in(folded.raw[start:])
            for spelling in self._begun(folded.text[first:], gaps):
                keep = min(keep, offset + start)
                hold = min(hold, offset + _behind(folded, first, spelling, gaps))
                if hold == offset + start:
                    return keep, hold  # what begins later changes nothing
        return keep, hold

    def cut_at(self, raw: bytes, masked: Collection[int] = ()) -> Found | None:
        """The beginning of a secret that the end of the bytes cuts, if that is the end of all.

        Args:
            raw: the bytes.
            masked: where in them secrets end.
        """
        offset, folded = ending(raw, self._longest)
        for first, start in self._beginnings(folded):
            length, goes_on = len(folded.text) - first, offset + start in masked
            if length < _CUT and not goes_on:
                continue
            gaps = gaps_in(folded.raw[start:])
            for spelling in self._begun(folded.text[first:], gaps):
                skipped = spelling.begins(gaps, length)
                if skipped < length and spelling.certain(length, goes_on=goes_on):
                    begin, end = folded.place(first + skipped), folded.place(len(folded.text) - 1) + 1
                    return Found(offset + begin, offset + end, spelling, skipped)
        return None

    def _candidates(self, text: bytes) -> Iterator[tuple[int, int, int]]:
        yield from self._short.matches(text)
        for begin, end in self._windows(text):
            for first, last, index in self._long.matches(text[begin:end]):
                yield begin + first, begin + last, index

    def _windows(self, text: bytes) -> list[tuple[int, int]]:
        """The parts of the text in which a longer spelling may stand."""
        windows: list[tuple[int, int]] = []
        stride = self._stride
        for first, last, _ in self._samples.matches(text[::stride]):
            begin, end = max((first - 1) * stride - self._longest, 0), last * stride + self._longest
            if windows and begin <= windows[-1][1]:
                windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
            else:
                windows.append((begin, end))
        return windows

    def _sampled(self, indexes: list[int]) -> Iterator[bytes]:
        """What of each spelling every ``stride``-th byte of a text can show."""
        for index in indexes:
            for shift in range(self._stride):
                yield self._keys[index][shift :: self._stride][:_SAMPLE]

    def _piece(self, folded: Folded, first: int, last: int, spelling: Spelling) -> Found | None:
        lead, trail = spelling.shown
        if folded.unchanged and not spelling.blanks:
            return Found(first + lead, last - trail, spelling, lead)
        start, end = folded.place(first), folded.place(last - 1, ahead=True) + 1
        gaps = gaps_in(folded.raw[start:end]) if end - start > last - first else {}
        if not spelling.fits(gaps, last - first):
            return None
        if lead or trail:
            start, end = folded.place(first + lead, ahead=True), folded.place(last - trail - 1, ahead=True) + 1
            return Found(start, end, spelling, lead) if start < end else None
        early = spelling.begins(gaps, last - first) if gaps else 0
        return Found(folded.place(first + early, ahead=True), end, spelling, early)

    def _beginnings(self, folded: Folded) -> Iterator[tuple[int, int]]:
        """The places near the end, folded and raw, from which on all could be the beginning of a spelling."""
        text = folded.text
        near, last = max(len(text) - self._longest + 1, 0), max(len(text) - _HEAD + 1, 0)
        firsts = [near + first for first, _, _ in self._heads.matches(text[near:])]
        firsts += [first for first in range(last, len(text)) if text[first:] in self._short_heads]
        for first in firsts:
            start = folded.place(first)
            if len(folded.raw) - start <= self._longest * LONGEST_GAP:
                yield first, start

    def _begun(self, text: bytes, gaps: Gaps) -> Iterator[Spelling]:
        """The spellings that go on after this beginning."""
        index = bisect_left(self._keys, text)
        while index < len(self._keys) and self._keys[index].startswith(text):
            if len(self._keys[index]) > len(text) and self._spellings[index].fits(gaps, len(text)):
                yield self._spellings[index]
            index += 1


def _behind(folded: Folded, first: int, spelling: Spelling, gaps: Gaps) -> int:
    """Where the raw bytes begin that belong to a secret and may not be shown."""
    early = first + spelling.begins(gaps, len(folded.text) - first)
    return folded.place(early) if early < len(folded.text) else len(folded.raw)


class _Automaton:
    """An Aho-Corasick automaton for some of the keys; overlapping matches count, and none are found in no keys."""

    def __init__(self, keys: Sequence[bytes], indexes: Sequence[int] | None = None) -> None:
        self._indexes = range(len(keys)) if indexes is None else indexes
        self._automaton = BytesAhoCorasick([keys[index] for index in self._indexes]) if self._indexes else None

    def matches(self, text: bytes) -> list[tuple[int, int, int]]:
        """The matches as (start, end, index of the key), by their ends."""
        if self._automaton is None:
            return []
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return [(start, end, self._indexes[index]) for index, start, end in found] if found else []
