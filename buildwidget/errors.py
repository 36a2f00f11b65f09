"""The root of every error that buildwidget raises on purpose.

BuildwidgetError
 ├── StoreError        (store/errors.py)
 ├── LaunchError       what was asked for cannot be launched; nothing was stored
 └── BuildFailed       wait()/result() of a build that did not succeed
"""

from __future__ import annotations


class BuildwidgetError(Exception):
    """Something went wrong in buildwidget."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").strip().splitlines()[0])


class LaunchError(BuildwidgetError):
    """The build cannot be launched; nothing was stored."""


class BuildFailed(BuildwidgetError):  # noqa: N818 - reads as what it tells: "except BuildFailed"
    """The build did not succeed."""
