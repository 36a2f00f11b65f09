"""The ``__main__`` of a function build and of its child processes: what the notebook's cells defined.

A child that is spawned runs ``buildwidget.runner.cells`` in place of a script. It loads the callable of the build
at the first name that it misses, and not its arguments.
"""

from __future__ import annotations

import importlib.machinery
import os
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

CALL_VARIABLE: Final = "BUILDWIDGET_CALL"
"""The directory of the build whose function this process, or a parent of it, runs. Internal."""
_CELLS: Final = "buildwidget.runner.cells"

known: dict[str, Any] = {}
"""What every child finds in its ``__main__``, by name, as it was at launch."""
_ours = False
_loading: list[Callable[[], object]] = []


def make_main(directory: Path) -> None:
    """Give this process, that of a function build, an empty ``__main__`` which its spawned children have as well."""
    global _ours  # noqa: PLW0603 - a process has one __main__
    _ours = True
    os.environ[CALL_VARIABLE] = str(directory)
    module = types.ModuleType("__main__")
    # multiprocessing runs the module that the spec names in a spawned child.
    module.__spec__ = importlib.machinery.ModuleSpec(_CELLS, None)
    vars(module)["__builtins__"] = __builtins__
    sys.modules["__main__"] = module


def join_main(load: Callable[[], object]) -> None:
    """Make this spawned child's ``__main__`` one that ``load`` fills as soon as a name is asked for."""
    global _ours  # noqa: PLW0603 - a process has one __main__
    _ours = True
    _loading.append(load)


def main_globals() -> dict[str, Any]:
    """The globals for functions of the notebook's ``__main__``: this process's own, in a build."""
    if not _ours:
        return {"__name__": "__main__"}
    fill_main()
    return vars(sys.modules["__main__"])


def fill_main() -> None:
    """Load what the cells defined, where that has not been done."""
    while _loading:
        _loading.pop()()


def publish(names: dict[str, Any]) -> None:
    """Put definitions into ``__main__``, where pickles look for them. Pickles refer to this function by its name."""
    if not _ours:
        return
    main = vars(sys.modules["__main__"])
    for name, value in names.items():
        main.setdefault(name, value)
    known.update({name: value for name, value in main.items() if not name.startswith("__")})


def missing_name(name: str) -> Any:
    """The ``__getattr__`` of a spawned child's ``__main__``."""
    if not name.startswith("__"):
        fill_main()
        main = vars(sys.modules["__main__"])
        if name in main:
            return main[name]
    raise AttributeError(f"module '__main__' has no attribute {name!r}")


def resolve(names: Mapping[str, Any], qualified: str) -> Any:
    """What a dotted name stands for, or None."""
    first, *rest = qualified.split(".")
    found = names.get(first)
    for part in rest:
        found = getattr(found, part, None)
    return found
