"""The shell that runs a command line: bash or sh, and on Windows the command interpreter (cmd)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BASHES: Final = ("/bin/bash", "/usr/bin/bash")
_PARSE_SECONDS: Final = 10.0

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
    try:
        check = subprocess.run(  # noqa: S603 - -n parses and runs nothing
            [_posix_shell(), "-n", "-c", line], capture_output=True, check=False, timeout=_PARSE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # the build itself will say
    if not check.returncode:
        return None
    said = check.stderr.decode("utf-8", "replace").strip()
    return said.splitlines()[0] if said else "the shell cannot read it"


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
