"""The fingerprint of a call: of a function with its arguments."""

from __future__ import annotations

import functools
import inspect
import platform
import sys
import types
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from buildwidget.fingerprint.objects import find_handler
from buildwidget.fingerprint.walker import MAX_BYTES, MAX_OBJECTS, NotComparable, Token, Walker

SCHEME: Final = 2
"""Part of every fingerprint. Goes up when what is compared changes, so that older fingerprints match nothing."""


@dataclass(frozen=True)
class CallFingerprint:
    """What a call is compared by.

    Attributes:
        digest: equal digests mean equal calls; unique if the call cannot be compared.
        problem: what cannot be compared, and where, as a clause; None if everything can.
    """

    digest: str
    problem: str | None = None


def fingerprint_of_call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    foreign: bool = False,
    max_objects: int = MAX_OBJECTS,
    max_bytes: int = MAX_BYTES,
) -> CallFingerprint:
    """The fingerprint of ``function(*args, **kwargs)``; see the package for what it covers.

    Args:
        function: any callable.
        args: its positional arguments.
        kwargs: its keyword arguments. Their order counts only if the function takes ``**kwargs``.
        foreign: the call runs in another Python than this one.
        max_objects: a call with more objects cannot be compared.
        max_bytes: a call with more data cannot be compared.
    """
    walker = Walker(find_handler, foreign=foreign, max_objects=max_objects, max_bytes=max_bytes)
    try:
        token = walker.graph(lambda: _call(walker, function, args, kwargs))
    except NotComparable as error:
        problem = error.reason
    except RecursionError:
        problem = "the call holds a value nested too deeply"
    # A launch must not fail because of an object that behaves oddly when it is looked at.
    except Exception as error:  # noqa: BLE001
        problem = f"the call holds an object that cannot be looked at ({type(error).__name__})"
    else:
        return CallFingerprint(f"{SCHEME}:{token[1:].hex()}")
    return CallFingerprint(f"{SCHEME}:incomparable:{uuid.uuid4().hex}", problem)


def _call(walker: Walker, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Token:
    version = f"{platform.python_implementation()} {'.'.join(map(str, sys.version_info[:3]))}"
    tokens = [walker.text("python", version), walker.at("the callable", function)]
    tokens += [walker.at(f"argument {label}", value) for label, value in _labelled(function, args)]
    names = list(kwargs) if _sees_order(function) else sorted(kwargs)
    for name in names:
        tokens += [walker.text("keyword", name), walker.at(f"argument {name!r}", kwargs[name])]
    return walker.node("call", tokens)


def _labelled(function: Callable[..., Any], args: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """The positional arguments with the names of their parameters, or their places from 1."""
    try:
        names = list(inspect.signature(function).bind_partial(*args).arguments)
        kinds = inspect.signature(function).parameters
        names = [name for name in names if kinds[name].kind is not inspect.Parameter.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    places = range(len(args))
    return [(repr(names[place]) if place < len(names) else str(place + 1), args[place]) for place in places]


def _sees_order(function: Any) -> bool:
    """Whether a callable may see in which order its keywords were given."""
    while isinstance(function, (functools.partial, types.MethodType)):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    if not isinstance(function, types.FunctionType):
        return True
    return bool(function.__code__.co_flags & inspect.CO_VARKEYWORDS)
