"""The Python parts, with mutmut: each in a copy of the sources, with the tests of its modules only."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.mutate.results import Fate, Mutant

_FATES: Final[dict[int | None, Fate]] = {1: "killed", 3: "killed", 0: "survived", 33: "untested", 5: "untested"}
_OUT_OF_TIME: Final = (-24, 24, 36, 152, -9)
"""The ends that mutmut gives to a mutant whose tests did not end in time (most of them SIGXCPU)."""

_NOTICED: Final = ("killed", "timeout")
_SEEN_BY_NOBODY: Final = ("survived", "untested")

_PYTEST: Final = ("--hypothesis-profile=ci", "-p", "no:cacheprovider", "-p", "no:xdist")
"""Hypothesis finds the same every time, and a busy machine is no failure."""

_SECONDS: Final = 120
"""For the tests of a part in a process of their own."""

_SETTINGS: Final = """
[tool.mutmut]
source_paths = ["buildwidget"]
only_mutate = {files}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = {pytest}
timeout_constant = 2.0
timeout_multiplier = 5.0
use_git_change_detection = false
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Files that are mutated, and the tests that should notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]

    def run(self, root: Path, work: Path, workers: int) -> list[Mutant]:
        """Try every mutant of the files, ``workers`` at a time; ``work`` is made anew, but for its environment."""
        bin_directory = _environment(work.parent / "venv", root / "tests" / "mutate" / "requirements.txt")
        _copy(root, work)
        settings = _SETTINGS.format(
            files=json.dumps(self.files), tests=json.dumps(self.tests), pytest=json.dumps(_PYTEST)
        )
        (work / "pyproject.toml").write_text((root / "pyproject.toml").read_text("utf-8") + settings, "utf-8")
        run = [str(bin_directory / "mutmut"), "run", "--max-children", str(workers)]
        subprocess.run(run, cwd=work, check=True)
        return self.results(bin_directory / "python", work)

    def results(self, python: Path, work: Path) -> list[Mutant]:
        """What became of the mutants of a run."""
        # Mutants are tried in forks of a process that has imported everything; in what runs at import they changed
        # nothing there.
        at_import = _ran_at_import(python, work, self.files)
        found = []
        for file in self.files:
            fates = _fates(work, file)
            for name, fate in fates.items():
                if fate in _SEEN_BY_NOBODY and name.partition("__mutmut_")[0] in at_import:
                    fates[name] = self._in_a_new_process(python, work, name)
            changes = _changes(python, work, file, [name for name, fate in fates.items() if fate not in _NOTICED])
            found += [Mutant(file, fate, changes.get(name, name)) for name, fate in fates.items()]
        return found

    def _in_a_new_process(self, python: Path, work: Path, name: str) -> Fate:
        environment = {**os.environ, "MUTANT_UNDER_TEST": name}
        command = [str(python), "-m", "pytest", "-x", "-q", *_PYTEST, *self.tests]
        try:
            ended = subprocess.run(
                command, cwd=work / "mutants", env=environment, timeout=_SECONDS, check=False, stdout=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            return "timeout"
        return "survived" if ended.returncode == 0 else "killed"


def _unit(room: str, *modules: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/{room}/test_{module}.py" for module in modules)


PARTS: Final[dict[str, Part]] = {
    # What appends to the log: events are made fit, joined, numbered and folded, and written.
    "append": Part(
        tuple(f"buildwidget/store/{name}.py" for name in ("appender", "entries", "drafts", "coalesce")),
        _unit("store", "appender", "entries", "drafts", "coalesce"),
    ),
    "writer": Part(("buildwidget/store/writer.py",), _unit("store", "writer")),
    "feed": Part(("buildwidget/hub/feed.py",), _unit("hub", "feed")),
    "fold": Part(
        tuple(f"buildwidget/protocol/{name}.py" for name in ("reducer", "metadata", "sections", "upserts", "rows")),
        (
            *_unit("protocol", "reducer", "metadata", "sections", "upserts", "rows"),
            "tests/protocol/test_golden.py",
        ),
    ),
}


def _environment(venv: Path, requirements: Path) -> Path:
    """An environment with mutmut that sees the packages of this one; its directory of programs."""
    bin_directory = venv / "bin"
    stamp = venv / ".installed"
    wanted = requirements.read_text("utf-8") + sys.prefix
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return bin_directory
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    version = sysconfig.get_python_version()
    packages = venv / "lib" / f"python{version}" / "site-packages"
    # Named in a .pth file, their own .pth files are not read: buildwidget is the copy in the working directory.
    (packages / "tested.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    install = [str(bin_directory / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    subprocess.run(install, check=True)
    stamp.write_text(wanted, "utf-8")
    return bin_directory


def _copy(root: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "frontend", "static", "node_modules")
    for name in ("buildwidget", "tests"):
        shutil.copytree(root / name, work / name, ignore=ignored)


def _fates(work: Path, file: str) -> dict[str, Fate]:
    ends: dict[str, int | None] = json.loads((work / "mutants" / f"{file}.meta").read_text("utf-8"))["exit_code_by_key"]
    return {name: "timeout" if end in _OUT_OF_TIME else _FATES.get(end, "other") for name, end in ends.items()}


def _ran_at_import(python: Path, work: Path, files: tuple[str, ...]) -> set[str]:
    """The functions that run when the files are imported, as mutmut names them."""
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    environment = {**os.environ, "MUTANT_UNDER_TEST": "stats"}
    return set(_answer([str(python), "-c", _IMPORT, *modules], work / "mutants", environment))


def _changes(python: Path, work: Path, file: str, names: list[str]) -> dict[str, str]:
    """The difference that each named mutant makes. mutmut's own command shows one at a time."""
    return dict(_answer([str(python), "-c", _SHOW, file, *names], work, dict(os.environ)))


def _answer(command: list[str], directory: Path, environment: dict[str, str]) -> Any:
    ended = subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(ended.stdout)


_IMPORT: Final = """
import importlib, json, sys
from mutmut.state import state
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps(sorted(state()._stats)))
"""

_SHOW: Final = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
file, *names = sys.argv[1:]
print(json.dumps({name: f"{name}\\n{get_diff_for_mutant(name, path=file)}" for name in names}))
"""
