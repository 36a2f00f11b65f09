"""Texts on which a pattern or a loop is slow, if it is not linear.

A backtracking match is slow where one part of a pattern can take what the next part, or the next start of the search,
takes again. So the texts hold a beginning that the pattern matches, a long run of what some part of it repeats, and
an end that lets the match fail.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

if sys.version_info >= (3, 11):
    from re import _constants as codes  # type: ignore[attr-defined] # the only parser of patterns there is
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_constants as codes
    import sre_parse as parser

UNITS: Final = (
    *"aA10./\\[](){}<>*_`~\"'-+=:;,#%|!&$@^?é━🙂ß",
    *(" ", "\t", "\n", "\r", "\b", "\0", "\x1b", "\r\n"),
    *(
        "ab",
        "a ",
        "1 ",
        "1.",
        "1/",
        "[]",
        "()",
        "][",
        '""',
        "{}",
        "a=",
        "a:",
        "\\\\",
        '\\"',
        "a\n",
        " \n",
        "\n\n",
        "a\r",
    ),
    *("\x1b[", "\x1b[1", "\x1b[31m", "\x1b[2K", "\x1b[A", "\x1b]", "\x1b]0;", "\x1b[31ma", "\x1b\\", "\xc2\x9b"),
    *(
        "**",
        "__",
        "*a",
        "*a*",
        "[a](",
        "![",
        "[a]:",
        "``",
        "`a",
        "<a",
        "</a>",
        "<!--",
        "&amp;",
        "&#",
        "> ",
        "- ",
        "1. ",
    ),
    *("# ", "| a ", "|-", "~~", "http://", "a@b.", "a://", "://", "--", "1%", "50%|", "1/2 ", "[1/2", " 10%", "s/"),
    *("data:", "id: ", '{"a":', '["', "\\u", "\\ud800", "Traceback ", "  File "),
)
"""Repeated over and over, whatever the code under test looks for."""

_MANY: Final = 8
"""A pattern's own characters that are combined with each other; each more costs as many texts again."""

_FEW: Final = 8
"""Repetitions up to this often take no time worth the measurement."""

_ANY_REPEATS: Final = frozenset(
    {codes.MAX_REPEAT, codes.MIN_REPEAT, getattr(codes, "POSSESSIVE_REPEAT", codes.MAX_REPEAT)}
)


class Hostile(NamedTuple):
    """A text of any length: ``before``, then ``units`` repeated in equal shares, then ``after``."""

    units: tuple[str, ...]
    before: str = ""
    after: str = ""

    def text(self, size: int) -> str:
        """The text, of about ``size`` characters."""
        share = max(size - len(self.before) - len(self.after), 0) // len(self.units)
        return self.before + "".join(unit * (share // len(unit)) for unit in self.units) + self.after


def generic() -> list[Hostile]:
    """Texts for code of which nothing is known."""
    return [Hostile((unit,)) for unit in UNITS]


def for_pattern(pattern: re.Pattern[Any]) -> list[Hostile]:
    """The generic texts, and those made of the pattern's own parts."""
    source = pattern.pattern
    tree = parser.parse(source.decode("latin-1") if isinstance(source, bytes) else source, pattern.flags & ~re.DEBUG)
    own = list(dict.fromkeys(_characters(tree)))[:_MANY]
    before = list(dict.fromkeys(["", *_beginnings(tree, "")]))
    bodies = list(dict.fromkeys([*own, *(body for body in _bodies(tree) if body)]))
    found = generic()
    found += [Hostile((first + second,)) for first in own for second in own if first != second]
    found += [Hostile((first, second), after="\0") for first in own for second in own if first != second]
    found += [Hostile((body,), start, end) for start in before for body in bodies for end in ("", "\0", "\n!")]
    found += [Hostile((start + body * 3,)) for start in before for body in bodies]
    return list(dict.fromkeys(found))


def _characters(tree: Any) -> Iterator[str]:
    """A sample of every character and class that the pattern has."""
    for code, value in tree:
        if code is codes.LITERAL:
            yield chr(value)
        elif code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            yield from _samples(code, value)
        for part in _parts(code, value):
            yield from _characters(part)


def _bodies(tree: Any) -> Iterator[str]:
    """What each repetition repeats."""
    for code, value in tree:
        if _is_long(code, value):
            yield _sample(value[2])
        for part in _parts(code, value):
            yield from _bodies(part)


def _beginnings(tree: Any, start: str) -> Iterator[str]:
    """What brings a match up to each repetition, and past it."""
    for code, value in tree:
        if _is_long(code, value):
            yield start
        for part in _parts(code, value):
            yield from _beginnings(part, start)
        start += _sample([(code, value)])
    yield start


def _is_long(code: Any, value: Any) -> bool:
    """Whether it is a repetition that can take many characters."""
    return code in _ANY_REPEATS and value[1] > _FEW


def _parts(code: Any, value: Any) -> list[Any]:
    if code in _ANY_REPEATS:
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.BRANCH:
        return list(value[1])
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [value[1]]
    if code is getattr(codes, "ATOMIC_GROUP", None):
        return [value]
    return []


def _sample(tree: Any) -> str:
    """A short text that matches."""
    text = ""
    for code, value in tree:
        if code is codes.LITERAL:
            text += chr(value)
        elif code in (codes.IN, codes.NOT_LITERAL, codes.ANY):
            text += next(_samples(code, value), "a")
        elif code in _ANY_REPEATS:
            text += _sample(value[2]) * min(value[0], 300)
        elif code is codes.BRANCH:
            text += _sample(value[1][0])
        elif code not in (codes.ASSERT, codes.ASSERT_NOT):
            text += "".join(_sample(part) for part in _parts(code, value))
    return text


_TRIED: Final = 'a1 .-/:=["\\A_\n\x1b(%é'


def _samples(code: Any, value: Any) -> Iterator[str]:
    """Characters of a class: those that the pattern names, and common ones."""
    fits = _membership(code, value)
    if code is codes.IN:
        yield from (chr(item) for kind, item in value if kind is codes.LITERAL and fits(chr(item)))
        yield from (chr(item[0]) for kind, item in value if kind is codes.RANGE and fits(chr(item[0])))
    yield from list(filter(fits, _TRIED))[:4]


def _membership(code: Any, value: Any) -> Callable[[str], bool]:
    if code is codes.ANY:
        return lambda character: character != "\n"
    if code is codes.NOT_LITERAL:
        return lambda character: character != chr(value)
    negated = bool(value) and value[0][0] is codes.NEGATE
    return lambda character: negated != any(_is_in(kind, item, character) for kind, item in value)


_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_NOT_DIGIT: lambda character: not character.isdigit(),
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_NOT_SPACE: lambda character: not character.isspace(),
    codes.CATEGORY_WORD: lambda character: character.isalnum() or character == "_",
    codes.CATEGORY_NOT_WORD: lambda character: not (character.isalnum() or character == "_"),
}


def _is_in(kind: Any, item: Any, character: str) -> bool:
    if kind is codes.LITERAL:
        return bool(character == chr(item))
    if kind is codes.RANGE:
        return bool(item[0] <= ord(character) <= item[1])
    return kind is codes.CATEGORY and _CATEGORIES[item](character)
