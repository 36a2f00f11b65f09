from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from buildwidget.protocol.events import Error
from buildwidget.runner.command import CommandSpec
from buildwidget.runner.exit_status import (
    NO_KEYBOARD,
    OutputTail,
    describe_exit,
    explain,
)
from buildwidget.runner.terminal.lines import LineSplitter
from tests.unit.runner.running import run_command


def run(program: str | list[str], cwd: str = "/", **env: str) -> tuple[int, Error | None]:
    splitter, tail = LineSplitter(), OutputTail()
    spec = CommandSpec(program, cwd=cwd, env={"PATH": os.environ["PATH"], "LC_ALL": "C", **env})
    code = run_command(spec, lambda _stream, data: tail.add(splitter.feed(data).lines))
    tail.add(splitter.finish().lines)
    return code, explain(code, tail.text())


def run_python(code: str) -> Error:
    error = run([sys.executable, "-c", code], FORCE_COLOR="1")[1]
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("returncode", "tail", "sentence"),
    [
        (2, "", "It exited with code 2."),
        (-9, "", "It was killed by SIGKILL (somebody killed it, or the system did because memory ran out)."),
        (-11, "", "It was killed by SIGSEGV (it used memory that is not its own: an error in native code)."),
        (-64, "", "It was killed by SIGRTMAX."),
        (-99, "", "It was killed by signal 99."),
        (143, "", "It exited with code 143: a process of it was killed by SIGTERM (it was told to end)."),
        (127, "sh: 1: foo: not found", "It exited with code 127: there is no command 'foo' here."),
        (127, "", "It exited with code 127: a command was not found."),
        (126, "", "It exited with code 126: a command was found but cannot be run."),
        (255, "", "It exited with code 255."),
        (0xC0000005, "", "It exited with code 3221225477: it used memory that is not its own."),
    ],
)
def test_exits_in_words(returncode: int, tail: str, sentence: str) -> None:
    assert describe_exit(returncode, tail) == sentence


def test_success_needs_no_explanation() -> None:
    assert explain(0, "Traceback (most recent call last):\nValueError: caught") is None


def test_real_shells_and_signals(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("true")
    assert run("no-such-command --x") == (
        127,
        Error(kind="exit", message="It exited with code 127: there is no command 'no-such-command' here."),
    )
    code, error = run(str(script))
    assert error is not None
    assert (code, error.message) == (126, f"It exited with code 126: {script} cannot be started: Permission denied.")
    assert run("kill -SEGV $$")[1] == Error(kind="SIGSEGV", message=describe_exit(-signal.SIGSEGV))
    assert run("sh -c 'kill -9 $$'; exit $?")[1] == Error(kind="exit", message=describe_exit(137))


def test_a_traceback_is_kept_with_class_and_text() -> None:
    error = run_python("print('before')\ndef f(): raise ValueError('bad\\nworse')\nf()")
    assert (error.kind, error.message) == ("ValueError", "bad")
    assert error.traceback is not None
    assert error.traceback.startswith("Traceback (most recent call last):\n  File ")
    assert error.traceback.endswith("ValueError: bad\nworse")


def test_the_cause_of_a_chain_is_its_first_exception() -> None:
    code = "try:\n    try: {}['k']\n    except KeyError as e: raise TypeError('t') from e\nexcept TypeError: 1/0"
    error = run_python(code)
    assert (error.kind, error.message) == ("KeyError", "'k'")
    assert error.launcher == "ZeroDivisionError: division by zero"
    assert error.traceback is not None
    assert error.traceback.count("Traceback (most recent call last)") == 3
    assert error.traceback.startswith("Traceback")


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("assert 0", "AssertionError", "AssertionError"),
        ("def f(:", "SyntaxError", "invalid syntax"),
        ("import subprocess; subprocess.run('exit 3', shell=True, check=True)", "subprocess.CalledProcessError", None),
        ("import os, signal, time; os.kill(os.getpid(), 2); time.sleep(1)", "KeyboardInterrupt", "KeyboardInterrupt"),
        ("input('name? ')", "EOFError", f"EOF when reading a line. {NO_KEYBOARD}"),
        ("breakpoint()\nprint(1)", "bdb.BdbQuit", f"bdb.BdbQuit. {NO_KEYBOARD}"),
    ],
)
def test_what_python_prints_when_it_fails(code: str, kind: str, message: str | None) -> None:
    error = run_python(code)
    assert error.kind == kind
    assert message is None or error.message == message
    assert error.traceback is not None


GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "x.py", line 1, in <module>
  |     raise ExceptionGroup("several", [ValueError(1)])
  | ExceptionGroup: several (1 sub-exception)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +------------------------------------"""


def test_the_cause_of_an_exception_group_is_its_first_exception() -> None:
    error = explain(1, f"before\n{GROUP}")
    group = "ExceptionGroup: several (1 sub-exception)"
    assert error == Error(kind="ValueError", message="1", traceback=GROUP, launcher=group)


def test_make_may_have_the_last_word_but_an_old_traceback_is_not_the_reason() -> None:
    traceback = 'Traceback (most recent call last):\n  File "x", line 1, in f\n    g()\nmod.MyError: no'
    error = explain(2, f"{traceback}\nmake: *** [Makefile:2: all] Error 1\n")
    assert error is not None
    assert (error.kind, error.message) == ("mod.MyError", "no")
    assert error.launcher == "make: [Makefile:2: all] Error 1"
    assert explain(2, traceback + "\nmore" * 60) == Error(kind="exit", message="It exited with code 2.")
    killed = explain(-9, traceback)
    assert killed is not None
    assert killed.kind == "SIGKILL"


@pytest.mark.parametrize(
    "output", ["", "Traceback (most recent call last):", "Traceback (most recent call last):\n  x", "\n\n"]
)
def test_half_a_traceback_is_none(output: str) -> None:
    assert explain(1, output) == Error(kind="exit", message="It exited with code 1.")


def test_a_long_traceback_keeps_its_end() -> None:
    frames = "\n".join(f'  File "x", line {n}, in f\n    f()' for n in range(3000))
    error = explain(1, f"Traceback (most recent call last):\n{frames}\nRecursionError: too deep")
    assert error is not None
    assert error.traceback is not None
    assert len(error.traceback.encode()) <= 33 * 1024
    assert error.traceback.endswith("RecursionError: too deep")
    assert error.kind == "RecursionError"


def test_the_tail_keeps_the_last_lines_only() -> None:
    tail = OutputTail(100)
    tail.add([f"\x1b[31mline {n}\x1b[0m" for n in range(100)])
    tail.add(["x" * 1000])
    assert tail.text().endswith("line 99\n" + "x" * 25)
    assert len(tail.text()) <= 100
