"""Functions and classes of cells on their way to the child processes of a function build, and back.

multiprocessing pickles functions and classes by their name. What has none in the child's ``__main__`` (a closure, a
lambda, what was defined after the launch) is sent by value here. What the other side still cannot load becomes an
error of the task: by itself it would end the worker or the thread that reads results, and the build would wait forever.
"""

from __future__ import annotations

import functools
import io
import os
import pickle
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from buildwidget.reporting.import_hooks import when_imported
from buildwidget.runner import main_module
from buildwidget.runner.by_name import BY_VALUE, teach_every_pickler
from buildwidget.runner.cannot_load import CannotLoadError

if TYPE_CHECKING:
    from buildwidget.runner.pickling import Pickler

_HELPER: Final = "_buildwidget_helper"


def help_children() -> None:
    """Prepare this process, that of a function build or a spawned child of it, for children of its own."""
    teach_every_pickler()
    when_imported("multiprocessing.reduction", lambda module: _teach(module.ForkingPickler))
    when_imported("joblib.pool", lambda module: _teach(module.CustomizablePickler))


def prepare_child() -> None:
    """Prepare this process, a spawned child."""
    directory = os.environ.get(main_module.CALL_VARIABLE)
    if directory:
        main_module.join_main(functools.partial(_load, Path(directory)))
    help_children()


def _load(directory: Path) -> None:
    from buildwidget.runner.function import load_definitions  # noqa: PLC0415 - many children never need it

    load_definitions(directory)


def _teach(pickler: Any) -> None:
    pickler.reducer_override = _override
    if hasattr(pickler, "loads"):
        pickler.loads = staticmethod(loads)


def _override(pickler: Any, obj: Any) -> Any:
    """The ``reducer_override`` of multiprocessing's picklers."""
    kind = type(obj)
    if not issubclass(kind, type) and kind not in _special():
        return NotImplemented
    helper: Pickler | None = vars(pickler).get(_HELPER)
    if helper is None:
        from buildwidget.runner.pickling import Pickler  # noqa: PLC0415 - many children never need it

        helper = Pickler(io.BytesIO(), into_main=True, known=main_module.known)
        setattr(pickler, _HELPER, helper)
    reduced = helper.reducer_override(obj)
    if reduced is NotImplemented and kind not in pickler.dispatch_table:
        reduce = helper.dispatch_table.get(kind)
        return NotImplemented if reduce is None else reduce(obj)
    return reduced


@functools.lru_cache(maxsize=1)
def _special() -> frozenset[type]:
    """Types that need more than pickle: functions, and what they and classes consist of."""
    from buildwidget.runner.pickling import MainGlobals, Pickler  # noqa: PLC0415 - as above

    # A file that is copied silently would be a surprise.
    of_cloudpickle = {kind for kind in Pickler.dispatch_table.maps[0] if isinstance(kind, type)}
    return frozenset({types.FunctionType, types.CodeType, MainGlobals, *BY_VALUE, *of_cloudpickle} - {io.TextIOWrapper})


class _Missing:
    """Stands for what was not found, until all the rest of the pickle has been read."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


class _Tolerant(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        try:
            return super().find_class(module, name)
        except Exception:  # noqa: BLE001 - importing a module runs its code, which may raise anything
            return _Missing


def loads(data: Any, /, **options: Any) -> Any:
    """``pickle.loads`` for what other processes of the build send; a task that cannot be loaded fails by itself."""
    try:
        return pickle.loads(data, **options)  # noqa: S301 - from a process of this build
    except Exception as error:
        failing = _failing(data, error)
        if failing is None:
            raise
        return failing


def _failing(data: Any, error: Exception) -> Any:
    """The message with an error in place of what it was to run, or of its result; None for any other message."""
    try:
        message = _Tolerant(io.BytesIO(data)).load()
    except Exception:  # noqa: BLE001 - the first error is the one to tell
        return None
    cannot = CannotLoadError(
        f"A process of the build cannot load what another one sent: {type(error).__name__}: {error}"
    )
    if isinstance(message, tuple) and len(message) == 5:  # a pool's task: job, number, function, arguments
        return (*message[:2], functools.partial(_fail, cannot), (), {})
    if isinstance(message, tuple) and len(message) == 3 and isinstance(message[2], tuple):  # its result
        return (*message[:2], (False, cannot))
    if type(message).__name__ == "_CallItem":  # a task of concurrent.futures
        message.fn, message.args, message.kwargs = functools.partial(_fail, cannot), (), {}
        return message
    return None


def _fail(error: CannotLoadError) -> NoReturn:
    raise error
