"""Functions as notebooks define them, and what the tests ask of their fingerprints."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable
from typing import Any

from buildwidget.fingerprint import CallFingerprint, fingerprint_of_call

_numbers = itertools.count(1)


def cell(code: str, **known: Any) -> dict[str, Any]:
    """The namespace after a cell; each execution has a file name of its own, and begins on another line."""
    number = next(_numbers)
    namespace: dict[str, Any] = {"__name__": "__main__", **known}
    source = "\n" * (number % 7) + textwrap.dedent(code)
    exec(compile(source, f"/tmp/ipykernel_{number}/{number}.py", "exec"), namespace)
    return namespace


def made(function: Callable[..., Any], *args: Any, **kwargs: Any) -> CallFingerprint:
    return fingerprint_of_call(function, args, kwargs)


def digest(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The digest of a call that can be compared."""
    found = made(function, *args, **kwargs)
    assert found.problem is None, found.problem
    return found.digest


def of_value(value: Any) -> str:
    return digest(repr, value)
