"""The root of every error that buildwidget raises on purpose.

BuildwidgetError
 ├── StoreError        the database said no (the tree goes on in store/errors.py)
 ├── LaunchError       what was asked for cannot be launched; nothing was stored
 └── BuildFailed       wait() or result() met a build that did not succeed
"""

from __future__ import annotations


class BuildwidgetError(Exception):
    """Something went wrong in buildwidget."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").strip().splitlines()[0])

    def _render_traceback_(self) -> list[str]:
        """What IPython shows below a cell: the sentence, without what this package was doing."""
        from buildwidget.cell_errors import rendered  # noqa: PLC0415 - of use to notebooks alone

        return rendered(self, f"{type(self).__name__}: {self}")


class LaunchError(BuildwidgetError):
    """The build cannot be launched; nothing was stored.

    Args:
        message: what is wrong and what to do, for a person.
        field: the argument that is wrong, e.g. ``cwd``.
        code: the same as a word for programs: ``invalid``, ``unsupported``, ``key_taken``, ``secret_missing``.
    """

    def __init__(self, message: str, *, field: str | None = None, code: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.code = code


class BuildFailed(BuildwidgetError):  # noqa: N818 - reads as what it tells: "except BuildFailed"
    """The build did not succeed."""
