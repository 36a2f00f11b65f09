"""Callables and their results, as cloudpickle files in the build's directory.

Each file is one line of JSON, which can be read without unpickling anything, and the pickle. Only files that
nobody but their user can have written are ever unpickled.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from buildwidget.errors import BuildwidgetError, LaunchError
from buildwidget.runner.build_dir import open_private, write_private
from buildwidget.runner.by_name import FoundByNameOnly
from buildwidget.runner.callable_parts import SizeExceeded, SizeLimit, find_culprit, size_text
from buildwidget.runner.cannot_load import CannotLoadError
from buildwidget.runner.logging_setup import describe_logging, set_logging_up
from buildwidget.runner.outcome import CALLABLE_FILE, RESULT_FILE, read_header
from buildwidget.runner.pickling import dump, dump_parts, load, load_parts
from buildwidget.runner.shell_calls import ShellCallError

__all__ = [
    "CALLABLE_FILE",
    "RESULT_FILE",
    "ResultUnavailable",
    "load_callable",
    "load_definitions",
    "load_result",
    "save_callable",
    "save_exception",
    "save_exit",
    "save_not_loaded",
    "save_result",
]

_IN_PARTS: Final = 2
"""The form of a callable's file: first the function, then its arguments, each with its sources."""
CANNOT_LOAD: Final = "cannot_load"
MAX_BYTES: Final = 1024**3
"""A callable with its arguments, and a result, are at most so long (1 GiB)."""


class ResultUnavailable(BuildwidgetError):  # noqa: N818 - reads as what it tells: "except ResultUnavailable"
    """The build kept no result."""


class _WorkTraceback(Exception):  # noqa: N818 - shown as the cause of the exception it belongs to
    """The traceback from the build's own process, as text."""

    def __str__(self) -> str:
        return f"\n\n{self.args[0]}"


def save_callable(
    directory: Path,
    function: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    limit: int = MAX_BYTES,
) -> str:
    """Keep a call for the build's process; gives the file's name, for the spec's ``callable``.

    Raises:
        LaunchError: it cannot be pickled, or is longer than ``limit`` bytes; says which part is to blame.
    """
    call = (function, tuple(args), dict(kwargs or {}))
    header = {
        "python": sys.version_info[:2],
        "path": _module_path(),
        "logging": describe_logging(),
        "format": _IN_PARTS,
    }
    try:
        write_private(
            directory / CALLABLE_FILE,
            lambda file: _write_header(file, header, dump_parts, [call[0], call[1:]], limit),
        )
    except (FoundByNameOnly, ShellCallError) as error:
        raise LaunchError(f"The callable cannot run in another process: {error}.", field="callable") from None
    except SizeExceeded:
        raise LaunchError(
            f"The callable with all it refers to is larger than {size_text(limit)}: "
            f"{find_culprit(*call, limit=limit)}. Let it read large data from a file instead.",
            field="callable",
        ) from None
    # Pickling runs the objects' own code, which may raise anything.
    except Exception as error:
        raise LaunchError(
            f"The callable cannot be sent to another process: {find_culprit(*call, limit=limit)} "
            f"({type(error).__name__}: {error}).",
            field="callable",
        ) from error
    return CALLABLE_FILE


def load_callable(directory: Path) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """The call that ``save_callable`` kept; modules are then found where the saving process found them."""
    with open_private(directory / CALLABLE_FILE) as file:
        header = read_header(file)
        if tuple(header["python"]) != sys.version_info[:2]:
            saved, here = ".".join(map(str, header["python"])), ".".join(map(str, sys.version_info[:2]))
            raise BuildwidgetError(f"The callable was made by Python {saved} and cannot be run by Python {here}.")
        _use_module_path(header["path"])
        if header.get("format") != _IN_PARTS:  # kept by an older version
            function, args, kwargs = load(file, fresh=True)
            return function, args, kwargs
        set_logging_up(header["logging"])
        parts = load_parts(file)
        function = next(parts)
        args, kwargs = next(parts)
        return function, args, kwargs


def load_definitions(directory: Path) -> None:
    """Put what the callable has of the notebook's ``__main__`` into this process's, without reading its arguments."""
    with open_private(directory / CALLABLE_FILE) as file:
        header = read_header(file)
        if header.get("format") == _IN_PARTS:
            set_logging_up(header["logging"])
            next(load_parts(file))


def save_result(directory: Path, value: Any, *, limit: int = MAX_BYTES) -> str | None:
    """Keep what the callable returned; gives a sentence that says why where it cannot be kept."""
    try:
        _write(directory / RESULT_FILE, {"outcome": "returned"}, value, limit)
    except SizeExceeded:
        problem = f"The call returned, but its result is larger than {size_text(limit)} and was not kept."
    # Pickling runs the objects' own code, which may raise anything.
    except Exception as error:  # noqa: BLE001
        kind = type(value).__name__
        problem = f"The call returned, but its result ({kind}) cannot be pickled: {type(error).__name__}: {error}"
    else:
        return None
    _write(directory / RESULT_FILE, {"outcome": "unpicklable", "message": problem}, None, limit)
    return problem


def save_exception(directory: Path, error: BaseException, traceback: str) -> None:
    """Keep what the callable raised; where it cannot be pickled, its text alone."""
    header = {
        "outcome": "raised",
        "kind": CANNOT_LOAD if isinstance(error, CannotLoadError) else type(error).__name__,
        "message": _message(error),
        "traceback": traceback,
    }
    try:
        _write(directory / RESULT_FILE, header, error, MAX_BYTES)
    # Pickling runs the objects' own code, which may raise anything.
    except Exception:  # noqa: BLE001
        _write(directory / RESULT_FILE, header, None, MAX_BYTES)


def save_not_loaded(directory: Path, error: BaseException, traceback: str) -> None:
    """Keep that the callable could not be loaded, and so never ran."""
    message = f"The function could not be loaded in the build's process: {type(error).__name__}: {_message(error)}"
    header = {"outcome": "not_loaded", "kind": CANNOT_LOAD, "message": message, "traceback": traceback}
    _write(directory / RESULT_FILE, header, None, MAX_BYTES)


def save_exit(directory: Path, code: object) -> None:
    """Keep that the callable ended its process with ``sys.exit(code)``."""
    message = f"The call ended its process with sys.exit({code!r}) and returned nothing."
    _write(directory / RESULT_FILE, {"outcome": "exited", "message": message}, None, MAX_BYTES)


def load_result(directory: Path) -> Any:
    """What the callable returned.

    Raises:
        ResultUnavailable: nothing was kept, or it cannot be read here; says why.
        BaseException: whatever the callable raised, with the traceback of its process as its cause.
    """
    try:
        with open_private(directory / RESULT_FILE) as file:
            header = read_header(file)
            if header["outcome"] in ("unpicklable", "exited", "not_loaded"):
                raise ResultUnavailable(header["message"])
            value = _unpickle(file, header)
    except FileNotFoundError:
        raise ResultUnavailable("The build kept no result.") from None
    if header["outcome"] == "returned":
        return value
    raise value from _WorkTraceback(header["traceback"])


def _unpickle(file: BinaryIO, header: Mapping[str, Any]) -> Any:
    try:
        value = load(file)
    # Unpickling imports modules and runs the objects' own code, which may raise anything.
    except Exception as error:
        told = f" It raised:\n{header['traceback']}" if header["outcome"] == "raised" else ""
        raise ResultUnavailable(
            f"What the call gave cannot be read here: {type(error).__name__}: {error}.{told}"
        ) from error
    if header["outcome"] == "raised" and not isinstance(value, BaseException):
        raise ResultUnavailable(f"The call raised what cannot be pickled:\n{header['traceback']}")
    return value


def _write(path: Path, header: Mapping[str, Any], value: Any, limit: int) -> None:
    write_private(path, lambda file: _write_header(file, header, dump, value, limit))


def _write_header(
    file: BinaryIO, header: Mapping[str, Any], write: Callable[[Any, Any], None], value: Any, limit: int
) -> None:
    file.write(json.dumps(header).encode() + b"\n")
    write(value, SizeLimit(limit, file))


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception's own __str__ may raise anything
        return "(its message cannot be shown)"


def _module_path() -> dict[str, Any]:
    """Where this process finds modules; "" is its working directory."""
    entries = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - links stay as they are
    return {"entries": entries, "prefixes": [sys.prefix, sys.base_prefix]}


def _use_module_path(saved: Mapping[str, Any]) -> None:
    """Find modules where the saving process found them; another environment's packages are not taken for ours."""
    entries, prefixes = saved["entries"], tuple(saved["prefixes"])
    if prefixes[0] == sys.prefix:
        sys.path[:] = [*entries, *(entry for entry in sys.path if entry not in entries)]
    else:
        foreign = [entry for entry in entries if not entry.startswith(prefixes) and "-packages" not in entry]
        sys.path.extend(entry for entry in foreign if entry not in sys.path)
