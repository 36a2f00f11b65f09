"""Recorded and quoted output of programs that failed, with the cause that is to be found.

A sample is a text file: lines of ``key: value``, a line ``---``, and the lines of the log. ``source`` is "recorded"
or the thread that the output is quoted from. Without a ``line``, nothing is clear, and only the exit code is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from buildwidget.protocol.events import Error, LogEvent
from buildwidget.runner.causes.notes import CauseNotes
from buildwidget.runner.exit_status import explain

DIRECTORY = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """One sample."""

    name: str
    source: str
    command: str
    exit: int
    lines: list[str]
    kind: str | None = None
    message: str | None = None
    line: int | None = None
    launcher: str | None = None
    before: list[str] = field(default_factory=list)


def read_sample(path: Path) -> Sample:
    head, _, log = path.read_text(encoding="utf-8").partition("\n---\n")
    found = dict(row.split(": ", 1) for row in head.split("\n"))
    return Sample(
        name=path.stem,
        source=found["source"],
        command=found["command"],
        exit=int(found["exit"]),
        lines=log.removesuffix("\n").split("\n"),
        kind=found.get("kind"),
        message=found.get("message"),
        line=int(found["line"]) if "line" in found else None,
        launcher=found.get("launcher"),
    )


SAMPLES = [read_sample(path) for path in sorted(DIRECTORY.glob("*.txt"))]


def noted(lines: list[str], at_once: int = 5) -> CauseNotes:
    """Notes of lines that were written a few at a time."""
    notes = CauseNotes(lambda _: None)
    for place in range(0, len(lines), at_once):
        notes.write(LogEvent(at=0, first=1, lines=[("stdout", line) for line in lines[place : place + at_once]]))
    return notes


def explained(exit_code: int, lines: list[str]) -> Error | None:
    return explain(exit_code, "\n".join(lines[-500:]), notes=noted(lines))
