"""How many columns of a terminal a character takes."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

_ONE_COLUMN: Final = re.compile(
    "[\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff\u2500-\u25fc\u2800-\u28ff]*"
)
"""Letters, lines, blocks and dots of most output, each of which takes one column."""


def is_simple(text: str) -> bool:
    """Whether each character takes one column, at a cheap look; False also where it takes a closer one."""
    return text.isascii() or _ONE_COLUMN.fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def width(character: str) -> int:
    """0 for what combines with the character before it, 2 for wide characters (Unicode's East Asian Width), else 1."""
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
