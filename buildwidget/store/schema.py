"""Making, recognising and migrating a database.

A database tells which versions of this schema may read and write it. Migrations are additive within a major version:
older code goes on beside newer code. Only one that raises ``min_reader`` or ``min_writer`` shuts older code out, and
that one waits until no build is active.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, insert, inspect, select, text, update

from buildwidget.store import tables
from buildwidget.store.engine import Database
from buildwidget.store.errors import CorruptDatabase, DatabaseTooNew, ForeignDatabase, Unavailable, UpgradeWaits
from buildwidget.store.ids import new_database_id
from buildwidget.store.location import make_private

APPLICATION_ID: Final = 0x62756C64
"""``buld``, in the header of our SQLite files (its place and meaning: https://sqlite.org/fileformat2.html)."""

_SQLITE_MAGIC = b"SQLite format 3\0"
_SQLITE_HEADER_BYTES = 100


@dataclass(frozen=True)
class Version:
    """A version of the schema: what this code makes, or what a database says of itself.

    ``number`` grows with every migration; ``revision`` is Alembic's name of the newest; code whose number is below
    ``min_reader`` or ``min_writer`` may not read or write.
    """

    number: int
    revision: str
    min_reader: int
    min_writer: int


CURRENT: Final = Version(number=1, revision="0001", min_reader=1, min_writer=1)
MIGRATIONS: Final = Path(__file__).with_name("migrations")


def prepare(database: Database, code: Version = CURRENT, migrations: Path = MIGRATIONS, *, create: bool = True) -> str:
    """Make the database, or migrate it to ``code``, or find it as it should be. Returns its id.

    Args:
        database: where it is, or is to be.
        code: the version of the schema that this code knows.
        migrations: the directory of the migrations.
        create: False: the file must be there, and must not be empty.

    Raises:
        ForeignDatabase: the file is not ours.
        CorruptDatabase: the file is ours and damaged.
        DatabaseTooNew: the database does not let this code read.
        UpgradeWaits: it must be migrated, and cannot while builds are active.
        Unavailable: the file cannot be opened, or is locked for too long.
    """
    if database.path is not None:
        _make_file(database.path, create=create)
    with database.reading() as connection:
        stored = _stored_version(connection)
    if stored is None or stored.number < code.number:
        with database.writing() as connection:
            # Asked again, now that no other process can be at it.
            stored = _stored_version(connection)
            if stored is None:
                _create(connection, code)
            elif stored.number < code.number:
                _migrate(connection, stored, code, migrations)
    database.use_journal_mode()
    with database.reading() as connection:
        check_reader(connection, code)
        return _meta(connection)["database_id"]


def check_reader(connection: Connection, code: Version = CURRENT) -> None:
    """Raise DatabaseTooNew if this code may not read the database any more."""
    _check(connection, "min_reader", "read", code)


def check_writer(connection: Connection, code: Version = CURRENT) -> None:
    """Raise DatabaseTooNew if this code may not write the database any more."""
    _check(connection, "min_writer", "write", code)


def _check(connection: Connection, name: str, verb: str, code: Version) -> None:
    needed = connection.scalar(_META_VALUE, {"name": name})
    if needed is not None and int(needed) > code.number:
        raise DatabaseTooNew(
            f"This buildwidget may not {verb} the database: it knows schema version {code.number}, and the database "
            f"asks for {needed} or newer. Upgrade it (pip install -U buildwidget) and restart the kernel or server."
        )


_META_VALUE = select(tables.meta.c.value).where(tables.meta.c.name == text(":name"))


def _make_file(path: Path, *, create: bool) -> None:
    """Make the file, or see that it is ours; either way only its owner may read it."""
    # Looked at first: a database that another process is making has its header before its write-ahead log.
    has_log = _size(Path(f"{path}-wal")) > 0
    try:
        if create:
            make_private(path.parent)
        with os.fdopen(os.open(path, os.O_RDWR | (os.O_CREAT if create and not has_log else 0), 0o600), "rb") as file:
            header = file.read(_SQLITE_HEADER_BYTES)
    except OSError as error:
        if has_log and isinstance(error, FileNotFoundError):
            raise _left_behind(path) from error
        raise Unavailable(f"The database {path} cannot be opened: {error.strerror}.") from error
    if not header and has_log:
        raise _left_behind(path)
    if not header and not create:
        raise Unavailable(f"The database file {path} is empty. Put the database back in its place.")
    if header and not header.startswith(_SQLITE_MAGIC):
        raise ForeignDatabase(f"{path} is not an SQLite database. It was left untouched; name another file.")
    if header and int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise ForeignDatabase(f"{path} is a database of another program. It was left untouched; name another file.")
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # of another user on a shared database
            _narrow(Path(f"{path}{suffix}"))


def _left_behind(path: Path) -> Unavailable:
    """SQLite would delete the log, and with it what was committed last; who still uses the old file damages both."""
    return Unavailable(
        f"The database file {path} was deleted or moved, and its write-ahead log {path.name}-wal is still there. Put "
        "the file back, or move the log away too to begin a new database."
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _narrow(file: Path) -> None:
    if file.stat().st_mode & 0o077:
        file.chmod(0o600)


def _stored_version(connection: Connection) -> Version | None:
    """What the database says of itself; None if it is empty."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    if not {"meta", "alembic_version"} <= names:
        raise CorruptDatabase("The database lacks its version. Move the file away, or put a copy in its place.")
    meta = _meta(connection)
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    try:
        return Version(int(meta["schema"]), str(revision), int(meta["min_reader"]), int(meta["min_writer"]))
    except (KeyError, ValueError) as error:
        raise CorruptDatabase("The database's version cannot be read. Put a copy in its place.") from error


def _meta(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(tables.meta))}


def _create(connection: Connection, code: Version) -> None:
    """All tables in one transaction, without Alembic: importing it takes as long as all the rest."""
    tables.metadata.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": code.revision})
    values = {"database_id": new_database_id(), **_version_rows(code)}
    connection.execute(insert(tables.meta), [{"name": name, "value": value} for name, value in values.items()])
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))


def _migrate(connection: Connection, stored: Version, code: Version, migrations: Path) -> None:
    if (code.min_reader, code.min_writer) != (stored.min_reader, stored.min_writer):
        active = connection.scalar(select(func.count()).select_from(tables.builds).where(tables.UNENDED))
        if active:
            raise UpgradeWaits(
                f"The database must be upgraded from version {stored.number} to {code.number}, which older code could "
                f"not use; {active} builds are active. Try again when they have ended."
            )
    _run_alembic(connection, code.revision, migrations)
    for name, value in _version_rows(code).items():
        connection.execute(update(tables.meta).where(tables.meta.c.name == name).values(value=value))


def _run_alembic(connection: Connection, revision: str, migrations: Path) -> None:
    # Importing Alembic takes 150 ms and is needed only here.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _version_rows(code: Version) -> dict[str, Any]:
    return {"schema": str(code.number), "min_reader": str(code.min_reader), "min_writer": str(code.min_writer)}
