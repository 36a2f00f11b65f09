"""What the store raises. The docstring of each is its default message.

BuildwidgetError
 └── StoreError
      ├── KeyTaken           create(): a build that has not ended holds the key
      ├── NotFound           no such build, tool, metric, display or artifact
      ├── Fenced             the writer is not the writer any more
      ├── Ended              nothing may follow an end
      ├── StillRunning       delete(): the build has not ended
      ├── DatabaseTooNew     the database asks for a newer buildwidget
      ├── ForeignDatabase    the file is not ours
      ├── CorruptDatabase    the file is damaged
      └── Unavailable        locked, full or unreachable: try again
           ├── DatabaseGone  the file was deleted or moved
           ├── BuildMissing  a writer's build is not in the database: another one is in its place
           ├── Rewound       a writer's build is there as it was earlier: a backup was restored
           └── UpgradeWaits  a migration waits until no build is active
"""

# ruff: noqa: N818 - "except Fenced" and "raise NotFound" read as what they tell
from __future__ import annotations

from pathlib import Path

from buildwidget.errors import BuildwidgetError


class StoreError(BuildwidgetError):
    """The database refused the operation."""


class KeyTaken(StoreError):
    """A build that has not ended holds this key."""

    def __init__(self, existing_id: str) -> None:
        super().__init__(f"Build {existing_id} holds this key and has not ended.")
        self.existing_id = existing_id


class NotFound(StoreError):
    """There is no such thing in the database."""

    def __init__(self, build_id: str, what: str = "build", name: str | None = None) -> None:
        super().__init__(
            f"There is no build {build_id!r}." if name is None else f"Build {build_id!r} has no {what} {name!r}."
        )
        self.build_id = build_id


class Fenced(StoreError):
    """Another writer took this build over; this one must stop."""


class Ended(StoreError):
    """The build has ended; nothing may follow its end."""


class StillRunning(StoreError):
    """The build has not ended; cancel it before deleting it."""


class DatabaseTooNew(StoreError):
    """The database was made by a newer buildwidget; upgrade this one."""


class ForeignDatabase(StoreError):
    """The file at the database's path is not a buildwidget database; it was left untouched."""


class CorruptDatabase(StoreError):
    """The database file is damaged; it was left untouched."""


class Unavailable(StoreError):
    """The database cannot be reached or written right now; try again."""


class UpgradeWaits(Unavailable):
    """The database needs an upgrade that waits until no build is active; try again then."""


class DatabaseGone(Unavailable):
    """The database file was deleted or moved while it was in use."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(
            f"The database file {path} was deleted or moved while it was in use. Put it back, or start a new kernel "
            "or server to begin a new one."
        )


class BuildMissing(Unavailable):
    """The database does not have this build: its file was replaced, or restored from a backup made before the build."""


class Rewound(Unavailable):
    """The database was restored to an earlier state of this build."""
