"""Why a build failed, in a sentence for Python: exceptions and ``repr``. Pure."""

from __future__ import annotations

from typing import Final

from buildwidget.protocol.events import Error
from buildwidget.protocol.state import State

_LINE_CHARACTERS: Final = 200


def failure_in_words(state: State) -> str:
    """What the exception of a build that did not succeed says."""
    why = f": {error_in_words(state.error)}" if state.error else "."
    return f"Build {state.id} ({state.name!r}) {state.status}{why}"


def error_in_words(error: Error) -> str:
    """The first cause, and where it stands in the log."""
    if error.line is None:
        return error.message
    # Words such as compile_error only repeat the message; the class of an exception says something.
    named = error.kind in error.message or not any(letter.isupper() for letter in error.kind)
    words = error.message if named else f"{error.kind}: {error.message}"
    passed_on = f", passed on as {error.launcher}" if error.launcher else ""
    return f"{words} (line {error.line} of the log{passed_on})"


def error_in_a_line(error: Error) -> str:
    """The same, short and without newlines."""
    words = " ".join(error_in_words(error).split())
    return words if len(words) <= _LINE_CHARACTERS else f"{words[: _LINE_CHARACTERS - 1]}…"
