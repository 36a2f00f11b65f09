"""Where the agents' programs are: named by a setting, brought by an extra's package, or on the PATH."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Program:
    """An agent's program.

    Attributes:
        setting: the variable that names it.
        package: the module of the package that brings it.
        inside: where it is in that package.
        name: what it is called on the PATH.
        extra: what installs it.
    """

    setting: str
    package: str
    inside: str
    name: str
    extra: str


PROGRAMS: Final[Mapping[str, Program]] = {
    "claude-code": Program("BUILDWIDGET_CLAUDE", "claude_agent_sdk", "_bundled/claude", "claude", "claude"),
    "codex": Program("BUILDWIDGET_CODEX", "codex_cli_bin", "bin/codex", "codex", "codex"),
}
_SUFFIX: Final = ".exe" if sys.platform == "win32" else ""


def find_binary(agent: str, environment: Mapping[str, str]) -> str | None:
    """The path of an agent's program; None if there is none."""
    program = PROGRAMS[agent]
    named = environment.get(program.setting)
    if named:
        return shutil.which(os.path.expanduser(named), path=environment.get("PATH"))  # noqa: PTH111 - Path raises for nobody's home
    return _bundled(program) or shutil.which(program.name, path=environment.get("PATH"))


def _bundled(program: Program) -> str | None:
    # Looked for, not imported: importing an SDK takes a second.
    spec = importlib.util.find_spec(program.package)
    for place in (spec.submodule_search_locations if spec else None) or ():
        path = Path(place) / f"{program.inside}{_SUFFIX}"
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return None
