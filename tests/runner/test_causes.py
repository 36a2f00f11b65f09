"""The first cause of a failure, from the program's output to the build's state."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from buildwidget.protocol.events import Error
from tests.runner.builds import Builds

PYTHON = f"'{sys.executable}'"


def failure(builds: Builds, build_id: str) -> tuple[Error, str]:
    """The error, and the line of the log that it names."""
    state = builds.wait_for(build_id, timeout=40)
    assert state.error is not None
    assert state.error.line is not None
    return state.error, state.log.lines[state.error.line - state.log.first][1]


@pytest.mark.parametrize("pty", [True, False])
def test_the_line_is_that_of_the_log(builds: Builds, pty: bool) -> None:
    script = f"seq 2000; {PYTHON} -c 'int(\"x\")' && exit; seq 30; echo 'make: *** [Makefile:1: all] Error 1'; exit 2"
    error, line = failure(builds, builds.command(script, pty=pty))
    assert error.kind == "ValueError"
    assert error.launcher == "make: [Makefile:1: all] Error 1"
    assert line == f"ValueError: {error.message}"


def test_reported_lines_are_counted_too(builds: Builds) -> None:
    code = "import buildwidget as bw\nfor n in range(500): bw.report.log(f'step {n}'); print(n)\n{}['lr']"
    error, line = failure(builds, builds.command([sys.executable, "-u", "-c", code]))
    assert (error.kind, line) == ("KeyError", "KeyError: 'lr'")


def test_a_cause_far_above_the_end_of_a_keep_going_build(builds: Builds) -> None:
    script = "echo \"main.c:3:5: error: 'x' undeclared\"; seq 5000; echo 'make: *** [a.o] Error 1'; exit 2"
    state = builds.wait_for(builds.command(script))
    assert state.error is not None
    assert (state.error.kind, state.error.line) == ("compile_error", 1)
    assert state.error.message == "main.c:3:5: error: 'x' undeclared"


def chained() -> Callable[[], None]:
    def load() -> None:
        try:
            {}["lr"]
        except KeyError as error:
            raise ValueError("the configuration is incomplete") from error

    return load


def test_the_cause_of_a_call_is_its_first_exception(builds: Builds) -> None:
    error, line = failure(builds, builds.function(chained()))
    assert (error.kind, error.message, line) == ("KeyError", "'lr'", "KeyError: 'lr'")
    assert error.launcher == "ValueError: the configuration is incomplete"
    assert "the direct cause" in (error.traceback or "")


def child_fails() -> Callable[[], Any]:
    def run() -> None:
        import subprocess  # noqa: PLC0415 - in the build's process

        subprocess.run([sys.executable, "-c", "import nothing_like_it"], check=True)

    return run


def test_the_cause_of_a_call_is_what_its_child_said(builds: Builds) -> None:
    error, line = failure(builds, builds.function(child_fails()))
    assert (error.kind, error.message) == ("ModuleNotFoundError", "No module named 'nothing_like_it'")
    assert line.startswith("ModuleNotFoundError")
    assert "CalledProcessError" in (error.launcher or "")


def test_secrets_are_masked_in_cause_and_launcher(builds: Builds) -> None:
    secret = "hunter2-hunter2-hunter2"
    code = (
        "import os\ns = os.environ['API_TOKEN']\ntry: raise ValueError('with ' + s)\n"
        "except ValueError: raise KeyError(s)"
    )
    error, line = failure(builds, builds.command([sys.executable, "-c", code], secrets={"API_TOKEN": secret}))
    assert (error.kind, error.message, error.launcher) == ("ValueError", "with ***", "KeyError: '***'")
    assert secret not in line + (error.traceback or "")


def test_a_success_with_tracebacks_has_no_error(builds: Builds) -> None:
    state = builds.wait_for(
        builds.python("import traceback\ntry: 1/0\nexcept ZeroDivisionError: traceback.print_exc()")
    )
    assert (state.status, state.error) == ("succeeded", None)


def test_an_old_traceback_is_not_the_cause(builds: Builds) -> None:
    code = (
        "import traceback, sys\ntry: 1/0\nexcept ZeroDivisionError: traceback.print_exc()\n"
        "for n in range(99): print(n)\nsys.exit(5)"
    )
    state = builds.wait_for(builds.python(code))
    assert state.error == Error(kind="exit", message="It exited with code 5.")
