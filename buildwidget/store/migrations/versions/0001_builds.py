"""The first tables. Later migrations only add columns (nullable or with a server default), tables and indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_UNENDED = sa.text("status IN ('queued', 'running')")
_HAS_KEY = sa.text("key IS NOT NULL")
_UNENDED_KEY = sa.text("key IS NOT NULL AND status IN ('queued', 'running')")


def upgrade() -> None:
    _create_builds()
    _create_events()
    _create_others()


def _create_builds() -> None:
    op.create_table(
        "builds",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("retry_of", sa.Text),
        sa.Column("follows", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("key_project", sa.Text, nullable=False),
        sa.Column("slotted", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("project", sa.Text),
        sa.Column("percent", sa.Integer),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("summary", sa.LargeBinary, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("log_lines", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("heartbeat", sa.BigInteger, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("boot", sa.Text),
        sa.Column("pid", sa.BigInteger),
        sa.Column("pid_created", sa.Float(53)),
        sa.Column("spec", sa.LargeBinary, nullable=False),
    )
    op.create_index("builds_by_time", "builds", ["owner", "created_at", "id"])
    _partial_index("builds_by_key", "builds", ["owner", "key_project", "key"], _HAS_KEY)
    _partial_index("builds_unended_key", "builds", ["owner", "key_project", "key"], _UNENDED_KEY, unique=True)
    _partial_index("builds_unended", "builds", ["status", "created_at", "id"], _UNENDED)


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("build_id", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("first_line", sa.BigInteger),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    subject = ["build_id", "type", "subject", "seq"]
    _partial_index("events_by_subject", "events", subject, sa.text("subject IS NOT NULL"))
    _partial_index("events_by_line", "events", ["build_id", "first_line"], sa.text("first_line IS NOT NULL"))


def _create_others() -> None:
    op.create_table(
        "states",
        sa.Column("build_id", sa.String(40), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("reducer", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "payloads",
        sa.Column("build_id", sa.String(40), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("mime", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("build_id", sa.String(40), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("build_id", "request", name="commands_once"),
        sqlite_autoincrement=True,
    )
    op.create_table("removals", sa.Column("build_id", sa.String(40), primary_key=True))
    op.create_table("meta", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))


def _partial_index(name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
