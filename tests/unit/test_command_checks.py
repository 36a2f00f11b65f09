"""Whether the shell can begin with a command is the shell's own word, in the environment of the build."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from buildwidget import command_checks as checks
from buildwidget.errors import LaunchError
from buildwidget.runner import shell

PATH = os.environ["PATH"]


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("make -j4", ("make", "")),
        ("A=1 B='x y' python train.py", ("python", "")),
        ("PATH=/x:$PATH tool", ("tool", "PATH=/x:$PATH")),
        ("PATH=$(dirname x):$PATH tool", None),
        ("cd /tmp && make", ("cd", "")),
        ("for i in 1 2; do echo $i; done", None),
        ("(make)", None),
        ("$TOOL run", None),
        ("f() { echo 1; }; f", None),
        ("f () { echo 1; }; f", None),
        ("./build.sh --fast", ("./build.sh", "")),
        ("\n  make\n", ("make", "")),
        ("make | tee log", ("make", "")),
        ("make &", ("make", "")),
        ("make || true", None),
        ("make; echo done", None),
        ("make\nmake install", None),
        ("make & wait", None),
        ("'my tool' x", ("my tool", "")),
        ("> log make", None),
        ("# nothing here", None),
        ("cat <<EOF\nx\nEOF", None),
    ],
)
def test_the_program_that_a_shell_line_cannot_do_without(line: str, program: tuple[str, str] | None) -> None:
    assert checks.first_program(line) == program


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One with an exported function, and with a file that bash reads first."""
    startup = tmp_path / "startup.sh"
    startup.write_text("shopt -s expand_aliases\nalias short='echo long'\nof_startup() { echo hi; }\n")
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho tool\n")
    tool.chmod(0o700)
    exported = {"BASH_FUNC_module%%": "() { echo module; }", "TOOLS": str(tool.parent)}
    return {"PATH": PATH, "BASH_ENV": str(startup), **exported}


@pytest.mark.parametrize(
    "line",
    [
        "module load cuda && echo loaded",
        "of_startup",
        "short && echo",
        "PATH=$TOOLS:$PATH tool",
        'PATH="$TOOLS:${PATH}" tool > log',
        "f () { echo hi; }; f",
        "function g { echo hi; }; g",
        "shopt -s expand_aliases\nalias x='echo y'\nx",
        "[[ a == a ]] && echo",
        "! false",
        "time true",
        "{ true; }",
        "let x=1",
        "coproc cat",
        "export A=1 && echo $A",
        "no-such-program-here || echo instead",
        "no-such-program-here; echo next",
        "no-such-program-here\necho next",
        "shopt -s extglob\necho !(x)",
        "pushd / && popd",
        "source startup.sh && of_startup",
        "case a in a) echo a;; esac",
        "A=(1 2) && echo",
        "((1)) && echo",
    ],
)
def test_what_the_shell_runs_is_taken(line: str, environment: dict[str, str], tmp_path: Path) -> None:
    assert checks.check_command(line, cwd=str(tmp_path), path=PATH, env=environment) == line
    ran = subprocess.run(
        [*shell.shell_arguments(line)], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert ran.returncode in (0, 1)


@pytest.mark.parametrize(
    "line",
    [
        "module load cuda",
        "of_startup",
        "PATH=/no/such/place tool",
        "tool",
        "no-such-program-here && echo x",
        "no-such-program-here | tee log",
        "no-such-program-here > log 2>&1",
        "no-such-program-here 'a;b' \"c || d\"",
        "no-such-program-here &",
        "PATH=/no/such/place make",
    ],
)
def test_what_the_shell_does_not_find_is_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="was not found"):
        checks.check_command(line, cwd=str(tmp_path), path=PATH, env={"PATH": PATH})


def test_nothing_of_the_command_is_run(tmp_path: Path) -> None:
    for line in ("touch made", "nosuch$(touch made)", "PATH=$(touch made):$PATH nosuch", "A=`touch made` nosuch && x"):
        try:
            checks.check_command(line, cwd=str(tmp_path), path=PATH)
        except LaunchError as error:
            assert "nosuch" in str(error)  # noqa: PT017 - some are refused, some are not
        assert list(tmp_path.iterdir()) == []


def test_a_function_that_handles_unknown_commands_is_asked_by_bash(tmp_path: Path) -> None:
    env = {"PATH": PATH, "BASH_FUNC_command_not_found_handle%%": "() { echo handled; }"}
    assert checks.check_command("no-such-program-here", cwd=str(tmp_path), path=PATH, env=env)


def test_a_shell_that_does_not_answer_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "startup.sh").write_text(f"echo $$ > {tmp_path}/pid; sleep 60 & sleep 60")
    env = {"PATH": PATH, "BASH_ENV": str(tmp_path / "startup.sh")}
    monkeypatch.setattr(shell, "_KNOW_SECONDS", 0.5)
    assert checks.check_command("no-such-program-here", cwd=str(tmp_path), path=PATH, env=env)
    group = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(group, 0)


def test_a_shell_that_cannot_be_started_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_posix_shell", lambda: "/no/such/shell")
    assert shell.shell_knows("no-such-program-here", cwd=str(tmp_path), env={})


def test_sh_is_asked_where_there_is_no_bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_posix_shell", lambda: "/bin/sh")
    assert shell.shell_knows("trap", cwd=str(tmp_path), env={"PATH": PATH})
    assert not shell.shell_knows("no-such-program-here", cwd=str(tmp_path), env={"PATH": PATH})


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("train.py", "Did you mean `python train.py`?"),
        ("train.py --epochs 3 | tee log", "Did you mean `python train.py --epochs 3 | tee log`?"),
        ("A=1 train.py", "Did you mean `A=1 python train.py`?"),
        (["train.py", "-x"], "Did you mean ['python', 'train.py', '-x']?"),
        (["./train.py"], "Did you mean ['python', './train.py']?"),
        ("run.sh", "Did you mean `bash run.sh`?"),
        ("model.R", "Did you mean `Rscript model.R`?"),
        ("tool x", "did you mean ./tool?"),
        ("other.py", "There is no file other.py in"),
        (["echo hi"], "launch('echo hi')"),
    ],
)
def test_a_file_in_the_place_of_a_program_says_what_to_write(command: object, told: str, tmp_path: Path) -> None:
    for name in ("train.py", "run.sh", "model.R", "tool"):
        (tmp_path / name).touch()
    (tmp_path / "tool").chmod(0o700)
    with pytest.raises(LaunchError) as caught:
        checks.check_command(command, cwd=str(tmp_path), path=PATH)
    assert told in str(caught.value)


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


DETACHING = [
    "tmux new -d 'python train.py'",
    "tmux new-session -ds work; tmux send-keys -t work 'python train.py' Enter",
    "cd / && tmux -L other new-session -s x -d python train.py",
    ["tmux", "new", "-d", "python train.py"],
    "screen -dmS work python train.py",
    "/usr/bin/screen -d -m python train.py",
    "start-stop-daemon --start --background --exec /bin/true",
]


@pytest.mark.parametrize("command", DETACHING)
def test_work_is_not_handed_to_a_server_of_terminals(
    command: str | list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tmux", "screen", "start-stop-daemon"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o700)
    monkeypatch.setattr(os.path, "exists", lambda _: True)
    with pytest.raises(LaunchError, match="A build outlives page, kernel and server by itself"):
        checks.check_command(command, cwd=str(tmp_path), path=f"{tmp_path}{os.pathsep}{PATH}")


@pytest.mark.parametrize(
    "command",
    [
        "true || tmux new -d 'python serve.py' && pytest; tmux kill-server",
        "true || tmux ls",
        "true || screen -Dm make",
        "true || screen -dmS x serve; make; screen -S x -X quit",
        "true || grep -d skip -m 1 x",
        "echo tmux new -d",
        ["echo", "screen", "-dm"],
    ],
)
def test_terminals_as_helpers_are_taken(command: str | list[str], tmp_path: Path) -> None:
    assert checks.check_command(command, cwd=str(tmp_path), path=PATH) == command
