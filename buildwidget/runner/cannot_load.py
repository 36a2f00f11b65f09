"""What a process of a build cannot load of what another one sent it."""

from __future__ import annotations

from buildwidget.errors import BuildwidgetError


class CannotLoadError(BuildwidgetError):
    """A child process, or its parent, cannot load what the other one sent; the build's error is ``cannot_load``."""
