"""Long-running builds launched from Jupyter that outlive page, kernel and server, shown live everywhere.

>>> import buildwidget as bw
>>> build = bw.launch("make -j4", name="compile")
>>> build
"""

from __future__ import annotations

import importlib

# Not from typing: every Python inside a build imports this package, and typing alone would double what that takes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from buildwidget import report as report
    from buildwidget.api import attach as attach
    from buildwidget.api import builds as builds
    from buildwidget.api import launch as launch
    from buildwidget.api import launch_agent as launch_agent
    from buildwidget.build import Build as Build
    from buildwidget.errors import BuildFailed as BuildFailed
    from buildwidget.errors import BuildwidgetError as BuildwidgetError
    from buildwidget.errors import LaunchError as LaunchError
    from buildwidget.tracking import track as track

__version__ = "0.1.0"

_HOMES = {
    "Build": "buildwidget.build",
    "BuildFailed": "buildwidget.errors",
    "BuildwidgetError": "buildwidget.errors",
    "LaunchError": "buildwidget.errors",
    "attach": "buildwidget.api",
    "builds": "buildwidget.api",
    "launch": "buildwidget.api",
    "launch_agent": "buildwidget.api",
    "track": "buildwidget.tracking",
}
"""Where each public name lives; each is loaded at first use.

A process inside a build imports this package for ``report`` alone, and should not pay for a database library.
"""

__all__ = [
    "Build",
    "BuildFailed",
    "BuildwidgetError",
    "LaunchError",
    "attach",
    "builds",
    "launch",
    "launch_agent",
    "report",
    "track",
]


def __getattr__(name: str) -> Any:
    if name == "report":
        return importlib.import_module("buildwidget.report")
    if name not in _HOMES:
        raise AttributeError(f"module 'buildwidget' has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
