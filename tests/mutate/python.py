"""The Python parts, with mutmut: each in a copy of the sources, with the tests of its modules only."""

from __future__ import annotations

import json
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutate.results import Fate, Mutant

_FATES: Final[dict[int | None, Fate]] = {1: "killed", 3: "killed", 0: "survived", 33: "untested", 5: "untested"}
_OUT_OF_TIME: Final = (-24, 24, 36, 152, -9)
"""The ends that mutmut gives to a mutant whose tests did not end in time (most of them SIGXCPU)."""

_SETTINGS: Final = """
[tool.mutmut]
source_paths = ["buildwidget"]
only_mutate = {files}
pytest_add_cli_args_test_selection = {tests}
# Hypothesis finds the same every time, and a busy machine is no failure.
pytest_add_cli_args = ["--hypothesis-profile=ci", "-p", "no:cacheprovider", "-p", "no:xdist"]
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
        settings = _SETTINGS.format(files=json.dumps(self.files), tests=json.dumps(self.tests))
        (work / "pyproject.toml").write_text((root / "pyproject.toml").read_text("utf-8") + settings, "utf-8")
        run = [str(bin_directory / "mutmut"), "run", "--max-children", str(workers)]
        subprocess.run(run, cwd=work, check=True)
        return [mutant for file in self.files for mutant in _results(bin_directory / "python", work, file)]


def _unit(room: str, *modules: str) -> tuple[str, ...]:
    return tuple(f"tests/unit/{room}/test_{module}.py" for module in modules)


PARTS: Final[dict[str, Part]] = {
    # What appends to the log: events are made fit, joined, numbered and folded, and written.
    "append": Part(
        tuple(f"buildwidget/store/{name}.py" for name in ("appender", "entries", "drafts", "coalesce")),
        (
            *_unit("store", "appender", "entries", "drafts", "coalesce"),
            "tests/store/test_sqlite.py::TestSqliteInMemory",
        ),
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


def _results(python: Path, work: Path, file: str) -> list[Mutant]:
    ends: dict[str, int | None] = json.loads((work / "mutants" / f"{file}.meta").read_text("utf-8"))["exit_code_by_key"]
    fates: dict[str, Fate] = {
        name: "timeout" if end in _OUT_OF_TIME else _FATES.get(end, "other") for name, end in ends.items()
    }
    shown = [name for name, fate in fates.items() if fate in ("survived", "untested", "other")]
    differences = json.loads(
        subprocess.run([python, "-c", _SHOW, file, *shown], cwd=work, check=True, stdout=subprocess.PIPE).stdout
    )
    return [Mutant(file, fate, differences.get(name, name)) for name, fate in fates.items()]


_SHOW: Final = """
import json, sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
file, *names = sys.argv[1:]
print(json.dumps({name: f"{name}\\n{get_diff_for_mutant(name, path=file)}" for name in names}))
"""
"""In mutmut's environment: the difference that each named mutant makes. Its own command shows one at a time."""
