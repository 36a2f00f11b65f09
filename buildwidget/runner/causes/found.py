"""What readers of output find. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from buildwidget.runner.causes.line import Line

NEAR: Final = 40
"""An error further than this many lines from the end, or from the next one, is not what ended the program."""


IGNORED: Final = "ignored"
"""The family of errors that are printed by programs that go on."""


class Role(enum.IntEnum):
    """How much an error explains; of several that belong together, the first with the highest role is the cause."""

    LAUNCHER = 0
    """A launcher or wrapper says that what it started failed."""
    SYMPTOM = 1
    """What follows from another process's failure, and is the cause only where nothing else is known."""
    CAUSE = 2


@dataclass(frozen=True, slots=True)
class Found:
    """An error in some lines.

    ``first`` and ``last`` are the numbers of its lines, ``line`` the number of the line that names it. ``after`` is
    the index of the line to read on from. ``outcome`` is the exception that the error ended as, where they differ.
    ``family``: errors of one family follow each other (a compiler's), and the first explains most. ``reach``: how
    far from the end of the output it may stand and still explain it.
    """

    kind: str
    message: str
    role: Role
    first: int
    last: int
    line: int
    after: int
    family: str
    traceback: str | None = None
    outcome: str | None = None
    reach: int = NEAR


Read: TypeAlias = Callable[[Sequence[Line], int, "re.Match[str]"], Found | None]


@dataclass(frozen=True, slots=True)
class Reader:
    """One kind of error: how its first line looks, and how it is read.

    ``pattern`` is matched at the start of a line; with the group ``message`` and without ``read``, the line is the
    whole error. A group ``kind`` comes before ``kind``.
    """

    name: str
    pattern: re.Pattern[str]
    kind: str = "error"
    role: Role = Role.CAUSE
    family: str = ""
    reach: int = NEAR
    read: Read | None = None

    def find(self, lines: Sequence[Line], index: int) -> Found | None:
        """The error that begins at a line, or None."""
        match = self.pattern.match(lines[index].text)
        if match is None:
            return None
        return self.one_line(lines, index, match) if self.read is None else self.read(lines, index, match)

    def one_line(self, lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
        """The error, where a line says it all."""
        groups = match.groupdict()
        message = (groups.get("message") or "").strip()
        if not message:
            return None
        number = lines[index].number
        return Found(
            kind=groups.get("kind") or self.kind,
            message=message,
            role=self.role,
            first=number,
            last=number,
            line=number,
            after=index + 1,
            family=self.family or self.name,
            reach=self.reach,
        )
