"""IPython's ``display`` where there is no notebook: what is displayed becomes a display of the build."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from buildwidget import report
from buildwidget.habits.startup import in_shell
from buildwidget.reporting.figures import MIMES


class Handle:
    """What ``display(..., display_id=True)`` gives."""

    def __init__(self, display_id: str) -> None:
        self.display_id: Final = display_id

    def display(self, obj: Any, **options: Any) -> None:
        """Show another object in its place."""
        display(obj, display_id=self.display_id, **options)

    update = display


def display(*objs: Any, display_id: str | bool | None = None, raw: bool = False, **_of_notebooks: Any) -> Handle | None:
    """Show objects in the build, as ``IPython.display.display`` does in a notebook.

    Args:
        *objs: what is shown; with ``raw`` each is a mapping from mime types to contents.
        display_id: the same id again replaces what was shown; True makes one.
        raw: whether the objects are such mappings.
        **_of_notebooks: what only a notebook needs.

    Returns:
        A handle that replaces what was shown, where there is a ``display_id``.
    """
    identity = os.urandom(8).hex() if display_id is True else display_id or None
    for obj in objs:
        if raw and isinstance(obj, Mapping):
            _show_bundle(obj, identity)
        else:
            _show(obj, identity)
    return None if identity is None else Handle(identity)


def _show(obj: Any, identity: str | None) -> None:
    own = getattr(obj, "_ipython_display_", None)
    if callable(own) and not isinstance(obj, type) and not hasattr(obj, "_repr_html_"):
        own()
    else:
        report.show(obj, id=identity)


def _show_bundle(bundle: Mapping[str, Any], identity: str | None) -> None:
    for mime in MIMES:
        if bundle.get(mime) is not None:
            report.show(bundle[mime], id=identity, mime=mime)
            return


def replace_displays(module: Any) -> None:
    """Replace the functions of ``IPython.core.display_functions``; in a shell they stay what they are."""
    originals = {name: getattr(module, name) for name in ("display", "publish_display_data", "clear_output")}

    def display_here(*objs: Any, **options: Any) -> Any:
        if in_shell():
            return originals["display"](*objs, **options)
        handle = display(*objs, **options)
        return None if handle is None else module.DisplayHandle(handle.display_id)

    def publish_here(data: Mapping[str, Any], metadata: Any = None, **options: Any) -> None:
        if in_shell():
            originals["publish_display_data"](data, metadata, **options)
        else:
            _show_bundle(data, (options.get("transient") or {}).get("display_id"))

    def clear_here(wait: bool = False) -> None:
        # A build keeps what it showed; outside a shell IPython would write control codes.
        if in_shell():
            originals["clear_output"](wait)

    for name, function in {
        "display": display_here,
        "publish_display_data": publish_here,
        "clear_output": clear_here,
    }.items():
        function.__name__ = function.__qualname__ = name
        function.__module__ = module.__name__
        function.__doc__ = originals[name].__doc__
        setattr(module, name, function)
