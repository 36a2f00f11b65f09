"""The process of a ``function`` build: ``python -c CALL_PROGRAM <build directory>``.

A child of the runner, so that whatever the callable does to its process (sys.exit, a segfault, a signal) is
told truly. Light imports only: this is the user's process.
"""

from __future__ import annotations

import builtins
import inspect
import io
import os
import sys
import traceback
import types
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, NoReturn

from buildwidget.habits.startup import finish, install
from buildwidget.runner.children import help_children
from buildwidget.runner.exit_status import NO_KEYBOARD
from buildwidget.runner.function import load_callable, save_exception, save_exit, save_not_loaded, save_result
from buildwidget.runner.main_module import make_main
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
    make_main(directory)
    help_children()
    _be_like_a_notebook()
    try:
        function, args, kwargs = load_callable(directory)
    # Loading imports the user's modules, which may raise anything and even leave; a Ctrl-C or a cancel does as well.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        text = _text_of(error)
        save_not_loaded(directory, error, text)
        sys.stderr.write(text)
        return 1
    try:
        value = function(*args, **kwargs)
        if inspect.isawaitable(value):
            import asyncio  # noqa: PLC0415 - 50 ms that most callables need not wait for

            value = asyncio.run(_awaited(value))
        finish()
    except SystemExit as leaving:
        save_exit(directory, leaving.code)
        raise
    # Everything the callable raises is its outcome, except KeyboardInterrupt: that is how a cancel reaches it.
    except Exception as error:  # noqa: BLE001
        text = _text_of(error)
        save_exception(directory, error, text)
        sys.stdout.flush()
        sys.stderr.write(text)
        return 1
    problem = save_result(directory, value)
    if problem is not None:
        sys.stdout.flush()
        sys.stderr.write(f"{problem}\n")
    return 0


def _text_of(error: BaseException) -> str:
    error = error.with_traceback(_without_this_file(error.__traceback__))
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def _without_this_file(trace: types.TracebackType | None) -> types.TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _be_like_a_notebook() -> None:
    install()
    # IPython gives every cell its display, which no import brings.
    builtins.display = _display  # type: ignore[attr-defined]  # see above


def _display(*objs: Any, **options: Any) -> Any:
    from buildwidget.habits.displays import display  # noqa: PLC0415 - most functions display nothing

    return display(*objs, **options)


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value
