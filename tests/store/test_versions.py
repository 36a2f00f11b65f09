"""Versions of the schema: made new or migrated it is the same, older code goes on beside newer, or is refused."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from buildwidget.store import schema, tables
from buildwidget.store.engine import Database
from buildwidget.store.errors import DatabaseTooNew, UpgradeWaits
from buildwidget.store.schema import CURRENT, MIGRATIONS, Version, prepare
from buildwidget.store.store import Store
from tests.store.making import HERE, check_build, create, drafts, ended, lines, started, status

NEXT = dataclasses.replace(CURRENT, number=CURRENT.number + 1, revision="9999")
"""A later version that only adds; CLOSING is one that shuts older code out."""
CLOSING = dataclasses.replace(NEXT, min_reader=NEXT.number, min_writer=NEXT.number)

_ADDITIVE = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9999", {head!r}
def upgrade():
    op.add_column("builds", sa.Column("colour", sa.Text, server_default="red", nullable=False))
    op.add_column("events", sa.Column("note", sa.Text))
    op.create_table("extras", sa.Column("id", sa.Integer, primary_key=True))
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'builds.db'}"


@pytest.fixture
def later_migrations(tmp_path: Path) -> Path:
    """The migrations of a later version of buildwidget."""
    directory = tmp_path / "migrations"
    (directory / "versions").mkdir(parents=True)
    (directory / "env.py").write_text((MIGRATIONS / "env.py").read_text())
    for migration in (MIGRATIONS / "versions").glob("0*.py"):
        (directory / "versions" / migration.name).write_text(migration.read_text())
    (directory / "versions" / "9999_more.py").write_text(_ADDITIVE.format(head=CURRENT.revision))
    return directory


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def _structure(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {row.name: " ".join(row.sql.split()) for row in rows if row.name != "alembic_version"}


def test_migrating_makes_the_same_as_creating(url: str, database: Database) -> None:
    with database.writing() as connection:
        schema._run_alembic(connection, CURRENT.revision, MIGRATIONS)
    with database.reading() as connection:
        migrated = _structure(connection)
        differences = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    assert differences == []
    created = Database("sqlite://")
    prepare(created)
    with created.reading() as connection:
        assert _structure(connection) == migrated
    created.close()


def test_the_newest_migration_is_the_one_this_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [CURRENT.revision]


def test_a_database_made_new_is_stamped(database: Database) -> None:
    prepare(database)
    with database.reading() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == CURRENT.revision
        assert schema._stored_version(connection) == CURRENT


def test_opening_what_is_up_to_date_imports_no_alembic_and_takes_no_lock(url: str, database: Database) -> None:
    prepare(database)
    script = (
        "import sys; from buildwidget.store.store import Store; Store.open(sys.argv[1]).close();"
        "assert 'alembic' not in sys.modules"
    )
    with database.writing():  # the opening must not wait for this
        subprocess.run([sys.executable, "-c", script, url], check=True, timeout=30)


def test_an_older_database_is_upgraded_under_older_code_that_goes_on(
    url: str, database: Database, later_migrations: Path
) -> None:
    with Store.open(url) as older:
        before = ended(older)
        appender = started(older)
        going = threading.Event()
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                appender.append(drafts(lines("x")))
                going.set()

        working = threading.Thread(target=work)
        working.start()
        assert going.wait(10)
        prepare(database, NEXT, later_migrations)
        going.clear()
        assert going.wait(10)
        stop.set()
        working.join()
        appender.append(drafts(status("succeeded")))
        for build in (before, appender.build_id, create(older), ended(older)):
            check_build(older, build)
        older.delete(before)
        with database.reading() as connection:
            assert schema._stored_version(connection) == NEXT
            assert set(connection.scalars(text("SELECT colour FROM builds"))) == {"red"}
    with Store.open(url) as again:
        assert again.record(appender.build_id).summary.status == "succeeded"


def test_two_that_upgrade_at_once_do_it_once(url: str, later_migrations: Path) -> None:
    with Store.open(url) as store:
        create(store)
    failures: list[BaseException] = []
    barrier = threading.Barrier(2)

    def upgrade() -> None:
        database = Database(url)
        try:
            barrier.wait()
            prepare(database, NEXT, later_migrations)
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_upgrade_that_shuts_older_code_out_waits_until_no_build_is_active(
    url: str, database: Database, later_migrations: Path
) -> None:
    with Store.open(url) as older:
        appender = started(older)
        with pytest.raises(UpgradeWaits, match="1 builds are active"):
            prepare(database, CLOSING, later_migrations)
        appender.append(drafts(lines("undisturbed"), status("succeeded")))
        prepare(database, CLOSING, later_migrations)
        refused: list[Callable[[], object]] = [
            lambda: create(older),
            lambda: older.hydrate(appender.build_id),
            lambda: older.record(appender.build_id),
            lambda: older.summaries("ann"),
            lambda: older.active_and_newest("ann"),
            lambda: older.delete(appender.build_id),
            lambda: older.claim(appender.build_id, HERE),
            lambda: older.send(appender.build_id, "cancel", "r"),
        ]
        for call in refused:
            with pytest.raises(DatabaseTooNew, match="schema version 1, and the database asks for 2"):
                call()
    with pytest.raises(DatabaseTooNew, match="pip install"):
        Store.open(url)


def test_code_that_may_only_read_reads(url: str, database: Database, later_migrations: Path) -> None:
    with Store.open(url) as store:
        build = ended(store)
    prepare(database, Version(NEXT.number, NEXT.revision, min_reader=1, min_writer=NEXT.number), later_migrations)
    with Store.open(url) as store:
        check_build(store, build)
        with pytest.raises(DatabaseTooNew, match="may not write"):
            create(store)


def test_a_failed_upgrade_changes_nothing(url: str, database: Database, later_migrations: Path) -> None:
    with Store.open(url) as store:
        build = ended(store)
    migration = later_migrations / "versions" / "9999_more.py"
    migration.write_text(migration.read_text() + "    raise OSError('power cut')\n")
    with pytest.raises(OSError, match="power cut"):
        prepare(database, NEXT, later_migrations)
    with Store.open(url) as store, store.database.reading() as connection:
        assert schema._stored_version(connection) == CURRENT
        assert "extras" not in _structure(connection)
        check_build(store, build)
