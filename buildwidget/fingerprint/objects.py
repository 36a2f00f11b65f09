"""Instances: known kinds by their content, all others by what pickle would send of them."""

from __future__ import annotations

import copyreg
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import pickle
import re
import types
import uuid
from collections.abc import Callable
from typing import Any, Final

from buildwidget.fingerprint import arrays, definitions
from buildwidget.fingerprint.modules import module_token
from buildwidget.fingerprint.walker import Handler, NotComparable, Token, Walker

_VALUES: Final = (
    dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone, decimal.Decimal, fractions.Fraction,
    uuid.UUID, range, slice,
)  # fmt: skip
"""Types of the standard library that cannot change: their instances have no identity that matters."""


def find_handler(kind: type) -> Handler:
    """What makes the tokens of the objects of a type that is no atom and no plain container."""
    known: Handler | None = _HANDLERS.get(kind) or arrays.find_handler(kind)
    if known is not None:
        return known
    if issubclass(kind, type):
        return definitions.class_
    if issubclass(kind, enum.Enum):
        return _member
    if kind in _VALUES or arrays.is_value(kind):
        return _value
    return _object


def _member(walker: Walker, value: enum.Enum) -> Token:
    name = value._name_
    tokens = [walker.at(".__class__", type(value)), walker.visit(name)]
    return walker.node("member", tokens if name else [*tokens, walker.visit(value._value_)])


def _pattern(walker: Walker, value: re.Pattern[Any]) -> Token:
    return walker.node("pattern", [walker.visit(value.pattern), walker.visit(value.flags)])


def _path(walker: Walker, value: pathlib.PurePath) -> Token:
    return walker.node("path", [walker.visit(type(value)), walker.visit(str(value))])


def _mapping_proxy(walker: Walker, value: types.MappingProxyType[Any, Any]) -> Token:
    return walker.node("mappingproxy", [walker.visit(dict(value))])


def _value(walker: Walker, value: Any) -> Token:
    return walker.value(value, lambda: _reduced(walker, value))


def _object(walker: Walker, value: Any) -> Token:
    return walker.numbered(value, lambda: _reduced(walker, value))


def _reduced(walker: Walker, value: Any) -> Token:
    """The token of what pickle would send."""
    kind = type(value)
    reduced = _reduce(walker, value)
    if isinstance(reduced, str):
        return _named(walker, value, reduced)
    if not isinstance(reduced, tuple) or not 2 <= len(reduced) <= 6:
        raise walker.failure("cannot be pickled")
    whole: list[Any] = [*reduced, None, None, None, None][:6]
    make, arguments, state, items, pairs, set_state = whole
    tokens = [walker.at(".__class__", kind), walker.at(".__reduce__", make)]
    tokens += [_argument(walker, place, each) for place, each in enumerate(arguments)]
    if isinstance(state, dict) and type(state) is dict and all(type(name) is str for name in state):
        tokens.append(walker.node("attributes", _state(walker, state)))
    elif isinstance(state, tuple) and len(state) == 2 and all(type(part) in (dict, type(None)) for part in state):
        tokens += [walker.node("attributes", _state(walker, part or {})) for part in state]
    else:
        tokens.append(walker.at(".__getstate__()", state))
    tokens.append(walker.at("[...]", None if items is None else list(items)))
    tokens.append(walker.at("[...]", None if pairs is None else list(pairs)))
    tokens.append(walker.visit(set_state))
    return walker.node("object", tokens)


def _argument(walker: Walker, place: int, value: Any) -> Token:
    return walker.at(f".__reduce__[{place}]", value)


def _state(walker: Walker, state: dict[Any, Any]) -> list[Token]:
    tokens = []
    for name, item in state.items():
        tokens += [walker.visit(name), walker.at(f".{name}", item)]
    return tokens


def _reduce(walker: Walker, value: Any) -> Any:
    kind = type(value)
    registered: Callable[[Any], Any] | None = copyreg.dispatch_table.get(kind)
    try:
        return registered(value) if registered is not None else value.__reduce_ex__(4)
    except (NotComparable, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - the objects' own code runs here, which may raise anything
        raise walker.failure(f"cannot be pickled ({type(error).__name__})") from None


def _named(walker: Walker, value: Any, name: str) -> Token:
    """An object that its module has under a name, such as a ufunc."""
    module_name = getattr(value, "__module__", None)
    if not isinstance(module_name, str):
        module_name = pickle.whichmodule(value, name)  # type: ignore[attr-defined]  # pickle's own search
    if module_name == "__main__":
        raise walker.failure("is known by its name alone")
    # The first part only: which of a package's modules is found first depends on the order of imports.
    tokens = [walker.text("name", f"{module_name.partition('.')[0]}:{name}"), module_token(walker, module_name)]
    return walker.node("named", tokens)


_HANDLERS: Final[dict[type, Any]] = {
    **definitions.HANDLERS,
    re.Pattern: _pattern,
    types.MappingProxyType: _mapping_proxy,
    type(NotImplemented): lambda walker, _: walker.text("value", "NotImplemented"),
    pathlib.PurePosixPath: _path,
    pathlib.PureWindowsPath: _path,
    pathlib.PosixPath: _path,
    pathlib.WindowsPath: _path,
}
