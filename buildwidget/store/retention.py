"""What is kept: builds of the last days, up to a size. An active build is never deleted."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import select

from buildwidget.protocol.events import ENDS
from buildwidget.store.errors import NotFound, StillRunning
from buildwidget.store.removal import finish_removals
from buildwidget.store.store import Store
from buildwidget.store.tables import builds

KEPT_DAYS: Final = 30
KEPT_BYTES: Final = 5 * 1024**3
_DAY_MS: Final = 24 * 60 * 60 * 1000


def sweep_retention(
    store: Store,
    *,
    now_ms: int,
    days: float = KEPT_DAYS,
    max_bytes: int = KEPT_BYTES,
    builds_dir: Path | None = None,
) -> list[str]:
    """Delete ended builds older than ``days``, and the oldest ones while all together are over ``max_bytes``.

    Args:
        store: the database; builds of all owners count.
        now_ms: the time, milliseconds since the epoch.
        days: counted from a build's end.
        max_bytes: of logs and payloads, and of the files in ``builds_dir``.
        builds_dir: where builds have their files, in directories named by their ids; None: their size does not count.

    Returns:
        The ids that were deleted.
    """
    finish_removals(store.database)
    doomed = _doomed(store, now_ms - int(days * _DAY_MS), max_bytes, lambda build: _files_bytes(builds_dir, build))
    deleted = []
    for build_id in doomed:
        # Another sweep may have been faster.
        with contextlib.suppress(NotFound, StillRunning):
            store.delete(build_id)
            deleted.append(build_id)
    return deleted


def _doomed(store: Store, ended_before: int, max_bytes: int, files_bytes: Callable[[str], int]) -> list[str]:
    query = select(builds.c.id, builds.c.status, builds.c.ended_at, builds.c.bytes)
    newest_first = query.order_by(builds.c.created_at.desc(), builds.c.id.desc())
    with store.database.reading() as connection:
        found = connection.execute(newest_first).all()
    doomed = []
    total = 0
    for row in found:
        total += row.bytes + files_bytes(row.id)
        if row.status in ENDS and (total > max_bytes or (row.ended_at or 0) < ended_before):
            doomed.append(row.id)
    return doomed


def _files_bytes(builds_dir: Path | None, build_id: str) -> int:
    if builds_dir is None:
        return 0
    total = 0
    for directory, _subdirectories, files in os.walk(builds_dir / build_id):
        for name in files:
            with contextlib.suppress(OSError):
                total += Path(directory, name).lstat().st_size
    return total
