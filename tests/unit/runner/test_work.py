from __future__ import annotations

from typing import Any

import pytest

from buildwidget.runner.work import end_of_call


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
