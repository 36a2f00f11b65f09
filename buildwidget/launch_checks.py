"""What is checked of a request before anything is stored; every refusal is a LaunchError that names the argument."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from numbers import Number
from pathlib import Path
from typing import Any

from buildwidget.errors import LaunchError

MAX_NAME_LENGTH = 500
"""Characters of a name, project, key or tag."""


def check_text(field: str, value: object) -> None:
    """Refuses what is no non-empty string of at most 500 characters (None is allowed)."""
    if value is None:
        return
    if not isinstance(value, str):
        raise LaunchError(f"{field} is a string, not {type(value).__name__}.", field=field)
    if not value.strip() or len(value) > MAX_NAME_LENGTH:
        raise LaunchError(f"{field} has 1 to {MAX_NAME_LENGTH} characters, not {len(value.strip())}.", field=field)


def check_directory(cwd: str | os.PathLike[str] | None) -> str:
    """The absolute path of an existing directory; None is this process's working directory."""
    if not isinstance(cwd, (str, os.PathLike, type(None))):
        raise LaunchError(f"cwd is a path, not {type(cwd).__name__}.", field="cwd")
    try:
        path = Path(cwd if cwd is not None else os.getcwd()).expanduser().absolute()  # noqa: PTH109 - as the shell sees it
    except RuntimeError as error:
        raise LaunchError(f"The working directory {cwd} names nobody's home: {error}", field="cwd") from None
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long, or may not be looked at
        what = "is not a directory" if os.path.exists(path) else "does not exist"  # noqa: PTH110 - as above
        raise LaunchError(f"The working directory {path} {what}.", field="cwd")
    return str(path)


def check_environment(env: Mapping[str, Any] | None) -> dict[str, str]:
    """The variables as a dict of strings that an environment can hold; numbers and paths become strings."""
    if env is None:
        return {}
    if not isinstance(env, Mapping):
        raise LaunchError(f"env is a mapping of strings, not {type(env).__name__}.", field="env")
    return dict(_variable(name, value) for name, value in env.items())


def _variable(name: object, value: object) -> tuple[str, str]:
    text = value
    if isinstance(value, os.PathLike):
        text = os.fspath(value)
    elif isinstance(value, Number) and not isinstance(value, bool):
        text = str(value)
    if not isinstance(name, str) or not isinstance(text, str):
        hint = f' Write "{int(value)}" or "{str(value).lower()}".' if isinstance(value, bool) else ""
        raise LaunchError(
            f"env maps names to strings or numbers; {name!r} is given a {type(value).__name__}.{hint}", field="env"
        )
    if not name or "=" in name or "\0" in name + text:
        raise LaunchError(f"{name!r} is no variable that an environment can hold.", field="env")
    return name, text


def check_signature(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Refuses arguments that do not fit the callable, here and not in the middle of the queue."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        name = getattr(function, "__name__", "the callable")
        raise LaunchError(f"{name} cannot be called so: {error}.", field="callable") from None
