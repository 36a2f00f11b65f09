"""Deleting a build: its row at once, then its log a piece at a time (so that no writer waits long), then its files.

Whoever deletes a build does it here. What was begun and not finished is noted in the database until all is gone.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Table, delete, insert, select

from buildwidget.protocol.events import ENDS
from buildwidget.store import rows, schema
from buildwidget.store.build_files import remove_build_dir
from buildwidget.store.engine import Database
from buildwidget.store.errors import StillRunning
from buildwidget.store.tables import builds, commands, events, payloads, removals, states

_EVENTS_AT_ONCE: Final = 5_000
_PAYLOADS_AT_ONCE: Final = 10


def remove(database: Database, build_id: str) -> None:
    """Delete a build that has ended. Nobody sees it from the first moment on."""
    with database.writing() as connection:
        schema.check_writer(connection)
        if rows.row(connection, build_id).status not in ENDS:
            raise StillRunning
        connection.execute(insert(removals), [{"build_id": build_id}])
        for table in (commands, states):
            connection.execute(delete(table).where(table.c.build_id == build_id))
        connection.execute(delete(builds).where(builds.c.id == build_id))
    _finish(database, build_id)


def finish_removals(database: Database) -> None:
    """Go on with what somebody began to delete and did not finish (the process died, a file could not be removed)."""
    with database.reading() as connection:
        unfinished = list(connection.scalars(select(removals.c.build_id)))
    for build_id in unfinished:
        _finish(database, build_id)


def _finish(database: Database, build_id: str) -> None:
    while True:
        with database.writing() as connection:
            deleted = _delete_some(connection, events, build_id, events.c.seq, _EVENTS_AT_ONCE)
            deleted += _delete_some(connection, payloads, build_id, payloads.c.key, _PAYLOADS_AT_ONCE)
        if not deleted:
            break
    if remove_build_dir(build_id):  # else finish_removals tries it again
        with database.writing() as connection:
            connection.execute(delete(removals).where(removals.c.build_id == build_id))


def _delete_some(connection: Connection, table: Table, build_id: str, key: Any, limit: int) -> int:
    of_build = table.c.build_id == build_id
    some = select(key).where(of_build).limit(limit).scalar_subquery()
    return connection.execute(delete(table).where(of_build, key.in_(some))).rowcount
