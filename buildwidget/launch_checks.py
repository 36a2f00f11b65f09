"""What is checked of a request before anything is stored; every refusal is a LaunchError that names the argument."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from buildwidget.errors import LaunchError
from buildwidget.runner.shell import first_program_of_cmd, what_does_not_parse
from buildwidget.runner.start_failure import what_is_missing

MAX_NAME_LENGTH = 500
"""Characters of a name, project, key or tag."""

_MOST_SPLIT = 4_000
"""Characters of a shell line that are split into words: shlex takes quadratic time for a long word."""

_SHELL_WORDS = frozenset(
    """
    if then elif else fi case esac for select while until do done in function time coproc { } ! [[ ]]
    . : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo
    enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf
    pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit
    umask unalias unset wait
    """.split()  # noqa: SIM905 - a list of sixty quoted words would hide what it is
)
"""What the shell understands by itself (bash 5, ``compgen -bk``)."""


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


def check_environment(env: Mapping[str, str] | None) -> dict[str, str]:
    """The variables as a dict; names and values must be strings that an environment can hold."""
    if env is None:
        return {}
    if not isinstance(env, Mapping):
        raise LaunchError(f"env is a mapping of strings, not {type(env).__name__}.", field="env")
    for name, value in env.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise LaunchError(f"env maps strings to strings; {name!r} is given a {type(value).__name__}.", field="env")
        if not name or "=" in name or "\0" in name + value:
            raise LaunchError(f"{name!r} is no variable that an environment can hold.", field="env")
    return dict(env)


def check_command(command: object, *, cwd: str, path: str | None) -> str | list[str]:
    """A shell line (a string) or the words of one program (a list), whose program exists."""
    if isinstance(command, str):
        _check_shell_line(command, cwd=cwd, path=path)
        return command
    if not isinstance(command, Sequence) or not command or not all(isinstance(word, str) for word in command):
        raise LaunchError("A command is a shell line (a string), a list of strings, or a callable.", field="command")
    if any("\0" in word for word in command):
        raise LaunchError("A command cannot hold a NUL character.", field="command")
    _check_program(command[0], cwd=cwd, path=path)
    missing = what_is_missing(command[0], cwd=cwd, path=path)
    if missing is not None:
        raise LaunchError(f"{command[0]} cannot be started: {missing}.", field="command")
    return list(command)


def _check_shell_line(line: str, *, cwd: str, path: str | None) -> None:
    if not line.strip() or "\0" in line:
        raise LaunchError(
            "The command is empty." if not line.strip() else "A command cannot hold NUL.", field="command"
        )
    if len(line) > 100_000:
        raise LaunchError("The command is longer than 100,000 characters; put it into a script.", field="command")
    reason = what_does_not_parse(line)
    if reason is not None:
        raise LaunchError(f"The command is not understood by the shell: {reason}", field="command")
    program = first_program_of_cmd(line) if sys.platform == "win32" else first_program(line)
    if program is not None:
        _check_program(program, cwd=cwd, path=path)


def first_program(line: str) -> str | None:
    """The program a line for bash or sh starts with, or None where only the shell can tell."""
    try:
        words = shlex.split(line.splitlines()[0][:_MOST_SPLIT] if line.strip() else "", comments=True)
    except ValueError:
        return None
    for word in words:
        if re.fullmatch(r"[A-Za-z_]\w*\+?=.*", word, re.DOTALL):
            continue
        known_form = re.fullmatch(r"[\w./+@-]+", word)
        return word if known_form and word not in _SHELL_WORDS and f"{word}()" not in line else None
    return None


def _check_program(program: str, *, cwd: str, path: str | None) -> None:
    if sys.platform == "win32":
        found = exists_on_windows(program, cwd=cwd, path=path)
    elif os.sep in program:
        # os.path says no where pathlib raises: a name too long, a home of nobody.
        found = os.path.exists(os.path.join(cwd, os.path.expanduser(program)))  # noqa: PTH110, PTH111, PTH118 - as told above
    else:
        found = shutil.which(program, path=path) is not None
    if not found:
        raise LaunchError(f"The command {program!r} was not found. Is it installed, and on the PATH?", field="command")


def exists_on_windows(program: str, *, cwd: str, path: str | None) -> bool:
    """Whether Windows finds a program: in the working directory or on the path, by name or with one of PATHEXT."""
    in_cwd = os.path.join(cwd, program)  # noqa: PTH118 - Path would drop a leading ./
    return any(shutil.which(name, path=path) is not None for name in (in_cwd, program))


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
