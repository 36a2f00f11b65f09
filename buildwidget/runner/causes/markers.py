"""What a line must hold to say something of a failure by itself. Pure."""

from __future__ import annotations

from typing import Final

MARKERS: Final = (
    "rror",
    "ERR",
    "xception",
    "Traceback",
    "atal",
    "FATAL",
    "FAIL",
    "ailed",
    "ailure",
    "panic",
    "not found",
    "No ",
    "no such",
    "enied",
    "terminate",
    "ault",
    "illed",
    "bort",
    "ndefined",
    "ssertion",
    "annot",
    "Could not",
    "exit",
    "*** ",
    "CONFLICT",
    "Caused by",
    "rong",
    "unbound",
    "oom",
    "memory",
    "\N{MULTIPLICATION SIGN}",
    "detected",
    "Sanitizer",
    "made because",
    "refused",
    "in use",
    ".pl line ",
    'File "',
    "E  ",
    "rejected",
    "E: ",
    "unable",
    "e: /",
)
"""A line without any of these says nothing of a failure by itself. Searching them as plain text is quick."""

FROM_AFAR: Final = ("rror", "ERROR", "Traceback", "xception", "FAILED", "undefined", "***")
"""The same for lines far above the end, which explain a failure only if they are of a compiler or another process.

All output is searched for these, so they are few.
"""


def may_tell(text: str) -> bool:
    """Whether some text, of one or more lines, may hold the first line of an error."""
    return any(marker in text for marker in MARKERS)


def may_tell_from_afar(text: str) -> bool:
    """The same, far above the end of the output."""
    return any(marker in text for marker in FROM_AFAR)
