"""Waits for the libraries that a notebook treats in its own way."""

from __future__ import annotations

import sys

from buildwidget.reporting.import_hooks import when_imported

# Not from typing: see buildwidget/__init__.py.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_installed = False


def install() -> None:
    """Displays, figures and bars of this process go to its build from now on, unless it is a kernel."""
    global _installed  # noqa: PLW0603 - a process has one of every library
    if _installed:
        return
    _installed = True
    when_imported("IPython.core.display_functions", _displays)
    when_imported("matplotlib", _figures)
    when_imported("tqdm.notebook", _bars)


def in_shell() -> bool:
    """Whether an IPython shell runs here, such as that of a kernel that the build started."""
    ipython = sys.modules.get("IPython")
    find = getattr(ipython, "get_ipython", None)
    return find is not None and find() is not None


def _displays(module: ModuleType) -> None:
    from buildwidget.habits.displays import replace_displays  # noqa: PLC0415 - see the package

    replace_displays(module)


def _figures(module: ModuleType) -> None:
    from buildwidget.habits.figures import use_as_default  # noqa: PLC0415 - see the package

    use_as_default(module)


def _bars(module: Any) -> None:
    from buildwidget.habits.bars import terminal_bar  # noqa: PLC0415 - see the package

    if in_shell():
        return
    bar = terminal_bar(module.std_tqdm)

    def trange(*args: Any, **kwargs: Any) -> Any:
        return bar(range(*args), **kwargs)

    module.tqdm = module.tqdm_notebook = bar
    module.trange = module.tnrange = trange


def finish() -> None:
    """Show what a notebook shows at the end of a cell: figures that are still open."""
    backend = sys.modules.get("buildwidget.habits.figures_backend")
    if backend is not None:
        backend.show_rest()
