from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from buildwidget.runner.work import dying_with_parent, end_of_call


@pytest.mark.parametrize(
    ("code", "outcome", "end"),
    [
        (0, {"outcome": "returned"}, ("succeeded", None, None)),
        (0, {"outcome": "unpicklable", "message": "too odd"}, ("succeeded", "too odd", None)),
        (0, {"outcome": "exited", "message": "left"}, ("succeeded", "left", None)),
        (0, None, ("failed", None, "exit")),
        (
            1,
            {"outcome": "raised", "kind": "KeyError", "message": "'x'", "traceback": "t"},
            ("failed", None, "KeyError"),
        ),
        (1, {"outcome": "raised", "kind": "KeyError", "message": "", "traceback": "t"}, ("failed", None, "KeyError")),
        (4, {"outcome": "exited", "message": "left"}, ("failed", None, "exit")),
        (-11, {"outcome": "returned"}, ("failed", None, "SIGSEGV")),
        (-9, {"outcome": "raised", "kind": "E", "message": "m", "traceback": "t"}, ("failed", None, "SIGKILL")),
    ],
)
def test_a_call_ends_as_its_process_and_its_outcome_say(
    code: int, outcome: dict[str, Any] | None, end: tuple[str, str | None, str | None]
) -> None:
    event = end_of_call(code, outcome, "")
    assert (event.status, event.summary, event.error and event.error.kind) == end
    assert event.exit_code == code
    assert event.error is None or event.error.message


def test_a_command_that_dies_with_its_parent_is_the_same_command() -> None:
    command = ["/bin/sh", "-c", "trap 'exit 3' TERM; echo $0 $1; exit 5", "zero", "one"]
    done = subprocess.run(dying_with_parent(command, os.environ), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (5, b"zero one\n")


def test_a_program_that_is_not_there_is_left_to_fail_by_itself() -> None:
    assert dying_with_parent(["/no/such/program"], {}) == ["/no/such/program"]
