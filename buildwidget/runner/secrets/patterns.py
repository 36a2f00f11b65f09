"""Patterns of secret values that a setting adds, such as ``sk-[A-Za-z0-9]{20,}``. Matched in linear time.

Python's expressions can take exponential time. Here a pattern is a sequence in which every repeated part is one
character or class, followed by something that it cannot match itself, so that there is nothing to try twice. Anything
else is refused. A pattern is looked for within a line, and in lines of more than 4,096 bytes within each 4,096.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any, Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    try:
        from re import _parser  # type: ignore[attr-defined] # since Python 3.11
    except ImportError:  # Python 3.10
        import sre_parse as _parser

LONGEST_LINE: Final = 4096
_MOST_REPEATS: Final = 1024
_LONGEST_PATTERN: Final = 500
_MOST_PATTERNS: Final = 50
_CHARACTERS: Final = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_EXTENSION: Final = re.compile(r"(?<!\\)\(\?(?!:)")
_BREAK: Final = re.compile(rb"[\n\r]")
_NOTHING: Final[frozenset[int]] = frozenset()
_ALL: Final = frozenset(range(256))
_WORD: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": frozenset(b"0123456789"),
    "CATEGORY_SPACE": frozenset(b" \t\n\r\f\v"),
    "CATEGORY_WORD": _WORD,
}


class ValuePatterns:
    """Some patterns as one.

    Args:
        patterns: regular expressions of one value each.

    Raises:
        ValueError: a pattern is no expression, or could take long.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > _MOST_PATTERNS:
            raise ValueError(f"There are more than {_MOST_PATTERNS} patterns of secret values.")
        for pattern in patterns:
            _check(pattern)
        self._expressions = [re.compile(pattern.encode()) for pattern in patterns]

    def __bool__(self) -> bool:
        return bool(self._expressions)

    def find(self, text: bytes) -> set[bytes]:
        """The values that stand in a text."""
        lines = (
            line[at : at + LONGEST_LINE] for line in _BREAK.split(text) for at in range(0, len(line), LONGEST_LINE)
        )
        return {match[0] for line in lines for each in self._expressions for match in each.finditer(line)}

    def mask(self, line: bytes, mask: bytes) -> bytes:
        """A line of at most LONGEST_LINE bytes without the values."""
        for expression in self._expressions:
            line = expression.sub(mask, line)
        return line


class PatternStream:
    """Masks a stream line by line: a line without an end is held back."""

    def __init__(self, patterns: ValuePatterns, mask: bytes) -> None:
        self._patterns = patterns
        self._mask = mask
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The lines that are whole."""
        begun = len(self._held)
        buffer = self._held + data
        shown: list[bytes] = []
        at = 0
        for match in _BREAK.finditer(buffer, begun):
            shown += (self._line(buffer[at : match.start()]), match[0])
            at = match.end()
        while len(buffer) - at >= LONGEST_LINE:
            shown.append(self._patterns.mask(buffer[at : at + LONGEST_LINE], self._mask))
            at += LONGEST_LINE
        self._held = buffer[at:]
        return b"".join(shown)

    def finish(self) -> bytes:
        """The line without an end."""
        rest, self._held = self._line(self._held), b""
        return rest

    def _line(self, line: bytes) -> bytes:
        if len(line) <= LONGEST_LINE:
            return self._patterns.mask(line, self._mask)
        parts = (line[at : at + LONGEST_LINE] for at in range(0, len(line), LONGEST_LINE))
        return b"".join(self._patterns.mask(part, self._mask) for part in parts)


def _check(pattern: str) -> None:
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"A pattern of secret values has at most {_LONGEST_PATTERN} characters: {pattern[:40]}...")
    try:
        parsed = _parser.parse(pattern.encode())
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"The pattern {pattern!r} of secret values is no regular expression: {error}.") from None
    problem = _problem_of_all(pattern, parsed)
    if problem is not None:
        raise ValueError(f"The pattern {pattern!r} of secret values is not taken: {problem}.")


def _problem_of_all(pattern: str, parsed: Any) -> str | None:
    if _EXTENSION.search(pattern):
        return "of the extensions that begin with (? only (?: is known"
    if parsed.getwidth()[0] == 0:
        return "it matches the empty text"
    items = list(parsed)
    if len(items) == 1 and items[0][0].name == "BRANCH":  # each alternative is tried once at each place
        return next(filter(None, (_problem(list(each), _NOTHING) for each in items[0][1][1])), None)
    return _problem(items, _NOTHING)


def _problem(items: list[Any], after: frozenset[int]) -> str | None:
    """Why a sequence could take long; None if it cannot. ``after``: the bytes that may follow it."""
    for place, (code, argument) in enumerate(items):
        problem = _problem_of(code.name, argument, _first(items[place + 1 :], after))
        if problem is not None:
            return problem
    return None


def _problem_of(name: str, argument: Any, after: frozenset[int]) -> str | None:
    if name in _CHARACTERS or name == "AT":
        return None
    if name in _REPEATS:
        low, high, inner = argument
        return _problem_of_repeat(int(low), int(high), inner, after)
    if name == "SUBPATTERN":
        return _problem(list(argument[-1]), after)
    return _problem_of_branch(argument[1], after) if name == "BRANCH" else "it refers back to what it matched"


def _problem_of_repeat(low: int, high: int, inner: Any, after: frozenset[int]) -> str | None:
    if low > _MOST_REPEATS:
        return f"it repeats something more than {_MOST_REPEATS} times"
    if low == high:
        return None if _is_fixed(inner) else "what is repeated must have one length"
    if len(inner) != 1 or inner[0][0].name not in _CHARACTERS:
        return "what is repeated a varying number of times must be one character or class"
    if _first(list(inner), _NOTHING) & after:
        return "a repeated part must be followed by something that it cannot match itself"
    return None


def _problem_of_branch(alternatives: Any, after: frozenset[int]) -> str | None:
    seen: frozenset[int] = _NOTHING
    for each in alternatives:
        first = _first(list(each), after)
        if first & seen:
            return "alternatives within a pattern must begin with different characters"
        seen |= first
    return next(filter(None, (_problem(list(each), after) for each in alternatives)), None)


def _is_fixed(items: Any) -> bool:
    return all(
        code.name in _CHARACTERS
        or (code.name == "SUBPATTERN" and _is_fixed(argument[-1]))
        or (code.name in _REPEATS and argument[0] == argument[1] and _is_fixed(argument[2]))
        for code, argument in items
    )


def _first(items: list[Any], after: frozenset[int]) -> frozenset[int]:
    """The bytes that a sequence can begin with, or what may follow it where it can be empty."""
    found = _NOTHING
    for code, argument in items:
        name = code.name
        if name == "AT":
            continue
        if name in _REPEATS:
            found |= _first(list(argument[2]), _NOTHING)
            if argument[0] > 0:
                return found
            continue
        return found | _of_item(name, argument, after)
    return found | after


def _of_item(name: str, argument: Any, after: frozenset[int]) -> frozenset[int]:
    if name == "LITERAL":
        return frozenset({argument})
    if name == "NOT_LITERAL":
        return _ALL - {argument}
    if name == "IN":
        return _of_class(argument)
    if name == "SUBPATTERN":
        return _first(list(argument[-1]), after)
    if name == "BRANCH":
        return _NOTHING.union(*(_first(list(each), after) for each in argument[1]))
    return _ALL


def _of_class(items: list[Any]) -> frozenset[int]:
    found = _NOTHING
    negated = False
    for code, argument in items:
        negated = negated or code.name == "NEGATE"
        found |= _of_class_item(code.name, argument)
    return _ALL - found if negated else found


def _of_class_item(name: str, argument: Any) -> frozenset[int]:
    if name == "LITERAL":
        return frozenset({argument})
    if name == "RANGE":
        return frozenset(range(argument[0], argument[1] + 1))
    if name == "CATEGORY":
        known = argument.name.replace("_NOT_", "_")
        return _ALL - _CATEGORIES[known] if "_NOT_" in argument.name else _CATEGORIES[known]
    return _NOTHING
