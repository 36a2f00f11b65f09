"""``conda activate`` and ``conda run`` in the shell of a build, which reads no startup file of the user's.

``conda activate`` is a function that ``conda init`` defines for interactive shells alone. So where a line uses it, the
runner has conda define it first. ``conda run`` shows nothing until the program's end unless it is asked to.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from buildwidget.runner.shell import shell_arguments, shell_knows
from buildwidget.runner.shell_words import Command, commands

TOOLS: Final = ("conda", "mamba", "micromamba")
_BY_SHELL: Final = ("activate", "deactivate")
_READIED: Final = re.compile(r"conda\.sh|mamba\.sh|shell\.(?:bash|posix)|shell hook|activate\.d|\.bashrc|bash_profile")
"""What a line does that readies conda by itself."""
_LIVE: Final = ("--no-capture-output", "--live-stream", "-s")


def find_tool(name: str, env: Mapping[str, str]) -> str | None:
    """The file of conda, mamba or micromamba; None where there is none, and for any other name.

    Looked for on the PATH, where an activated environment says, and around this Python and ``CONDA_PREFIX``.
    """
    if name not in TOOLS:
        return None
    said = [env.get("CONDA_EXE", ""), env.get("MAMBA_EXE", "")]
    found = [shutil.which(name, path=env.get("PATH")), *(file for file in said if Path(file).name == name)]
    for prefix in filter(None, (env.get("CONDA_PREFIX"), sys.prefix, sys.base_prefix)):
        place = Path(prefix)
        # An environment is in the envs directory of the installation that has conda.
        for root in (place, *(place.parents[1:2] if place.parent.name == "envs" else ())):
            found += [str(root / "condabin" / name), str(root / "bin" / name)]
    return next((file for file in found if file and os.path.isfile(file) and os.access(file, os.X_OK)), None)  # noqa: PTH113


def with_conda(command: str | Sequence[str], *, cwd: str, env: Mapping[str, str]) -> str | list[str]:
    """The command as it works in a shell that reads no startup file; unchanged where it has no need.

    Args:
        command: a shell line, or the words of one program.
        cwd: its working directory.
        env: its environment.
    """
    if not isinstance(command, str):
        words = list(command)
        return [*words[:2], *_LIVE[:1], *words[2:]] if _is_captured([Path(words[0]).name, *words[1:]]) else words
    if "conda" not in command and "mamba" not in command:
        return command
    found = commands(command) or []
    hooks = [hook for name in TOOLS if (hook := _hook(name, found, command, cwd=cwd, env=env))]
    line = command
    for each in reversed(found):
        if _is_captured(each.values):
            run = each.own[1]
            end = run.start + len(run.text)
            line = f"{line[:end]} {_LIVE[0]}{line[end:]}"
    return " ".join([*hooks, line])


def _is_captured(words: Sequence[str]) -> bool:
    return list(words[:2]) == ["conda", "run"] and not any(word in _LIVE for word in words)


def _hook(name: str, found: Sequence[Command], line: str, *, cwd: str, env: Mapping[str, str]) -> str | None:
    """What defines a tool's function in the shell, if the line needs it and nothing else defines it."""
    calls = [command.values for command in found if command.values[:1] == [name]]
    on_path = shutil.which(name, path=env.get("PATH")) is not None
    needed = any(not on_path or (len(call) > 1 and call[1] in _BY_SHELL) for call in calls)
    file = find_tool(name, env) if needed else None
    # With an empty PATH the shell knows nothing but functions, of its startup file and of the environment.
    if file is None or _READIED.search(line) or shell_knows(name, cwd=cwd, env=env, setting="PATH="):
        return None
    shell = "bash" if shell_arguments("")[0].endswith("bash") else "posix"
    quoted = shlex.quote(file)
    script = Path(file).resolve().parent.parent / "etc" / "profile.d" / "conda.sh"
    if name == "conda" and script.is_file():
        return f". {shlex.quote(str(script))};"  # starts no Python, and older versions have nothing else
    by_conda = f"{quoted} shell.{shell} hook"
    by_mamba = f"{quoted} shell hook --shell {shell}"
    asked = {"conda": by_conda, "mamba": f"{by_mamba} 2>/dev/null || {by_conda}"}.get(name, by_mamba)
    return f'eval "$({asked})";'
