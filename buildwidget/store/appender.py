"""The one writer of one build."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from buildwidget.protocol import codec
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State
from buildwidget.store import rows
from buildwidget.store.engine import Database, insert_rows, upsert
from buildwidget.store.entries import FOLDED_COLUMNS, Entries, enter, folded_columns
from buildwidget.store.errors import Ended, Fenced
from buildwidget.store.hydration import Hydrated, save_state
from buildwidget.store.records import Draft
from buildwidget.store.tables import builds, events, payloads

_SAVE_SECONDS: Final = 1.0
_SAVE_SHARE: Final = 20
"""The state is saved at most every second, or 20 times what the last save took: saving costs at most 5 %."""

# Made once: putting a statement together takes longer than running it.
_BUMP = (
    update(builds)
    .where(
        builds.c.id == bindparam("build"),
        builds.c.generation == bindparam("generation_now"),
        builds.c.head == bindparam("head_now"),
    )
    .values(
        heartbeat=builds.c.heartbeat + 1,
        bytes=builds.c.bytes + bindparam("size"),
        **{name: bindparam(f"new_{name}") for name in FOLDED_COLUMNS},
    )
)


class Appender:
    """Appends to one build's log and keeps what the log folds to. Not thread-safe; ``Store.claim`` makes it.

    A claim by another process fences it: from then on every method raises Fenced.
    """

    def __init__(
        self,
        database: Database,
        hydrated: Hydrated,
        *,
        now_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.build_id: str = hydrated.row.id
        self.epoch: str = hydrated.row.epoch
        self.generation: int = hydrated.row.generation
        self.state: State = hydrated.folded
        self.head: int = hydrated.seq
        self.now_ms = now_ms
        self._builder: StateBuilder | None = None
        self._database = database
        self._monotonic = monotonic
        self._next_save = monotonic() + _SAVE_SECONDS
        self._saved_head: int | None = None
        self._unsettled: Entries | None = None

    def append(self, drafts: Sequence[Draft]) -> list[bytes]:
        """Append in one transaction; returns the events as stored.

        Raises:
            Fenced: another process is the writer now.
            Ended: the build has ended, or the drafts go on after an end.
            Unavailable: not written (ask ``settle``, then try again).
        """
        entries = self._enter(drafts)
        if not entries.events:
            return []
        self._commit(entries, lambda _connection: True)
        return entries.bodies

    def start(self, draft: Draft, limit: int) -> bool:
        """Start the queued build if its host has a free slot of ``limit`` and no older build waits for it.

        ``draft`` is its status event. False: not yet; nothing was written. True also if it runs already, because
        this was tried before and only the answer was lost.
        """
        self.settle()
        if self.state.status == "running":
            return True
        with self._database.reading() as connection:
            if not rows.slot_is_free(connection, self.build_id, limit):
                return False
        # Asked again in the write transaction: several runners may have seen the same free slot.
        return self._commit(
            self._enter([draft]), lambda connection: rows.slot_is_free(connection, self.build_id, limit)
        )

    def beat(self) -> None:
        """Show that the writer lives (an append shows it too).

        A state that has not been saved since the last appends is saved now, when there is time.
        """
        saved = codec.encode_state(self.state) if self._saved_head != self.head else None
        with self._database.writing() as connection:
            ours = (builds.c.id == self.build_id, builds.c.generation == self.generation)
            changed = connection.execute(update(builds).where(*ours).values(heartbeat=builds.c.heartbeat + 1))
            if changed.rowcount == 0:
                raise Fenced
            if saved is not None:
                save_state(connection, self.build_id, self.head, saved)
        self._saved_head = self.head

    def settle(self) -> bool:
        """Whether the append that failed last was committed all the same; then state and head follow it.

        The answer to a commit can be lost on its way (a connection that breaks, a crash of the driver).
        """
        entries, self._unsettled = self._unsettled, None
        if entries is None:
            return False
        try:
            with self._database.reading() as connection:
                committed = self._is_stored(connection, entries)
        except BaseException:
            self._unsettled = entries
            raise
        if committed:
            self._accept(entries)
        return committed

    def _enter(self, drafts: Sequence[Draft]) -> Entries:
        self.settle()
        if self.state.status in ENDS:
            raise Ended
        # Taken out until what it folds now is stored; if that fails, another one starts from the state.
        builder, self._builder = self._builder or StateBuilder(self.state), None
        return enter(builder, self.head, drafts)

    def _commit(self, entries: Entries, condition: Callable[[Connection], bool]) -> bool:
        """Write the entries if the condition holds in the same transaction."""
        saved = self._state_to_save(entries)
        self._unsettled = entries
        with self._database.writing() as connection:
            if met := condition(connection):
                self._bump(connection, entries)
                insert_rows(connection, events, entries.events)
                upsert(connection, payloads, entries.payloads)
                if saved is not None:
                    self._save(connection, entries.head, saved)
        self._unsettled = None
        if met:
            self._accept(entries)
            if saved is not None:
                self._saved_head = self.head
        return met

    def _bump(self, connection: Connection, entries: Entries) -> None:
        """Move the head in the row, which is where only one writer gets through."""
        columns = {f"new_{name}": value for name, value in folded_columns(entries).items()}
        ours = {"build": self.build_id, "generation_now": self.generation, "head_now": self.head}
        if connection.execute(_BUMP, {**ours, **columns, "size": entries.size}).rowcount == 0:
            raise Fenced

    def _state_to_save(self, entries: Entries) -> bytes | None:
        if entries.state.status not in ENDS and self._monotonic() < self._next_save:
            return None
        began = self._monotonic()
        encoded = codec.encode_state(entries.state)
        self._plan_save(self._monotonic() - began)
        return encoded

    def _save(self, connection: Connection, seq: int, state: bytes) -> None:
        began = self._monotonic()
        save_state(connection, self.build_id, seq, state)
        self._plan_save(self._monotonic() - began)

    def _plan_save(self, took: float) -> None:
        self._next_save = max(self._next_save, self._monotonic() + max(_SAVE_SECONDS, _SAVE_SHARE * took))

    def _is_stored(self, connection: Connection, entries: Entries) -> bool:
        query = select(events.c.body).where(events.c.build_id == self.build_id, events.c.seq == entries.head)
        return connection.scalar(query) == entries.bodies[-1]

    def _accept(self, entries: Entries) -> None:
        self.state, self.head, self._builder = entries.state, entries.head, entries.builder
