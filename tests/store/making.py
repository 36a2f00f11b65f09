"""Builds and events for the store's tests."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from buildwidget.protocol import codec, reducer
from buildwidget.protocol.events import Event, LogEvent, MetaEvent, Status, StatusEvent, TextEvent
from buildwidget.protocol.state import State
from buildwidget.store import schema
from buildwidget.store.appender import Appender
from buildwidget.store.drafts import draft
from buildwidget.store.engine import Database
from buildwidget.store.hydration import state_before_log
from buildwidget.store.ids import new_build_id
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.records import Draft, NewBuild
from buildwidget.store.rows import row
from buildwidget.store.store import Store

HERE = ProcessIdentity(host="here", boot="boot", pid=1, created=1.0)

_times = itertools.count(1_700_000_000_000)


@contextlib.contextmanager
def impatient(url: str) -> Iterator[Store]:
    """The same database as another process has it, which does not wait where it is locked: Unavailable at once."""
    database = Database(url, busy_seconds=0.0)
    store = Store(database, schema.prepare(database))
    try:
        yield store
    finally:
        store.close()


def later() -> int:
    """A time after all that were given before."""
    return next(_times)


def status(status: Status, **fields: Any) -> StatusEvent:
    return StatusEvent(at=later(), status=status, **fields)


def lines(*texts: str, first: int = 1, stream: Any = "stdout") -> LogEvent:
    return LogEvent(at=later(), first=first, lines=[(stream, text) for text in texts])


def drafts(*events: Event) -> list[Draft]:
    return [draft(event) for event in events]


def create(store: Store, *, owner: str = "ann", name: str = "build", project: str | None = None, **fields: Any) -> str:
    """A new queued build; its id."""
    at = later()
    new = NewBuild(
        **{
            "id": new_build_id(now_ms=at),
            "owner": owner,
            "kind": "command",
            "created_at": at,
            "spec": {"command": "true"},
            **fields,
        }
    )
    store.create(new, drafts(StatusEvent(at=at, status="queued"), MetaEvent(at=at, name=name, project=project)))
    return new.id


def started(store: Store, **fields: Any) -> Appender:
    """The writer of a new running build."""
    appender = store.claim(create(store, **fields), HERE)
    appender.append(drafts(status("running")))
    return appender


def ended(store: Store, **fields: Any) -> str:
    """The id of a new build that succeeded."""
    appender = started(store, **fields)
    appender.append(drafts(status("succeeded", exit_code=0)))
    return appender.build_id


def build_with_lines(store: Store, count: int) -> str:
    """Lines in events of one, two and three, with other events between."""
    appender = started(store)
    number = 1
    while number <= count:
        for size in (1, 2, 3):
            texts = [f"line {number + place}" for place in range(min(size, count - number + 1))]
            appender.append(drafts(lines(*texts, first=1), TextEvent(at=1, id="t", kind="answer", delta=".")))
            number += len(texts)
    return appender.build_id


def whole_log(store: Store, build_id: str) -> list[bytes]:
    """All events, read in pages."""
    found: list[bytes] = []
    while True:
        page = store.events(build_id, after=len(found), limit=1000)
        assert page.first == len(found) + 1
        assert page.last == len(found) + len(page.events)
        found += page.events
        if page.last >= page.head:
            return found


def fold_of(store: Store, build_id: str, bodies: list[bytes]) -> State:
    """What these events fold to, from nothing."""
    with store.database.reading() as connection:
        before = state_before_log(row(connection, build_id))
    return reducer.fold(before, [codec.decode_event(body) for body in bodies])


def check_build(store: Store, build_id: str) -> list[bytes]:
    """The invariants of one build: no hole, no duplicate, and the state is the fold of the log at its seq."""
    hydration = store.hydrate(build_id)
    log = whole_log(store, build_id)
    assert [json.loads(body)["seq"] for body in log] == list(range(1, len(log) + 1))
    assert hydration.seq <= len(log)
    expected = codec.encode_state(fold_of(store, build_id, log[: hydration.seq]))
    assert msgspec.json.decode(hydration.state) == msgspec.json.decode(expected)
    return log
