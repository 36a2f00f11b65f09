from __future__ import annotations

import pytest

from buildwidget.error_words import error_in_a_line, error_in_words
from buildwidget.protocol.events import Error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Error(kind="exit", message="It exited with code 2."), "It exited with code 2."),
        (Error(kind="KeyError", message="'lr'", line=7), "KeyError: 'lr' (line 7 of the log)"),
        (
            Error(kind="compile_error", message="a.c:1:2: error: x", line=3, launcher="make: [a.o] Error 1"),
            "a.c:1:2: error: x (line 3 of the log, passed on as make: [a.o] Error 1)",
        ),
        (
            Error(kind="SIGKILL", message="It was killed by SIGKILL.", line=3),
            "It was killed by SIGKILL. (line 3 of the log)",
        ),
    ],
)
def test_the_cause_is_said_with_its_place(error: Error, words: str) -> None:
    assert error_in_words(error) == words


def test_a_line_is_short() -> None:
    line = error_in_a_line(Error(kind="exit", message="one\ntwo " + "x" * 500))
    assert line.startswith("one two xxx")
    assert len(line) == 200
    assert line.endswith("…")
