"""What a callable drags along, so that an error can name the part that is too big or cannot be pickled."""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from buildwidget.runner.pickling import dump

_MAX_DEPTH: Final = 5


class SizeExceeded(Exception):  # noqa: N818 - tells the pickler to stop
    """More was written than allowed."""


class SizeLimit:
    """A file to pickle into that counts, and stops at ``limit`` bytes; without ``file`` it only counts."""

    def __init__(self, limit: int, file: BinaryIO | None = None) -> None:
        self.size = 0
        self._limit = limit
        self._file = file

    def write(self, data: Any) -> int:
        """Take bytes over."""
        length = memoryview(data).nbytes
        self.size += length
        if self.size > self._limit:
            raise SizeExceeded
        if self._file is not None:
            self._file.write(data)
        return length


def find_culprit(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], *, limit: int) -> str:
    """The part that cannot be pickled, else the largest one with its size, as a phrase."""
    largest, largest_size = "", -1
    for phrase, value in parts(function, args, kwargs):
        size = _pickled_size(value, limit)
        if size is None:
            return f"{phrase}, a {type(value).__name__}, cannot be pickled"
        if size > largest_size:
            largest, largest_size = phrase, size
    if not largest:
        return f"{_name(function)} itself"
    amount = "more than " if largest_size == limit else ""
    return f"{largest} takes {amount}{size_text(largest_size)}"


def parts(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments, and the globals and closed-over variables of the function and of those it calls."""
    for place, value in enumerate(args, 1):
        yield f"argument {place}", value
    for name, value in kwargs.items():
        yield f"argument {name!r}", value
    yield from _referred(function, set(), 0)


def _referred(function: Any, seen: set[int], depth: int) -> Iterator[tuple[str, Any]]:
    function = getattr(function, "__func__", getattr(function, "func", function))
    if id(function) in seen or not isinstance(function, types.FunctionType) or depth > _MAX_DEPTH:
        return
    seen.add(id(function))
    for kind, name, value in _variables(function):
        if isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            yield from _referred(value, seen, depth + 1)
        elif not isinstance(value, types.ModuleType):
            yield f"the {kind} {name!r} that {_name(function)} refers to", value


def _variables(function: types.FunctionType) -> Iterator[tuple[str, str, Any]]:
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield "global", name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not set yet
            yield "variable", name, cell.cell_contents


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _pickled_size(value: Any, limit: int) -> int | None:
    counter = SizeLimit(limit)
    try:
        dump(value, counter)
    except SizeExceeded:
        # Pickling on, to count the rest, could copy gigabytes.
        return max(limit, int(getattr(value, "nbytes", 0)), sys.getsizeof(value))
    # Pickling runs the objects' own code, which may raise anything.
    except Exception:  # noqa: BLE001
        return None
    return counter.size


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def size_text(size: int) -> str:
    """A size for a person, e.g. ``1.5 GiB``."""
    amount = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} GiB"
