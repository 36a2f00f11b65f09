"""Pickles that keep where code comes from: the file name of every function, and the lines of its source.

cloudpickle decides for itself which file name the code of a pickled function gets (since 3.1.3: none), and never
sends source lines. A traceback without them does not show where a build failed. The pickler also sends what pickle
alone only finds by its name in ``__main__``, where a build's process would look in vain.
"""

from __future__ import annotations

import linecache
import os
import pickle
import types
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

import cloudpickle

from buildwidget.runner.by_name import BY_VALUE, only_by_name
from buildwidget.runner.main_module import main_globals, publish, resolve
from buildwidget.runner.shell_calls import check_shell_calls, is_shell, no_shell

MAX_SOURCE_BYTES: Final = 4 * 1024 * 1024
"""Source lines in one pickle, all files together."""

_CODE_FIELDS: Final = tuple(
    name
    for name in (
        "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize", "co_flags",
        "co_firstlineno", "co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars",
        "co_filename", "co_name", "co_qualname", "co_linetable", "co_exceptiontable",
    )
    if hasattr(types.CodeType, name)
)  # fmt: skip
"""What ``CodeType.replace`` takes; ``co_qualname`` and ``co_exceptiontable`` are new in Python 3.11."""


class MainGlobals(dict[str, Any]):
    """Stands for the globals of the notebook's ``__main__``; unpickled as those of the build's."""


class MainNames:
    """Pickled behind other values, puts the functions and classes of ``__main__`` in these into the reader's."""


_MARKS: Final = frozenset({MainGlobals, MainNames})


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no type information
    """cloudpickle's pickler, which keeps the file name of code.

    Args:
        file: has ``write``.
        into_main: functions of ``__main__`` belong to the reader's ``__main__``, as far as it is one of a build's.
        known: what the reader's ``__main__`` has already, by name; only referred to.

    Attributes:
        file_names: of all code pickled so far, in the order of its appearance.
    """

    def __init__(self, file: Any, *, into_main: bool = False, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(file)
        self.file_names: dict[str, None] = {}
        self._into_main = into_main
        self._known = known or {}
        self._found: dict[str, Any] = {}
        self._main: Mapping[str, Any] | None = None

    def reducer_override(self, obj: Any) -> Any:
        """How an object is pickled; NotImplemented means in pickle's own way."""
        kind = type(obj)
        if kind is types.CodeType:
            check_shell_calls(obj)
            self.file_names.setdefault(obj.co_filename)
            return make_code, ({name: getattr(obj, name) for name in _CODE_FIELDS},)
        if kind in _MARKS or is_shell(obj):
            return self._reduce_mark(kind)
        if kind is types.FunctionType or kind in BY_VALUE or isinstance(obj, type):
            return self._reduce_definition(obj)
        reduced = super().reducer_override(obj)
        if reduced is not NotImplemented or kind in self.dispatch_table:
            return reduced
        return only_by_name(obj, self.proto)

    def _reduce_mark(self, kind: type) -> Any:
        if kind is MainGlobals:
            return main_globals, ()
        return (publish, (self._names(),)) if kind is MainNames else (no_shell, ())

    def _reduce_definition(self, obj: Any) -> Any:
        name = _main_name(obj)
        if name is not None:
            if name in self._known and resolve(self._known, name) is obj:
                return name if type(obj) in BY_VALUE else NotImplemented
            self._found.setdefault(name, obj)
        if type(obj) in BY_VALUE:
            return BY_VALUE[type(obj)](obj)
        if isinstance(obj, types.FunctionType):
            self._use_main(obj.__globals__)
        reduced = super().reducer_override(obj)
        if self._known and isinstance(obj, types.FunctionType) and reduced is not NotImplemented:
            sent = reduced[2][1]["__globals__"]
            for key in [key for key, value in sent.items() if self._known.get(key, self) is value]:
                del sent[key]
        return reduced

    def _use_main(self, namespace: dict[str, Any]) -> None:
        """The first namespace of a ``__main__`` is the one: a second, of a script that was run, stays apart."""
        if self._into_main and self._main is None and namespace.get("__name__") in ("__main__", "__mp_main__"):
            self._main = namespace
            self.globals_ref[id(namespace)] = MainGlobals(__name__="__main__")

    def _names(self) -> dict[str, Any]:
        main = self._main
        # A class may have no function at all that tells its namespace.
        return {name: obj for name, obj in self._found.items() if main is None or main.get(name, obj) is obj}


def _main_name(obj: Any) -> str | None:
    """The name of a definition at the top of ``__main__``."""
    if getattr(obj, "__module__", None) != "__main__":
        return None
    name = getattr(obj, "__qualname__", None)
    return name if isinstance(name, str) and name.isidentifier() else None


def make_code(fields: dict[str, Any]) -> types.CodeType:
    """A code object from its fields. Pickles refer to this function by its name."""
    return make_code.__code__.replace(**fields)


def dump(value: Any, file: Any) -> None:
    """Pickle a value, and after it the sources that ``load`` puts back."""
    pickler = Pickler(file)
    pickler.dump(value)
    pickle.dump(_sources(pickler.file_names), file)


def load(file: BinaryIO, *, fresh: bool = False) -> Any:
    """What ``dump`` pickled; tracebacks in this process then show the source lines too.

    Args:
        file: only ever one that nobody else can have written.
        fresh: takes the lines as they were when the value was pickled, even where a file has them and has changed;
            for a process that does nothing else. By default lines that are known here stay.
    """
    value = pickle.load(file)  # noqa: S301 - see file
    _use_sources(pickle.load(file), fresh=fresh)  # noqa: S301 - see file
    return value


def dump_parts(values: list[Any], file: Any) -> None:
    """Pickle several values that share what they refer to; ``load_parts`` reads them one by one.

    What they have of ``__main__`` is put into the ``__main__`` of the build's process.
    """
    pickler = Pickler(file, into_main=True)
    sent = 0
    for value in values:
        pickler.dump((value, MainNames()))
        pickler.dump(_sources(dict.fromkeys([*pickler.file_names][sent:])))
        sent = len(pickler.file_names)


def load_parts(file: BinaryIO) -> Iterator[Any]:
    """What ``dump_parts`` pickled, for a process that does nothing else; a part that is not asked for is not read."""
    # One for all parts: a later one refers to what an earlier one has.
    unpickler = pickle.Unpickler(file)  # noqa: S301 - only ever a file that nobody else can have written
    while True:
        value, _ = unpickler.load()
        _use_sources(unpickler.load(), fresh=True)
        yield value


def _use_sources(sources: dict[str, list[str]], *, fresh: bool) -> None:
    for name, lines in sources.items():
        if fresh or not linecache.getlines(name):
            # Without a time of change, linecache never compares the entry with a file.
            linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def _sources(file_names: dict[str, None]) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    left = MAX_SOURCE_BYTES
    for name in file_names:
        if _file_size(name) > left:
            continue
        lines = linecache.getlines(name)
        size = sum(map(len, lines))
        if lines and size <= left:
            sources[name] = lines
            left -= size
    return sources


def _file_size(name: str) -> int:
    """Bytes of a source file; 0 for a notebook's cell, which is no file."""
    try:
        return os.stat(name).st_size  # noqa: PTH116 - code may have any text as its file name
    except (OSError, ValueError):
        return 0
