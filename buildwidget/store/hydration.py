"""The state of a build: the saved one and the events after it, folded."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from buildwidget.protocol import codec, reducer
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.limits import REDUCER_VERSION
from buildwidget.protocol.state import State, initial_state
from buildwidget.store import schema
from buildwidget.store.engine import Database
from buildwidget.store.errors import NotFound, StoreError
from buildwidget.store.logs import read_following
from buildwidget.store.statements import Transaction, upsert
from buildwidget.store.tables import builds, states

_PAGE: Final = 2_000
"""Events folded in one transaction; a longer tail (a state saved by another reducer) takes several."""


@dataclass(frozen=True, slots=True)
class Hydrated:
    """A build's row, and what its log folds to at ``seq``.

    ``saved`` is the state's JSON if it was saved as it is now; ``outdated``: another reducer had saved it.
    """

    row: Any
    seq: int
    state: State | None
    saved: bytes | None
    outdated: bool = False

    @property
    def json(self) -> bytes:
        """The state as JSON."""
        if self.saved is not None:
            return self.saved
        assert self.state is not None
        return codec.encode_state(self.state)

    @property
    def folded(self) -> State:
        """The state."""
        if self.state is not None:
            return self.state
        assert self.saved is not None
        return codec.decode_state(self.saved)


def hydrate(database: Database, build_id: str) -> Hydrated:
    """The state at the log's head, read in one transaction (unless the tail is very long)."""
    with database.reading() as connection:
        schema.check_reader(connection)
        at = _start(connection, build_id)
        at, complete = _advance(connection, at)
    while not complete:
        # A log is only ever appended to, so what was folded so far stays true between the transactions.
        with database.reading() as connection:
            row = _row(connection, build_id)
            if row.epoch != at.row.epoch:
                at = _start(connection, build_id)
            at, complete = _advance(connection, Hydrated(row, at.seq, at.state, at.saved, at.outdated))
    return at


def keep_folded(database: Database, found: Hydrated) -> None:
    """Save the state of an ended build that an older reducer had saved, so that it is folded anew only once.

    Of a build that has not ended the writer does it. Nothing is lost if it fails, so a reader does not wait for the
    lock.
    """
    if found.row.status not in ENDS or not found.outdated:
        return
    with contextlib.suppress(StoreError), database.writing(wait=False) as connection:
        # Not where the build was deleted meanwhile, or a newer reducer than ours has saved.
        older = select(states.c.seq).where(states.c.build_id == found.row.id, states.c.reducer < REDUCER_VERSION)
        if connection.execute(older).first() is not None:
            save_state(connection, found.row.id, found.seq, found.json)


def save_state(connection: Transaction, build_id: str, seq: int, state: bytes) -> None:
    """Keep a state, in the transaction that makes it true or any later one of the same writer."""
    row = {"build_id": build_id, "seq": seq, "reducer": REDUCER_VERSION, "state": state}
    upsert(connection, states, [row])


def state_before_log(row: Any) -> State:
    """The state of a build before its first event."""
    return initial_state(
        id=row.id,
        owner=row.owner,
        kind=row.kind,
        created_at=row.created_at,
        key=row.key,
        retry_of=row.retry_of,
        follows=row.follows,
    )


def _row(connection: Connection, build_id: str) -> Any:
    row = connection.execute(select(builds).where(builds.c.id == build_id)).one_or_none()
    if row is None:
        raise NotFound(build_id)
    return row


def _start(connection: Connection, build_id: str) -> Hydrated:
    """Where folding starts: the saved state, or nothing if there is none that this reducer made."""
    row = _row(connection, build_id)
    saved = connection.execute(select(states).where(states.c.build_id == build_id)).one_or_none()
    if saved is None or saved.reducer != REDUCER_VERSION:
        return Hydrated(row, 0, state_before_log(row), None, outdated=saved is not None)
    return Hydrated(row, saved.seq, None, saved.state)


def _advance(connection: Connection, at: Hydrated) -> tuple[Hydrated, bool]:
    """One page further, and whether that reached the head."""
    if at.seq >= at.row.head:
        return at, True
    bodies = read_following(connection, at.row.id, at.seq, _PAGE, None)
    decoded = (codec.decode_event(body) for body in bodies)
    state = reducer.fold(at.folded, [event for event in decoded if event is not None])
    further = Hydrated(at.row, at.seq + len(bodies), state, None, at.outdated)
    return further, further.seq >= at.row.head
