"""Text and JSON values within their bounds: UTF-8 sizes, cuts at code points, and what JSON cannot hold."""

from __future__ import annotations

import math
import operator
from typing import Any

from buildwidget.protocol.limits import MAX_JSON_DEPTH, MAX_SAFE_INTEGER

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def byte_length(text: str) -> int:
    """How many UTF-8 bytes ``text`` takes; a lone surrogate counts three, as the U+FFFD that replaces it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def keep_start(text: str, limit: int) -> str:
    """``text``, or its longest start of at most ``limit`` UTF-8 bytes that cuts no code point."""
    if len(text) * 4 <= limit or byte_length(text) <= limit:
        return text
    data = text.encode("utf-8", "surrogatepass")
    while _continues(data[limit]):
        limit -= 1
    return data[:limit].decode("utf-8", "surrogatepass")


def keep_end(text: str, limit: int) -> str:
    """``text``, or its longest end of at most ``limit`` UTF-8 bytes that cuts no code point."""
    if len(text) * 4 <= limit or byte_length(text) <= limit:
        return text
    data = text.encode("utf-8", "surrogatepass")
    start = len(data) - limit
    while start < len(data) and _continues(data[start]):
        start += 1
    return data[start:].decode("utf-8", "surrogatepass")


def _continues(byte: int) -> bool:
    return byte & 0xC0 == 0x80


def clean_text(text: str) -> str:
    """``text`` with U+FFFD in place of every lone surrogate; the same object where there is none."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # UTF-16 joins two halves that stand side by side into the code point that JavaScript sees there.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_number(value: float) -> float | str:
    """The number as the wire holds it: non-finite ones as strings, integers beyond 2^53 as floats."""
    if isinstance(value, int):
        if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            return value
        try:
            return float(value)
        except OverflowError:
            return "Infinity" if value > 0 else "-Infinity"
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def clean_json(value: Any, depth: int = MAX_JSON_DEPTH - 1) -> Any:
    """``value`` as JSON can hold it; the same object where nothing had to change.

    Lone surrogates become U+FFFD, numbers as ``clean_number`` says, keys and foreign objects their ``str``,
    and whatever lies more than ``depth`` arrays and objects deep the string ``"…"``.
    """
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return clean_number(value)
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        if depth <= 0:
            return "…"
        return _clean_object(value, depth - 1) if isinstance(value, dict) else _clean_array(value, depth - 1)
    return clean_text(str(value))


def _clean_object(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    cleaned = {clean_text(str(key)): clean_json(item, depth) for key, item in value.items()}
    same = len(cleaned) == len(value) and all(
        # By identity, a key too: 1 and "1" differ, and so do a clean text and its unclean twin.
        new_key is key and cleaned[new_key] is item
        for new_key, (key, item) in zip(cleaned, value.items(), strict=True)
    )
    return value if same else cleaned


def _clean_array(value: Any, depth: int) -> Any:
    cleaned = [clean_json(item, depth) for item in value]
    same = isinstance(value, (list, tuple)) and all(map(operator.is_, cleaned, value))
    if same:
        return value
    return tuple(cleaned) if isinstance(value, tuple) else cleaned


def is_deeper(value: Any, depth: int) -> bool:
    """Whether arrays and objects lie more than ``depth`` deep within each other in ``value``."""
    if isinstance(value, dict):
        return depth <= 0 or any(is_deeper(item, depth - 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return depth <= 0 or any(is_deeper(item, depth - 1) for item in value)
    return False


def weight(value: Any) -> int:
    """How much a JSON value weighs: never more than its JSON text, and alike in both languages.

    UTF-8 bytes of strings and keys, 1 for every other scalar, 2 for every array and object. The length of the
    JSON text itself would not do: the languages write 1e21 and 1.0 differently.
    """
    if isinstance(value, str):
        return byte_length(value)
    if isinstance(value, dict):
        return 2 + sum(byte_length(key) + weight(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return 2 + sum(map(weight, value))
    return 1
