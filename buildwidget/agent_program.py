"""Whether an agent's program is there, new enough, and knows the options it will be started with."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Mapping
from typing import Final

from buildwidget.errors import LaunchError
from buildwidget.runner.agents.attempts import PROBE, probes
from buildwidget.runner.agents.binaries import PROGRAMS, find_binary

_OLDEST: Final[Mapping[str, tuple[int, int]]] = {"claude-code": (2, 0), "codex": (0, 100)}
_ANSWER_SECONDS: Final = 30.0
_REFUSAL: Final = re.compile(
    r"(?:unknown option|unexpected argument|unrecognized subcommand)[^'\n]{0,200}'([^']{0,200})'"
)
_VERSION: Final = re.compile(r"(?<!\d)(\d{1,9})\.(\d{1,9})(?!\d)[\w.-]*")


def checked_program(agent: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The agent's program and its version.

    Raises:
        LaunchError: there is none, it does not start, is too old, or refuses an option.
    """
    binary = find_binary(agent, environment)
    if binary is None:
        raise LaunchError(_no_binary(agent, environment), field="agent")
    changed = os.stat(binary).st_mtime_ns  # noqa: PTH116 - a path as the environment named it
    version = _checked_version(agent, binary, _version(binary, changed))
    refused = _refused_option(agent, binary, changed)
    if refused is not None:
        message = f"{binary} ({version}) does not know {refused}, which is needed."
        raise LaunchError(f"{message} {_install(agent, upgrade=True)}", field="agent")
    return binary, version


def _no_binary(agent: str, environment: Mapping[str, str]) -> str:
    program = PROGRAMS[agent]
    named = environment.get(program.setting)
    if named:
        return f"{program.setting} names {named}, and there is no such program."
    return f"There is no program {program.name!r} here. {_install(agent)}"


def _install(agent: str, *, upgrade: bool = False) -> str:
    program, words = PROGRAMS[agent], "install --upgrade" if upgrade else "install"
    return f"Install it with: pip {words} 'buildwidget[{program.extra}]', or name it by the variable {program.setting}."


def _checked_version(agent: str, binary: str, said: str) -> str:
    found = _VERSION.search(said)
    if found is None:
        told = " ".join(said.split())[:80]
        raise LaunchError(f"{binary} does not tell its version ({told!r}); is it {agent}?", field="agent")
    oldest = _OLDEST[agent]
    if (int(found[1]), int(found[2])) < oldest:
        raise LaunchError(f"{binary} is {found[0]}; {oldest[0]}.{oldest[1]} or newer is needed.", field="agent")
    return found[0]


@functools.lru_cache(maxsize=16)
def _version(binary: str, _changed: int) -> str:
    return _answer(binary, [binary, "--version"]).strip()


@functools.lru_cache(maxsize=16)
def _refused_option(agent: str, binary: str, _changed: int) -> str | None:
    """The first option that every way to start the program refuses; None where one way is open.

    Each way is tried with a last option that no program knows: complaining of that one, it ends before it does
    anything, and knows all the others.
    """
    refused: str | None = None
    for words in probes(agent, binary):
        match = _REFUSAL.search(_answer(binary, words))
        if match is None or match[1].startswith(PROBE):
            return None
        refused = match[1]
    return refused


def _answer(binary: str, words: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the agent's program, which the user chose or installed
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except OSError as error:
        raise LaunchError(f"{binary} cannot be started: {error.strerror}.", field="agent") from error
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{binary} did not answer within {_ANSWER_SECONDS:g} s.", field="agent") from None
    return done.stdout.decode("utf-8", "replace")
