from __future__ import annotations

import os
from pathlib import Path

import pytest

from buildwidget import launch_checks as checks
from buildwidget.errors import LaunchError

PATH = os.environ["PATH"]


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("make -j4", "make"),
        ("A=1 B='x y' python train.py", "python"),
        ("cd /tmp && make", None),
        ("for i in 1 2; do echo $i; done", None),
        ("(make)", None),
        ("$TOOL run", None),
        ("f() { echo 1; }; f", None),
        ("./build.sh --fast", "./build.sh"),
        ("# nothing here", None),
        ("ec'ho' x", None),
    ],
)
def test_the_program_of_a_shell_line(line: str, program: str | None) -> None:
    assert checks.first_program(line) == program


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("no-such-program-here --x", "'no-such-program-here' was not found"),
        (["no-such-program-here"], "'no-such-program-here' was not found"),
        ("./missing.sh", "'./missing.sh' was not found"),
        ("", "empty"),
        ("   ", "empty"),
        ("if true; then", "not understood by the shell"),
        ("echo 'open", "not understood by the shell"),
        ([], "list of strings"),
        (["echo", 1], "list of strings"),
        (42, "list of strings"),
        (["ec\0ho"], "NUL"),
    ],
)
def test_a_command_that_cannot_work_is_refused(command: object, told: str, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=told) as caught:
        checks.check_command(command, cwd=str(tmp_path), path=PATH)
    assert caught.value.field == "command"


@pytest.mark.parametrize("command", ["echo hi", "X=1", "true && no-such-program-here", ["echo", "hi"]])
def test_a_command_that_may_work_is_taken(command: str | list[str], tmp_path: Path) -> None:
    assert checks.check_command(command, cwd=str(tmp_path), path=PATH) == command


def test_a_relative_program_is_looked_up_in_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("echo hi")
    assert checks.check_command("./run.sh", cwd=str(tmp_path), path=PATH) == "./run.sh"


def test_directories(tmp_path: Path) -> None:
    assert checks.check_directory(tmp_path) == str(tmp_path)
    assert checks.check_directory(None) == str(Path.cwd())
    (tmp_path / "file").touch()
    for wrong, told in ((tmp_path / "none", "does not exist"), (tmp_path / "file", "not a directory"), (3, "a path")):
        with pytest.raises(LaunchError, match=told) as caught:
            checks.check_directory(wrong)  # type: ignore[arg-type] - wrong on purpose
        assert caught.value.field == "cwd"


@pytest.mark.parametrize("env", [{"A": 1}, {1: "a"}, {"": "x"}, {"A=B": "x"}, {"A": "x\0"}, [("A", "x")]])
def test_an_environment_of_anything_but_strings_is_refused(env: object) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_environment(env)  # type: ignore[arg-type] - wrong on purpose
    assert caught.value.field == "env"


@pytest.mark.parametrize("name", ["", "  ", "x" * 501, 3])
def test_names_are_short_strings(name: object) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_text("name", name)
    assert caught.value.field == "name"


def test_arguments_that_do_not_fit_are_refused() -> None:
    def train(epochs: int) -> None: ...

    with pytest.raises(LaunchError, match="train cannot be called so"):
        checks.check_signature(train, (), {"epoch": 3})
