"""Which of the errors in a build's output ended it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwidget.protocol.events import Error
from buildwidget.runner.causes import compilers, python, runtimes
from buildwidget.runner.causes.found import NEAR, Found, Role
from buildwidget.runner.causes.line import LINE_BYTES, NOTED_LINES, Line
from buildwidget.runner.causes.table import find_all
from buildwidget.runner.causes.voices import voices
from buildwidget.runner.terminal.lines import cut_text

MAX_KIND_BYTES: Final = 256
MAX_MESSAGE_BYTES: Final = 2 * 1024
MAX_TRACEBACK_BYTES: Final = 32 * 1024

WAIT: Final = 400
"""A launcher speaks last; the other processes it started go on for a while after one of them failed, in lines."""


def read_cause(lines: Sequence[Line], last: int, *, native: bool = False) -> Error | None:
    """Why a program failed, by what it printed; None where nothing is clear.

    Args:
        lines: what was noted of its output, with the numbers of the lines.
        last: the number of the output's last line.
        native: a signal ended it, which only native code explains (an assertion, a sanitizer, a C++ exception).
    """
    read = [Line(number, cut_text(text, LINE_BYTES)) for number, text in lines[-NOTED_LINES:]]
    found = sorted((hit for voice in voices(read) for _, hit in find_all(voice)), key=lambda hit: (hit.last, hit.first))
    if native:
        found = [hit for hit in found if hit.family == runtimes.NATIVE]
    group = _last_group(found, last)
    return _error(group) if group else None


def _last_group(found: Sequence[Found], last: int) -> list[Found]:
    """The errors that belong to the end of the output, in order."""
    group: list[Found] = []
    start = last + 1
    for hit in reversed(found):
        if start - hit.last > _reach(hit, group):
            break
        group.append(hit)
        start = min(start, hit.first)
    group.reverse()
    return _without_earlier(group)


def _reach(hit: Found, group: Sequence[Found]) -> int:
    """How many lines above what is known already an error may stand."""
    if not group:
        return hit.reach
    if any(it.role is not Role.LAUNCHER for it in group):
        return NEAR
    builds = any(it.kind in _BUILDERS for it in group)
    return (
        compilers.FAR
        if builds and (hit.family == compilers.FAMILY or hit.kind in _BUILDERS)
        else max(NEAR, min(WAIT, hit.reach * 10))
    )


_BUILDERS: Final = frozenset({"make", "ninja", "cmake", "npm", "gradle", "maven", "rustc", "linker"})


def _without_earlier(group: list[Found]) -> list[Found]:
    """Where no launcher speaks, only the last error ended the program, with those before it of its family."""
    if not group or any(it.role is Role.LAUNCHER for it in group):
        return group
    causes = [it for it in group if it.role is Role.CAUSE]
    if not causes:
        return group
    last = causes[-1]
    together = last.family not in {python.FAMILY, "error", "stack"}
    first = next(it for it in causes if it is last or (together and it.family == last.family))
    return [it for it in group[group.index(first) :] if it.role is Role.SYMPTOM or it is last or it is first]


def _error(group: Sequence[Found]) -> Error:
    best = max(it.role for it in group)
    cause = next(it for it in group if it.role is best)
    passing = [it for it in group if it is not cause and (it.role is Role.LAUNCHER or it.role < cause.role)]
    launcher = max(passing, key=lambda it: (it.role is Role.LAUNCHER, it.last), default=None)
    said = cause.outcome if launcher is None else python.in_words(launcher.kind, launcher.message)
    return Error(
        kind=cut_text(cause.kind, MAX_KIND_BYTES),
        message=cut_text(cause.message, MAX_MESSAGE_BYTES),
        traceback=None if cause.traceback is None else end_of(cause.traceback, MAX_TRACEBACK_BYTES),
        launcher=None if said is None else cut_text(said, MAX_MESSAGE_BYTES),
        line=cause.line,
    )


def end_of(text: str, limit: int) -> str:
    """The end of a text, where a traceback tells most, cut at a line."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return text
    return "…\n" + encoded[-limit:].decode(errors="ignore").partition("\n")[2]
