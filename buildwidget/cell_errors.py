"""How errors that are raised on purpose look below a notebook's cell: their sentence, and user code's traceback."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

_OURS: Final = str(Path(__file__).parent)
_STANDARD: Final = str(Path(traceback.__file__).parent)
_PICKLERS: Final = ("cloudpickle", "pickle", "copyreg")


def rendered(error: BaseException, message: str) -> list[str]:
    """The lines for IPython: ``message`` last, without a frame of this package.

    Above it stand the traceback of an exception of user code that caused the error, and the frames of user code that
    called this package, where the cell did not do so itself.
    """
    lines: list[str] = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    trace = None if cause is None else _raised_by_user(cause.__traceback__)
    if cause is not None and trace is not None:
        lines += [*_formatted(cause, trace), "", "This exception was the cause of the following error:", ""]
    callers = _callers(error.__traceback__)
    if callers is not None:
        return [*lines, *_formatted(_alone(error), callers)]
    return [*lines, message]


def _alone(error: BaseException) -> BaseException:
    """A copy of an error that has no cause and no traceback."""
    copy = type(error).__new__(type(error), *error.args)
    copy.args = error.args
    return copy


def _raised_by_user(trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that begins with user code, below the last frame of this package and of pickle."""
    kept = trace
    while trace is not None:
        if _is_internal(trace):
            kept = trace.tb_next
        trace = trace.tb_next
    while kept is not None and _is_library(kept):
        kept = kept.tb_next
    return kept


def _callers(trace: TracebackType | None) -> TracebackType | None:
    """The frames of user code above the first of this package; None where it is the cell alone."""
    entries = []
    while trace is not None and not _is_internal(trace):
        if not _module(trace).startswith(("IPython.", "ipykernel.")):
            entries.append(trace)
        trace = trace.tb_next
    if len(entries) <= 1:
        return None
    kept: TracebackType | None = None
    for entry in reversed(entries):
        kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


def _is_internal(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith(_OURS) or _module(trace).split(".")[0] in _PICKLERS


def _is_library(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((_STANDARD, "<frozen")) or "-packages" in file


def _module(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__", ""))


def _formatted(error: BaseException, trace: TracebackType) -> list[str]:
    """As IPython shows it, in the user's own style, else as Python does."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        return list(shell.InteractiveTB.structured_traceback(type(error), error, trace, tb_offset=0))
    return [line.rstrip("\n") for line in traceback.format_exception(type(error), error, trace)]
