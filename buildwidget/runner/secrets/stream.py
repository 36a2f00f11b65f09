"""Masking bytes as they come: a secret may begin in one read and end in a later one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildwidget.runner.secrets.folding import Folded, colours_in, cut_escape
from buildwidget.runner.secrets.matcher import Matcher
from buildwidget.runner.secrets.patterns import PatternStream, ValuePatterns

MASK: Final = "***"
_MASK: Final = MASK.encode()

Range = tuple[int, int]


class StreamMasker:
    """Masks the bytes of one stream, holding back only what could be the beginning of a secret.

    That is held back for as long as nothing more comes: shown after a while, most of a secret that is printed slowly
    would be visible. In front of the end of a line it is only held back if it is four characters or more.
    """

    def __init__(self, matcher: Matcher, patterns: ValuePatterns) -> None:
        self._secrets = SecretStream(matcher) if matcher else None
        self._patterns = PatternStream(patterns, _MASK) if patterns else None

    def feed(self, data: bytes) -> bytes:
        """What can be shown after these bytes."""
        if self._secrets is not None:
            data = self._secrets.feed(data)
        return self._patterns.feed(data) if self._patterns is not None else data

    def finish(self) -> bytes:
        """The end of the stream: what was held back, and ``***`` for what is most of a secret that the end cuts."""
        rest = self._secrets.finish() if self._secrets is not None else b""
        if self._patterns is not None:
            rest = self._patterns.feed(rest) + self._patterns.finish()
        return rest


class SecretStream:
    """The part that knows the secrets, not the patterns."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._kept = b""
        self._shown = 0
        """How many of the kept bytes were shown already."""
        self._masked = 0
        """How many of those after them belong to a secret whose mask was shown."""
        self._open = False
        """Whether a mask was the last that was shown."""
        self._ends: set[int] = set()
        """Where in the kept bytes secrets ended."""

    def feed(self, data: bytes) -> bytes:
        """What can be shown after these bytes."""
        return self._take(data, final=False) if data else b""

    def finish(self, data: bytes = b"") -> bytes:
        """The end of the stream, with its last bytes."""
        return self._take(data, final=True) if data or self._kept else b""

    def _take(self, data: bytes, *, final: bool) -> bytes:
        raw = self._kept + data if self._kept else data
        cut = len(raw) if final else cut_escape(raw)
        whole = raw if cut == len(raw) else raw[:cut]
        ranges = self._ranges(Folded(whole))
        if final:
            self._kept = b""
            return self._render(raw, self._with_cut(whole, ranges), cut)
        keep, hold = self._matcher.open_at(whole)
        if keep == len(raw) and not ranges and not self._shown:
            self._kept, self._open, self._ends = b"", False, set()
            return raw
        hold = max(hold, self._shown)
        shown = self._render(raw, ranges, hold)
        self._keep(raw, ranges, min(keep, hold), hold)
        return shown

    def _with_cut(self, raw: bytes, ranges: list[Range]) -> list[Range]:
        """The ranges, and what is most of a secret that the end cuts."""
        cut = self._matcher.cut_at(raw, {end for _, end in ranges} | self._ends)
        return ranges if cut is None else joined([*ranges, (cut.start, cut.end)])

    def _ranges(self, folded: Folded) -> list[Range]:
        found = self._matcher.find(folded)
        if not found and not self._masked:
            return []
        carried = [(self._shown, self._shown + self._masked)] if self._masked else []
        return joined([*carried, *((each.start, each.end) for each in found)])

    def _render(self, raw: bytes, ranges: list[Range], end: int) -> bytes:
        pieces: list[bytes] = []
        at = self._shown
        for start, stop in ranges:
            start, stop = max(start, at), min(stop, end)  # noqa: PLW2901 - clipped to what is shown now
            if start >= stop:
                continue
            if start > at or not self._open:
                pieces += (raw[at:start], _MASK)
            pieces.append(colours_in(raw[start:stop]))
            self._open = True
            at = stop
        if at < end:
            pieces.append(raw[at:end])
            self._open = False
        return b"".join(pieces)

    def _keep(self, raw: bytes, ranges: list[Range], keep: int, hold: int) -> None:
        self._kept = raw[keep:]
        self._shown = hold - keep
        self._ends = {end - keep for end in self._ends | {end for _, end in ranges} if keep <= end <= hold}
        straddling = [stop for start, stop in ranges if start <= hold < stop]
        self._masked = max(straddling, default=hold) - hold


def joined(ranges: Iterable[Range]) -> list[Range]:
    """The ranges in order; what overlaps or touches is one."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
