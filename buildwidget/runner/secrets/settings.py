"""What is set about secrets, by environment variables that kernels and builds inherit.

``BUILDWIDGET_SECRET_NAMES`` has patterns of names (``*`` and ``?``), with commas or spaces between them; ``!PATTERN``
says that a name is no secret's. ``BUILDWIDGET_SECRET_PATTERNS`` has patterns of values, one a line.
"""

from __future__ import annotations

import functools
import os
import re
from typing import Final

SECRET_NAMES: Final = "BUILDWIDGET_SECRET_NAMES"  # noqa: S105 - a variable of patterns
SECRET_PATTERNS: Final = "BUILDWIDGET_SECRET_PATTERNS"  # noqa: S105 - likewise

_BREAKS: Final = re.compile(r"[^A-Z0-9*?]")

Rules = tuple[tuple[str, ...], tuple[str, ...]]


def name_rules() -> Rules:
    """The patterns of names that are secrets', and of names that are not, in capitals."""
    return _parsed(os.environ.get(SECRET_NAMES, ""))


def value_patterns() -> list[str]:
    """The patterns of values, as they were set."""
    return [line.strip() for line in os.environ.get(SECRET_PATTERNS, "").splitlines() if line.strip()]


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> Rules:
    words = text.replace(",", " ").split()
    added = tuple(_plain(word) for word in words if not word.startswith("!"))
    removed = tuple(_plain(word[1:]) for word in words if word.startswith("!") and word != "!")
    return added, removed


def _plain(rule: str) -> str:
    return _BREAKS.sub("_", rule.upper())
