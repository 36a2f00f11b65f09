"""The shell that runs a command line: bash or sh, and on Windows the command interpreter (cmd)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BASHES: Final = ("/bin/bash", "/usr/bin/bash")
_PARSE_SECONDS: Final = 10.0
_KNOW_SECONDS: Final = 5.0
_NOT_KNOWN: Final = 113
"""An exit code that no file named by BASH_ENV is likely to end with."""

_CMD_WORDS: Final = frozenset(
    """
    assoc break call cd chcp chdir cls color copy date del dir dpath echo endlocal erase exit for ftype goto if keys md
    mkdir mklink move path pause popd prompt pushd rd rem ren rename rmdir set setlocal shift start time title type ver
    verify vol
    """.split()  # noqa: SIM905 - a list of sixty quoted words would hide what it is
)
"""What cmd understands by itself."""


def shell_arguments(command: str) -> list[str]:
    """A command line as the words of the program that runs it.

    bash where there is one, because that is what people write in notebooks (``source``, ``[[ ]]``,
    ``set -o pipefail``), else sh. On Windows the words are for reading only: cmd has quotes of its own, so a program
    is started with the line as it is (``subprocess`` with ``shell=True``).
    """
    if sys.platform == "win32":
        return cmd_arguments(command, os.environ)
    return [_posix_shell(), "-c", command]


def cmd_arguments(command: str, environment: Mapping[str, str]) -> list[str]:
    """The words with which Windows runs a command line."""
    interpreter = environment.get("COMSPEC")
    if not interpreter:
        interpreter = environment.get("SYSTEMROOT", r"C:\Windows") + r"\System32\cmd.exe"
    return [interpreter, "/c", command]


def what_does_not_parse(line: str) -> str | None:
    """What the shell says of a line that it does not understand; None where it does, or cannot say without running it.

    Nothing is run.
    """
    if sys.platform == "win32":  # cmd reads a line only while it runs it
        return None
    shell = _posix_shell()
    said = _parsing_error([shell], line)
    if said is not None and "extglob" in line and shell in _BASHES:
        # The line switches it on for its later lines, but -n does not run what switches it on.
        said = _parsing_error([shell, "-O", "extglob"], line)
    return said


def _parsing_error(shell: list[str], line: str) -> str | None:
    try:
        check = subprocess.run(  # noqa: S603 - -n parses and runs nothing
            [*shell, "-n", "-c", line], capture_output=True, check=False, timeout=_PARSE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # the build itself will say
    if not check.returncode:
        return None
    said = check.stderr.decode("utf-8", "replace").strip()
    return said.splitlines()[0] if said else "the shell cannot read it"


def shell_knows(word: str, *, cwd: str, env: Mapping[str, str], setting: str = "") -> bool:
    """Whether the shell has something to run by this name: a program, function, builtin, keyword or alias.

    The shell reads what it would read for the build too (``BASH_ENV``, exported functions), and runs nothing else.
    True also where it does not answer in time.

    Args:
        word: the name, or a path.
        cwd: the working directory of the build.
        env: the whole environment of the build.
        setting: assignments before the word, such as ``PATH=/x:$PATH``. They must expand nothing but variables.
    """
    # bash calls command_not_found_handle, if there is one, for whatever it does not find.
    handled = "declare -F command_not_found_handle" if _posix_shell() in _BASHES else "false"
    asked = f'{setting}\ncommand -v -- "$1" >/dev/null 2>&1 || {handled} >/dev/null 2>&1 || exit {_NOT_KNOWN}'
    # Without pipes: what BASH_ENV starts could hold them open after the time is up.
    try:
        process = subprocess.Popen(  # noqa: S603 - the word is an argument, never code
            [_posix_shell(), "-c", asked, "buildwidget", word],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
    except OSError:
        return True  # the build itself will say
    try:
        return process.wait(_KNOW_SECONDS) != _NOT_KNOWN
    except subprocess.TimeoutExpired:
        return True
    finally:
        if process.returncode is None:
            _kill_session(process)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def first_program_of_cmd(line: str) -> str | None:
    """The program that a line for Windows's cmd starts with, or None where only cmd can tell."""
    found = re.match(r'\s*@?(?:"([^"%]+)"|([^\s"&|<>()^%!,;=]+))(?=[\s&|<>]|$)', line)
    if found is None:
        return None
    word = found[1] or found[2]
    # cmd takes what it knows without a space after it: echo. and cd\\ and cd.. too.
    own = re.split(r"[.:/\\+]", word.lower())[0]
    return None if own in _CMD_WORDS or word.startswith(":") else word


def _posix_shell() -> str:
    return next((path for path in _BASHES if Path(path).exists()), "/bin/sh")
