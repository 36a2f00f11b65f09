"""The shell of each system; what Windows would do is tested as far as it is a matter of words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from buildwidget.command_checks import exists_on_windows
from buildwidget.runner.shell import cmd_arguments, first_program_of_cmd, shell_arguments, what_does_not_parse

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has another shell")


@posix
def test_without_bash_it_runs_in_sh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert shell_arguments("true") == ["/bin/sh", "-c", "true"]


@posix
@pytest.mark.parametrize("line", ["echo hi", "[[ a == a ]] && echo x", "for i in 1 2; do echo $i; done", "exit 7"])
def test_the_shell_that_checks_is_the_one_that_runs(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(command[0])
        return subprocess.CompletedProcess(command, 0, b"", b"")

    for found in (True, False):
        monkeypatch.setattr(Path, "exists", lambda _, found=found: found)
        monkeypatch.setattr(subprocess, "run", run)
        assert what_does_not_parse(line) is None
        assert asked.pop() == shell_arguments(line)[0]


@posix
@pytest.mark.parametrize("line", ["if true; then", "echo 'open", "((", "echo \xff 'é"])
def test_what_does_not_parse_is_said_by_the_shell(line: str) -> None:
    assert what_does_not_parse(line)


@posix
def test_a_shell_that_cannot_be_asked_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (FileNotFoundError("no shell"), subprocess.TimeoutExpired("sh", 10)):

        def run(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(subprocess, "run", run)
        assert what_does_not_parse("if true; then") is None


@pytest.mark.parametrize(
    ("environment", "program"),
    [
        ({"COMSPEC": r"D:\shell\cmd.exe"}, r"D:\shell\cmd.exe"),
        ({"SYSTEMROOT": r"D:\Windows"}, r"D:\Windows\System32\cmd.exe"),
        ({"COMSPEC": ""}, r"C:\Windows\System32\cmd.exe"),
        ({}, r"C:\Windows\System32\cmd.exe"),
    ],
)
def test_windows_runs_a_line_by_its_command_interpreter(environment: dict[str, str], program: str) -> None:
    assert cmd_arguments('echo "a b"', environment) == [program, "/c", 'echo "a b"']


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("python train.py", "python"),
        ("  python", "python"),
        ("@python -V", "python"),
        (r"C:\tools\make.exe -j4", r"C:\tools\make.exe"),
        (r'"C:\Program Files\x\x.exe" --a', r"C:\Program Files\x\x.exe"),
        ("python&& echo x", "python"),
        ("python>out.txt", "python"),
        ("./run.bat", "./run.bat"),
        # What cmd does itself, and what only it can tell.
        ("echo hi", None),
        ("DIR /b", None),
        ("set A=1 && python", None),
        ("for %i in (1 2) do echo %i", None),
        ("(echo a)", None),
        ("%PYTHON% x.py", None),
        ("py%V% x", None),
        ("echo.", None),
        ("cd..", None),
        ("cd\\", None),
        ("", None),
        (":label", None),
        ('"open', None),
    ],
)
def test_the_program_of_a_line_for_cmd(line: str, program: str | None) -> None:
    assert first_program_of_cmd(line) == program


def test_a_program_is_looked_for_in_the_working_directory_too(tmp_path: Path) -> None:
    program = tmp_path / "run"
    program.write_text("")
    program.chmod(0o700)
    assert exists_on_windows("run", cwd=str(tmp_path), path="")
    assert exists_on_windows(str(program), cwd="/", path="")
    assert exists_on_windows("run", cwd="/", path=str(tmp_path))
    assert not exists_on_windows("run", cwd="/", path="")
