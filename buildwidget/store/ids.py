"""Names of builds and of histories."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that reads as a digit, and its order is ASCII order."""


def new_build_id(*, now_ms: int | None = None, randomness: int | None = None) -> str:
    """A new id: 20 lower-case characters, safe in URLs, sorted by time (10 of time, 10 of chance).

    Args:
        now_ms: milliseconds since the epoch; default: the clock.
        randomness: 50 bits; default: from the operating system.
    """
    time_part = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return _encode(time_part) + _encode(secrets.randbits(50) if randomness is None else randomness)


def new_request_id() -> str:
    """A new id of a command, so that sending it twice is the same as once."""
    return secrets.token_hex(10)


def new_epoch() -> str:
    """A new id of a log's history."""
    return secrets.token_hex(6)


def new_database_id() -> str:
    """A new id of a database."""
    return secrets.token_hex(10)


def _encode(number: int) -> str:
    """The lowest 50 bits as 10 characters."""
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(45, -1, -5))
