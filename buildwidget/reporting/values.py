"""Values of a program, made fit for the wire."""

from __future__ import annotations

import reprlib
from typing import Any, Final

from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from buildwidget.protocol.text import clean_text

_short: Final = reprlib.Repr()
_short.maxstring = _short.maxother = 1000


def number(value: Any) -> int | float:
    """A Python, NumPy, torch or decimal number as int or float; TypeError or ValueError if it is none."""
    if type(value) is float:
        return value
    if isinstance(value, int):
        return int(value) if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else float(value)
    if isinstance(value, (str, bytes)):
        raise TypeError(f"a number is needed, not {value!r:.100}")
    converted = value.item() if hasattr(value, "item") else value
    return number(converted) if isinstance(converted, int) else float(converted)


def optional_number(value: Any) -> int | float | None:
    """None, or the value as a number."""
    return None if value is None else number(value)


def name_of(value: Any, limit: int = 1000) -> str:
    """A name, id or label: what the program gave as text, at most ``limit`` characters."""
    return clean_text(value if type(value) is str else str(value))[:limit]


def plain(value: Any) -> Any:
    """A stand-in for a value that has no form on the wire: the lists or number in it, else its repr."""
    for name in ("tolist", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    return _short.repr(value)
