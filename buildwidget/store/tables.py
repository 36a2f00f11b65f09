"""The tables. Plain declarations; migrations/versions tells how databases came to look like this.

Columns added later must be nullable or have a server default: older code goes on inserting without them.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

UNENDED: Final = text("status IN ('queued', 'running')")
"""The condition of partial indexes over builds that have not ended."""


def _partial_index(name: str, *columns: Any, where: Any, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


# One row per build. `status` goes queued -> running -> an end, or queued -> an end; an end is for good.
builds = Table(
    "builds",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retry_of", Text),
    Column("follows", Text),
    # The key is unique among unended builds of an owner and of the project the build was *launched* in: a later
    # rename of the project must not make an append fail.
    Column("key", Text),
    Column("key_project", Text, nullable=False),
    Column("slotted", Boolean, nullable=False),
    # Folded from the log, written by each append: what lists filter by, and the whole summary as JSON.
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("project", Text),
    Column("percent", Integer),
    Column("ended_at", BigInteger),
    Column("summary", LargeBinary, nullable=False),
    # The log: its history, its last seq, how many terminal lines and bytes (with payloads) it holds.
    Column("epoch", Text, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("log_lines", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # The writer. generation: 0 until the first claim, then one more with every claim, which fences the writer before.
    # heartbeat: grows with every append and beat.
    Column("generation", BigInteger, nullable=False),
    Column("heartbeat", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("boot", Text),
    Column("pid", BigInteger),
    Column("pid_created", Float(53)),
    # Last, because it never changes and may be long: an update of the columns before need not read it.
    Column("spec", LargeBinary, nullable=False),
    Index("builds_by_time", "owner", "created_at", "id"),
    _partial_index("builds_by_key", "owner", "key_project", "key", where=text("key IS NOT NULL")),
    _partial_index(
        "builds_unended_key",
        "owner",
        "key_project",
        "key",
        unique=True,
        where=text("key IS NOT NULL AND status IN ('queued', 'running')"),
    ),
    _partial_index("builds_unended", "status", "created_at", "id", where=UNENDED),
)

# The logs. Appended only; seq = 1, 2, 3 ... without holes, up to builds.head.
events = Table(
    "events",
    metadata,
    Column("build_id", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    # What a route asks for by name: the tool's id, the display's id, the artifact's path; '' for todos.
    Column("subject", Text),
    # The number of the first line, on some of the log events that hold whole lines (entries.MARK_EVERY).
    Column("first_line", BigInteger),
    # The JSON that is sent, seq included.
    Column("body", LargeBinary, nullable=False),
    _partial_index("events_by_subject", "build_id", "type", "subject", "seq", where=text("subject IS NOT NULL")),
    _partial_index("events_by_line", "build_id", "first_line", where=text("first_line IS NOT NULL")),
)

# The state that the log up to `seq` folds to with the reducer of version `reducer`. Not in `builds`: SQLite writes a
# row anew as a whole, and this is hundreds of kilobytes that would be rewritten with every append.
states = Table(
    "states",
    metadata,
    Column("build_id", String(40), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("reducer", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

# What is too big for the wire (records.Payload).
payloads = Table(
    "payloads",
    metadata,
    Column("build_id", String(40), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("mime", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# What people ask running builds for; each request once.
commands = Table(
    "commands",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("build_id", String(40), nullable=False),
    Column("request", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("build_id", "request", name="commands_once"),
    sqlite_autoincrement=True,  # an id is never given twice, so "after this id" stays true when builds are deleted
)

# Builds whose row is gone but whose log is not yet: removed a piece at a time, so that nobody waits for the lock.
removals = Table("removals", metadata, Column("build_id", String(40), primary_key=True))

# database_id; schema (the version that made or last migrated it), min_reader, min_writer (the oldest versions that
# may read and write it).
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
