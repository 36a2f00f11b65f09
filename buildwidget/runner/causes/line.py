"""A line of a log as it is noted and read. Pure. Imported by every runner, so it imports little."""

from __future__ import annotations

from typing import Final, NamedTuple

LINE_BYTES: Final = 1024
NOTED_LINES: Final = 4_000
"""No more of a line and of the output is read, so that hostile output takes linear time."""


class Line(NamedTuple):
    """A line of output, without colours and without the prefix that a launcher put before it."""

    number: int
    text: str
