"""Pickles that keep where code comes from: the file name of every function, and the lines of its source.

cloudpickle decides for itself which file name the code of a pickled function gets (since 3.1.3: none), and never
sends source lines. A traceback without them does not show where a build failed.
"""

from __future__ import annotations

import linecache
import os
import pickle
import types
from typing import Any, BinaryIO, Final

import cloudpickle

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


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no type information
    """cloudpickle's pickler, which keeps the file name of code.

    Attributes:
        file_names: of all code pickled so far, in the order of its appearance.
    """

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.file_names: dict[str, None] = {}

    def reducer_override(self, obj: Any) -> Any:
        """How an object is pickled; NotImplemented means in pickle's own way."""
        if isinstance(obj, types.CodeType):
            self.file_names.setdefault(obj.co_filename)
            return make_code, ({name: getattr(obj, name) for name in _CODE_FIELDS},)
        return super().reducer_override(obj)


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
    for name, lines in pickle.load(file).items():  # noqa: S301 - see file
        if fresh or not linecache.getlines(name):
            # Without a time of change, linecache never compares the entry with a file.
            linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
    return value


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
