"""Builds as rows: making, finding and listing them, in a transaction of the caller."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, or_, select

from buildwidget.protocol.state import Summary
from buildwidget.store.errors import KeyTaken, NotFound
from buildwidget.store.records import BuildPage, BuildRecord, NewBuild, ProcessIdentity
from buildwidget.store.tables import UNENDED, builds

Statuses: TypeAlias = "str | Collection[str] | None"

_decode_summary = msgspec.json.Decoder(Summary).decode


def row(connection: Connection, build_id: str) -> Any:
    """The whole row, or NotFound."""
    found = connection.execute(select(builds).where(builds.c.id == build_id)).one_or_none()
    if found is None:
        raise NotFound(build_id)
    return found


def record(found: Any) -> BuildRecord:
    """A row as a record."""
    process = None
    if found.pid is not None:
        process = ProcessIdentity(host=found.host, boot=found.boot, pid=found.pid, created=found.pid_created)
    return BuildRecord(
        summary=_decode_summary(found.summary),
        epoch=found.epoch,
        head=found.head,
        generation=found.generation,
        heartbeat=found.heartbeat,
        process=process,
        spec=msgspec.json.decode(found.spec),
        slotted=found.slotted,
    )


def process_columns(process: ProcessIdentity) -> dict[str, Any]:
    """A process as columns of ``builds``."""
    return {"host": process.host, "boot": process.boot, "pid": process.pid, "pid_created": process.created}


def insert_build(connection: Connection, new: NewBuild, columns: dict[str, Any]) -> None:
    """A new row; ``columns`` are those that do not follow from ``new``.

    Raises:
        KeyTaken: a build that has not ended holds the key.
    """
    project = new.project or columns["project"] or ""
    if new.key is not None:
        holders = _of_key(new.owner, project, new.key).where(UNENDED)
        holder = connection.execute(holders).first()
        if holder is not None:
            raise KeyTaken(holder.id)
    identity = {
        "id": new.id,
        "owner": new.owner,
        "kind": new.kind,
        "created_at": new.created_at,
        "retry_of": new.retry_of,
        "follows": new.follows,
        "key": new.key,
        "key_project": project,
        "slotted": new.slotted,
        "spec": msgspec.json.encode(new.spec),
    }
    connection.execute(insert(builds), [{**identity, **columns}])


def by_status(connection: Connection, owner: str | None, statuses: Collection[str]) -> list[BuildRecord]:
    """All builds of these statuses, oldest first; owner None: everybody's."""
    query = select(builds).where(builds.c.status.in_(statuses)).order_by(builds.c.created_at, builds.c.id)
    if owner is not None:
        query = query.where(builds.c.owner == owner)
    return [record(found) for found in connection.execute(query)]


def by_key(connection: Connection, owner: str, project: str | None, key: str, statuses: Statuses) -> list[BuildRecord]:
    """All builds launched under a key, newest first."""
    query = _newest_first(_of_key(owner, project or "", key).where(*_has_status(statuses)))
    return [record(found) for found in connection.execute(query)]


def page(
    connection: Connection,
    owner: str,
    *,
    status: Statuses,
    project: str | None,
    q: str | None,
    limit: int,
    cursor: str | None,
) -> BuildPage:
    """A page of builds, newest first."""
    query = _listed(owner, project).where(*_has_status(status))
    if q:
        columns = (builds.c.name, builds.c.project, builds.c.key, builds.c.id)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    if cursor is not None:
        query = query.where(_older_than(*_parse_cursor(cursor)))
    found = connection.execute(_newest_first(query).limit(limit + 1)).all()
    following = f"{found[limit - 1].created_at}-{found[limit - 1].id}" if len(found) > limit else None
    return BuildPage(summaries(found[:limit]), following)


def active_and_newest(connection: Connection, owner: str, project: str | None, newest: int) -> list[Summary]:
    """All builds that have not ended and the newest others, newest first."""
    listed = _listed(owner, project)
    found = {each.id: each for each in connection.execute(_newest_first(listed).limit(newest))}
    found |= {each.id: each for each in connection.execute(listed.where(UNENDED))}
    return summaries(sorted(found.values(), key=lambda each: (each.created_at, each.id), reverse=True))


def summaries(found: Iterable[Any]) -> list[Summary]:
    """Rows of a list as summaries, queued ones with their place."""
    listed = []
    for each in found:
        summary = _decode_summary(each.summary)
        listed.append(msgspec.structs.replace(summary, ahead=each.ahead) if each.ahead is not None else summary)
    return listed


def ahead(connection: Connection, build_id: str) -> int:
    """How many queued builds must start before this one; 0 if it is not queued."""
    place = connection.execute(select(_AHEAD).where(builds.c.id == build_id)).one_or_none()
    if place is None:
        raise NotFound(build_id)
    return int(place[0] or 0)


def slot_is_free(connection: Connection, build_id: str, limit: int) -> bool:
    """Whether this queued build may start: a slot on its host is free, and nobody older waits for it."""
    found = row(connection, build_id)
    if not found.slotted:
        return True
    running = select(func.count()).where(
        builds.c.status == "running", builds.c.slotted.is_(True), builds.c.host == found.host
    )
    return ahead(connection, build_id) == 0 and (connection.scalar(running) or 0) < limit


def _ahead_of() -> ColumnElement[int | None]:
    older = builds.alias("older")
    waiting = select(func.count()).where(
        older.c.status == "queued",
        older.c.slotted.is_(True),
        older.c.host == builds.c.host,
        or_(
            older.c.created_at < builds.c.created_at,
            and_(older.c.created_at == builds.c.created_at, older.c.id < builds.c.id),
        ),
    )
    counted = waiting.correlate(builds).scalar_subquery()
    return case((and_(builds.c.status == "queued", builds.c.slotted.is_(True)), counted), else_=None)


_AHEAD = _ahead_of().label("ahead")


def _listed(owner: str, project: str | None) -> Select[Any]:
    query = select(builds.c.id, builds.c.created_at, builds.c.summary, _AHEAD).where(builds.c.owner == owner)
    return query if project is None else query.where(builds.c.project == project)


def _of_key(owner: str, project: str, key: str) -> Select[Any]:
    return select(builds).where(builds.c.owner == owner, builds.c.key_project == project, builds.c.key == key)


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(builds.c.created_at.desc(), builds.c.id.desc())


def _older_than(created_at: int, build_id: str) -> ColumnElement[bool]:
    same_time = and_(builds.c.created_at == created_at, builds.c.id < build_id)
    return or_(builds.c.created_at < created_at, same_time)


def _has_status(statuses: Statuses) -> Sequence[ColumnElement[bool]]:
    if statuses is None:
        return ()
    return (builds.c.status.in_([statuses] if isinstance(statuses, str) else list(statuses)),)


def _parse_cursor(cursor: str) -> tuple[int, str]:
    created_at, _, build_id = cursor.partition("-")
    if not re.fullmatch(r"[0-9]{1,16}", created_at):
        raise ValueError(f"{cursor[:100]!r} is not a cursor of a list of builds")
    return int(created_at), build_id
