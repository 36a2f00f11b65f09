"""The process of a ``function`` build: ``python -c CALL_PROGRAM <build directory>``.

A child of the runner, so that whatever the callable does to its process (sys.exit, a segfault, a signal) is
told truly. Light imports only: this is the user's process.
"""

from __future__ import annotations

import inspect
import io
import os
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from buildwidget.runner.exit_status import NO_KEYBOARD
from buildwidget.runner.function import load_callable, save_exception, save_exit, save_result
from buildwidget.runner.parent_death import die_with_parent


class NoKeyboardError(RuntimeError):
    """What input() and the debugger meet in a build."""

    # Not an EOFError: the debugger takes that for its user's "quit" and hides the sentence.


class _NoKeyboard(io.TextIOBase):
    """Standard input of a build."""

    def read(self, _size: int | None = -1, /) -> NoReturn:
        raise NoKeyboardError(NO_KEYBOARD)

    def readline(self, _size: int = -1, /) -> NoReturn:  # type: ignore[override]  # it never returns
        raise NoKeyboardError(NO_KEYBOARD)

    def readable(self) -> bool:
        return True


def _no_debugger(*_: Any, **__: Any) -> None:
    if os.environ.get("PYTHONBREAKPOINT") != "0":
        raise NoKeyboardError(NO_KEYBOARD)


def main() -> int:
    """Run the call and keep what it gives; the process's exit code."""
    die_with_parent()
    directory = Path(sys.argv[1])
    sys.argv = sys.argv[:1]
    sys.stdin = _NoKeyboard()
    sys.breakpointhook = _no_debugger
    function, args, kwargs = load_callable(directory)
    _publish(function)
    try:
        value = function(*args, **kwargs)
        if inspect.iscoroutine(value):
            import asyncio  # noqa: PLC0415 - 50 ms that most callables need not wait for

            value = asyncio.run(value)
    except SystemExit as leaving:
        save_exit(directory, leaving.code)
        raise
    # Everything the callable raises is its outcome, except KeyboardInterrupt: that is how a cancel reaches it.
    except Exception as error:  # noqa: BLE001
        error = error.with_traceback(_without_this_file(error.__traceback__))
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        save_exception(directory, error, text)
        sys.stdout.flush()
        sys.stderr.write(text)
        return 1
    problem = save_result(directory, value)
    if problem is not None:
        sys.stdout.flush()
        sys.stderr.write(f"{problem}\n")
    return 0


def _without_this_file(trace: types.TracebackType | None) -> types.TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _publish(function: Callable[..., Any]) -> None:
    """Put what came from the notebook's ``__main__`` into ours: multiprocessing looks functions up there by name."""
    main_module = vars(sys.modules["__main__"])
    found = {getattr(function, "__name__", ""): function, **getattr(function, "__globals__", {})}
    for name, value in found.items():
        if name.isidentifier() and not name.startswith("__") and getattr(value, "__module__", None) == "__main__":
            main_module.setdefault(name, value)
