"""The table of readers. A new kind of error is one entry here, by way of its subject's module. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwidget.runner.causes import compilers, programs, python, runtimes
from buildwidget.runner.causes.found import IGNORED, Found, Reader
from buildwidget.runner.causes.line import Line
from buildwidget.runner.causes.markers import may_tell

READERS: Final[tuple[Reader, ...]] = (*python.READERS, *runtimes.READERS, *compilers.READERS, *programs.READERS)
"""The first one that finds something at a line takes it."""


def find_all(lines: Sequence[Line]) -> list[tuple[Reader, Found]]:
    """Every error in the lines of one voice, in order."""
    found: list[tuple[Reader, Found]] = []
    index = 0
    while index < len(lines):
        hit = _find(lines, index)
        if hit is None:
            index += 1
        else:
            if hit[1].family != IGNORED:
                found.append(hit)
            index = hit[1].after
    return found


def _find(lines: Sequence[Line], index: int) -> tuple[Reader, Found] | None:
    if not may_tell(lines[index].text):
        return None
    for reader in READERS:
        found = reader.find(lines, index)
        if found is not None:
            return reader, found
    return None
