"""Programs that write into a pipe print their lines at once, as they do on a terminal.

C's stdio, Perl and mawk collect what they write into a pipe in blocks, so ``./simulate | tee log`` shows nothing for
minutes. Python is asked by its environment; the others one by one in the line that is run, where it is certain which
program stands there. ``stdbuf`` works through a library that it loads into the program and all that it starts: hence
only filters and programs that are given by their path, and none that is built with a sanitizer, which would refuse to
start.
"""

from __future__ import annotations

import mmap
import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from buildwidget.runner.shell_words import Command, Token, commands
from buildwidget.runner.start_failure import interpreter_of, is_dynamic_program

_FILTERS: Final = frozenset(
    (
        "grep",
        "egrep",
        "fgrep",
        "sed",
        "awk",
        "gawk",
        "mawk",
        "cut",
        "tr",
        "uniq",
        "nl",
        "fold",
        "paste",
        "rev",
        "column",
    )
)
_WRAPPERS: Final = frozenset(("nice", "timeout", "nohup", "env", "ionice", "setsid", "taskset", "numactl"))
_NO_PROGRAM: Final = re.compile(r"-.*|\d+(?:\.\d+)?[smhd]?|\w+=.*", re.DOTALL)
"""What may stand between a wrapper and its program."""
_SANITIZERS: Final = re.compile(rb"__(?:asan|hwasan|tsan|msan|lsan)_init")
_LARGEST_PROGRAM: Final = 256 * 1024 * 1024
_PERL_OPTION: Final = "-Mvars;$|=1"
"""Loads a module that does nothing by itself, and switches on Perl's autoflush."""


def line_buffered(
    command: str | Sequence[str], *, cwd: str, env: Mapping[str, str], pty: bool = True
) -> str | list[str]:
    """The command, with line buffering asked for where it is not given.

    Args:
        command: a shell line, or the words of one program.
        cwd: its working directory.
        env: its environment.
        pty: its own output is a terminal, so that only what stands before a pipe needs it.
    """
    if not isinstance(command, str):
        words = list(command)
        return words if pty else [*_prefix(words[0], cwd, env), words[0], *_options(words[0], env), *words[1:]]
    found = commands(command) or []
    if pty and not any(each.before in ("|", "|&") for each in found):
        return command
    places = [token for each in found if not each.redirected and (token := _program(each)) is not None]
    line = command
    for token in reversed(places):
        program = token.value or ""
        prefix = " ".join(_shell_word(word) for word in _prefix(program, cwd, env))
        options = " ".join(_options(program, env))
        end = token.start + len(token.text)
        after = f" {options}{line[end:]}" if options else line[end:]
        line = f"{line[: token.start]}{prefix and prefix + ' '}{token.text}{after}"
    return line


def _shell_word(word: str) -> str:
    name, equals, value = word.partition("=")
    return f"{name}={shlex.quote(value)}" if equals else word


def _program(command: Command) -> Token | None:
    """The program that writes: behind what only sets the scene for another."""
    own = command.own
    for token in own:
        if token.value is None:
            return None
        if token is not own[0] and _NO_PROGRAM.fullmatch(token.value):
            continue
        if token.value not in _WRAPPERS:
            return token
    return None


def _prefix(program: str, cwd: str, env: Mapping[str, str]) -> list[str]:
    """What has to stand before a program; nothing where it needs nothing or it is not certain to be harmless."""
    file = _file(program, cwd, env)
    if file is None:
        return []
    name = Path(file).resolve().name
    if re.match(r"perl[\d.]*$", name) or "perl" in Path(interpreter_of(file) or "").name:
        options = " ".join(filter(None, (env.get("PERL5OPT"), _PERL_OPTION)))
        return ["env", f"PERL5OPT={options}"]
    if program not in _FILTERS and os.sep not in program:
        return []
    tool = shutil.which("stdbuf", path=env.get("PATH"))
    plain = name != "mawk" and tool is not None and is_dynamic_program(file) and not _is_sanitized(file)
    return ["stdbuf", "-oL"] if plain else []


def _options(program: str, env: Mapping[str, str]) -> list[str]:
    file = _file(program, "/", env) if os.sep not in program else None
    # It reads in blocks too, and only this option ends both.
    return ["-W", "interactive"] if file is not None and Path(file).resolve().name == "mawk" else []


def _file(program: str, cwd: str, env: Mapping[str, str]) -> str | None:
    """The file that runs by a name; None for a function, and where there is none."""
    if f"BASH_FUNC_{program}%%" in env:
        return None
    return shutil.which(os.path.join(cwd, program) if os.sep in program else program, path=env.get("PATH"))  # noqa: PTH118 - which takes a str


def _is_sanitized(file: str) -> bool:
    try:
        with Path(file).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return len(data) > _LARGEST_PROGRAM or _SANITIZERS.search(data) is not None
    except (OSError, ValueError):
        return True  # it may be run and not be read: better late lines than none
