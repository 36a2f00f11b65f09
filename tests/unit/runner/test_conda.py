"""conda in a shell that reads no startup file, with a stand-in that defines its function as conda does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from buildwidget.command_checks import check_command
from buildwidget.errors import LaunchError
from buildwidget.runner.conda import find_tool, with_conda
from buildwidget.runner.shell import shell_arguments

CONDA = r"""#!/bin/sh
case "$1 $2" in
"shell.bash hook"|"shell hook")
    echo 'NAME() { if [ "$1" = activate ]; then export CONDA_DEFAULT_ENV="$2"; else DIR/NAME "$@"; fi; }';;
"activate "*) echo "CondaError: Run 'conda init' before 'conda activate'" >&2; exit 1;;
run*) echo "ran $*";;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of conda and micromamba that is on no PATH."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "no" / "such"))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "no" / "such"))
    (tmp_path / "bin").mkdir()
    for name in ("conda", "micromamba", "mamba"):
        file = tmp_path / "bin" / name
        file.write_text(CONDA.replace("NAME", name).replace("DIR", str(file.parent)))
        file.chmod(0o700)
    return tmp_path


def places(root: Path) -> list[dict[str, str]]:
    path = os.environ["PATH"]
    return [
        {"PATH": f"{root}/bin:{path}"},
        {"PATH": path, "CONDA_EXE": f"{root}/bin/conda", "MAMBA_EXE": f"{root}/bin/micromamba"},
        {"PATH": path, "CONDA_PREFIX": f"{root}/envs/x"},
        {"PATH": path, "CONDA_PREFIX": str(root)},
    ]


def run(line: str | list[str], env: dict[str, str]) -> str:
    assert isinstance(line, str)
    done = subprocess.run(shell_arguments(line), env=env, capture_output=True, check=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "line",
    [
        "conda activate work && echo $CONDA_DEFAULT_ENV",
        "cd / && conda activate work; echo $CONDA_DEFAULT_ENV",
        "(conda activate work; echo $CONDA_DEFAULT_ENV)",
        "# a comment\nconda activate work\necho $CONDA_DEFAULT_ENV",
        "micromamba activate work && echo $CONDA_DEFAULT_ENV",
        "mamba activate work && echo $CONDA_DEFAULT_ENV",
    ],
)
def test_an_environment_is_activated(line: str, place: int, root: Path) -> None:
    env = places(root)[place]
    if line.startswith("mamba") and place == 1:
        env["MAMBA_EXE"] = f"{root}/bin/mamba"
    assert check_command(line, cwd="/", path=env["PATH"], env=env) == line
    assert run(with_conda(line, cwd="/", env=env), env) == "work"


def test_the_script_of_an_installation_is_taken_where_there_is_one(root: Path) -> None:
    script = root / "etc" / "profile.d" / "conda.sh"
    script.parent.mkdir(parents=True)
    script.write_text("conda() { echo by the script; }\n")
    for env in places(root):
        assert run(with_conda("conda activate work", cwd="/", env=env), env) == "by the script"


@pytest.mark.parametrize("place", range(4))
def test_conda_run_shows_lines_as_they_come(place: int, root: Path) -> None:
    env = places(root)[place]
    line = "conda run -n work python train.py | cat"
    assert check_command(line, cwd="/", path=env["PATH"], env=env) == line
    assert run(with_conda(line, cwd="/", env=env), env) == "ran run --no-capture-output -n work python train.py"


@pytest.mark.parametrize(
    "command",
    [
        "conda env list",
        "conda run --live-stream -n x y",
        "conda run --no-capture-output -n x y",
        "source /x/etc/profile.d/conda.sh && conda activate x",
        'eval "$(conda shell.bash hook)" && conda activate x',
        "echo conda activate",
        "cat <<EOF\nconda activate x\nEOF",
        ["conda", "env", "list"],
        ["python", "run"],
    ],
)
def test_what_has_no_need_stays_as_it_is(command: str | list[str], root: Path) -> None:
    assert with_conda(command, cwd="/", env=places(root)[0]) == command


def test_the_words_of_a_program_are_asked_too(root: Path) -> None:
    asked = with_conda(["/opt/bin/conda", "run", "-n", "x", "y"], cwd="/", env=places(root)[0])
    assert asked == ["/opt/bin/conda", "run", "--no-capture-output", "-n", "x", "y"]


def test_a_function_that_is_there_is_used(root: Path) -> None:
    startup = root / "startup.sh"
    startup.write_text("conda() { echo mine; }\n")
    line = "conda activate x"
    for more in ({"BASH_ENV": str(startup)}, {"BASH_FUNC_conda%%": "() { echo mine; }"}):
        env = {**places(root)[0], **more}
        assert with_conda(line, cwd="/", env=env) == line


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("conda activate x && make", "conda.sh && conda activate"),
        ("conda run -n x make", "Write its whole path"),
        (["conda", "run", "-n", "x", "make"], "Write its whole path"),
    ],
)
def test_without_conda_it_says_what_to_write(
    command: str | list[str], told: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONDA_EXE", "CONDA_PREFIX", "MAMBA_EXE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LaunchError, match="was not found") as caught:
        check_command(command, cwd="/", path="/usr/bin:/bin", env={})
    assert told in str(caught.value)


def test_the_place_of_conda_is_said_for_a_program(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDA_EXE", f"{root}/bin/conda")
    with pytest.raises(LaunchError, match=f"write its path, {root}/bin/conda"):
        check_command(["conda", "run", "-n", "x", "make"], cwd="/", path="/usr/bin:/bin", env={})


def test_only_these_tools_are_looked_for(root: Path) -> None:
    assert find_tool("python", places(root)[0]) is None
