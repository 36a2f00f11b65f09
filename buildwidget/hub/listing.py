"""The list of builds as the clients see it, and what changed in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from buildwidget.hub.reader import ListRead
from buildwidget.protocol.codec import encode_frame
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.frames import Builds
from buildwidget.protocol.state import Summary

KEPT_VERSIONS: Final = 8
"""Versions of the list from which a difference can be told; who is further behind gets the whole list again."""


class Listing:
    """The active and newest builds, as versions from 1 on.

    Rows that drop out of that window stay (a build that ended should not vanish from the panel), until they
    are deleted or the list is longer than ``max_rows``; then the oldest ended ones go.
    """

    def __init__(self, max_rows: int) -> None:
        self.version = 0
        self._max_rows = max_rows
        self._versions: dict[int, Mapping[str, Summary]] = {0: {}}
        self._frames: dict[tuple[int, int], bytes] = {}

    @property
    def rows(self) -> Mapping[str, Summary]:
        """The rows of the newest version, by id."""
        return self._versions[self.version]

    @property
    def any_active(self) -> bool:
        """Whether a listed build has not ended."""
        return any(row.status not in ENDS for row in self.rows.values())

    def update(self, read: ListRead) -> bool:
        """Take the list as it is now; whether there is a new version (the first read always makes one)."""
        rows = dict(self.rows)
        for row in (*read.window, *read.changed):
            known = rows.get(row.id)
            # A log that only grew is no news for a list.
            if known is None or msgspec.structs.replace(row, head=known.head) != known:
                rows[row.id] = row
        for build in read.removed:
            rows.pop(build, None)
        for build in self._surplus(rows):
            del rows[build]
        if self.version and rows == self.rows:
            return False
        self._keep(rows)
        return True

    def frame(self, since: int) -> bytes:
        """What leads from version ``since`` (0: nothing yet) to the newest; one bytes object for all who ask."""
        key = (since, self.version)
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = self._encode(since)
        return frame

    def _encode(self, since: int) -> bytes:
        rows = self.rows
        before = self._versions.get(since) if since else None
        if before is None:
            newest_first = sorted(rows.values(), key=lambda row: (row.created_at, row.id), reverse=True)
            return encode_frame(Builds(builds=newest_first, removed=[], reset=True))
        changed = [row for build, row in rows.items() if row is not before.get(build)]
        removed = [build for build in before if build not in rows]
        return encode_frame(Builds(builds=changed, removed=removed, reset=False))

    def _surplus(self, rows: Mapping[str, Summary]) -> list[str]:
        too_many = len(rows) - self._max_rows
        if too_many <= 0:
            return []
        ranked = sorted(rows.values(), key=lambda row: (row.status not in ENDS, row.created_at, row.id))
        return [row.id for row in ranked[:too_many]]

    def _keep(self, rows: Mapping[str, Summary]) -> None:
        self.version += 1
        self._versions[self.version] = rows
        self._frames.clear()
        for old in [version for version in self._versions if version <= self.version - KEPT_VERSIONS]:
            del self._versions[old]
