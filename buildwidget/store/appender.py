"""The one writer of one build."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from buildwidget.protocol import codec
from buildwidget.protocol.events import ENDS, Event, StatusEvent
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State
from buildwidget.store import rows
from buildwidget.store.engine import Database
from buildwidget.store.entries import FOLDED_COLUMNS, LASTING_COLUMNS, MARK_EVERY, Entries, enter, folded_columns
from buildwidget.store.errors import BuildMissing, Ended, Fenced, Rewound
from buildwidget.store.hydration import Hydrated, hydrate, save_state
from buildwidget.store.ids import new_epoch
from buildwidget.store.records import Draft
from buildwidget.store.statements import Prepared, Transaction, insert_rows, upsert
from buildwidget.store.tables import builds, events, payloads

_SAVE_SECONDS: Final = 1.0
_SAVE_SHARE: Final = 20
"""The state is saved at most every second, or 20 times what the last save took: saving costs at most 5 %."""

_TAIL_EVENTS: Final = 500
_TAIL_BYTES: Final = 1024 * 1024
"""Within a second it is saved too, if that costs no more, once so much stands behind it: who hydrates must fold it."""

_KEPT_EVENTS: Final = 4 * _TAIL_EVENTS
_KEPT_BYTES: Final = 4 * _TAIL_BYTES
"""The state is made anew at the latest when so much was folded since it was last made."""


def _bump_with(columns: Iterable[str]) -> Prepared:
    ours = (
        builds.c.id == bindparam("build"),
        builds.c.generation == bindparam("generation_now"),
        builds.c.head == bindparam("head_now"),
    )
    counted = {"heartbeat": builds.c.heartbeat + 1, "bytes": builds.c.bytes + bindparam("size")}
    return Prepared(
        update(builds).where(*ours).values(**counted, **{name: bindparam(f"new_{name}") for name in columns})
    )


_PLACE: Final = Prepared(
    select(builds.c.generation, builds.c.epoch, builds.c.head, builds.c.status).where(builds.c.id == bindparam("build"))
)

_BUMP_ALL: Final = _bump_with(FOLDED_COLUMNS)
_BUMP: Final = _bump_with(set(FOLDED_COLUMNS) - LASTING_COLUMNS)
"""For most appends. SQLite writes the indexes over a column anew with each update that names it, changed or not."""


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
        self.now_ms = now_ms
        self._start_at(hydrated)
        self._database = database
        self._monotonic = monotonic
        self._process = {name: getattr(hydrated.row, name) for name in ("host", "boot", "pid", "pid_created")}
        self._next_save = monotonic() + _SAVE_SECONDS
        self._next_early_save = 0.0
        self._encoding_took = 0.0
        self._save_costs: deque[float] = deque(maxlen=4)

    def _start_at(self, hydrated: Hydrated) -> None:
        self.epoch: str = hydrated.row.epoch
        self.generation: int = hydrated.row.generation
        self.head: int = hydrated.seq
        self._mark = -MARK_EVERY  # what another writer marked need not be known
        self._made = hydrated.folded
        self._since: list[Event | None] = []  # what was stored since that state was made
        self._since_bytes = 0
        self._builder: StateBuilder | None = None
        self._saved_head = hydrated.seq if hydrated.saved is not None else 0
        self._unsaved_bytes = 0
        self._unsettled: Entries | None = None
        self._lasting: dict[str, Any] | None = None  # the row's lasting columns, where it is known what was written

    @property
    def state(self) -> State:
        """What the log up to ``head`` folds to. Made when it is asked for: most appends need but a few fields."""
        return self._make_state()

    def append(self, drafts: Sequence[Draft]) -> list[bytes]:
        """Append in one transaction; returns the events as stored.

        Raises:
            Fenced: another process is the writer now.
            Ended: the build has ended, or the drafts go on after an end.
            BuildMissing: the database does not have the build (an Unavailable).
            Rewound: the database was restored to an earlier state; call ``rejoin`` (an Unavailable).
            Unavailable: not written (ask ``settle``, then try again).
        """
        entries = self._enter(drafts)
        if not entries.events:
            return []
        self._commit(entries)
        return entries.bodies

    def start(self, draft: Draft, limit: int) -> bool:
        """Start the queued build if its host has a free slot of ``limit`` and no older build waits for it.

        ``draft`` is its status event. False: not yet; nothing was written. True also if it runs already, because
        this was tried before and only the answer was lost.
        """
        self.settle()
        if self._folding().summary(self.head).status == "running":
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
            if changed.rowcount == 0 or self._is_rewound(connection):
                raise self._refusal(connection)
            if saved is not None:
                save_state(connection, self.build_id, self.head, saved)
        self._saved(self.head)

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
        builder = self._folding()
        if builder.ended:
            raise Ended
        self._builder = None  # until what it folds now is stored
        return enter(builder, self.build_id, self.head, drafts, mark=self._mark)

    def _folding(self) -> StateBuilder:
        """What has folded the log up to ``head``: made anew where what it folded last was not stored."""
        if self._builder is None:
            self._builder = StateBuilder(self._made)
            for event in self._since:
                self._builder.apply(event)
        return self._builder

    def _make_state(self) -> State:
        self._made = self._folding().state()
        self._since = []
        self._since_bytes = 0
        return self._made

    def _commit(self, entries: Entries, condition: Callable[[Connection], bool] | None = None) -> bool:
        """Write the entries, if the condition holds in the same transaction."""
        saved = self._state_to_save(entries)
        columns = folded_columns(entries)
        lasting = {name: columns[name] for name in LASTING_COLUMNS}
        bump = _BUMP if lasting == self._lasting else _BUMP_ALL
        self._lasting = None
        self._unsettled = entries

        def write(transaction: Transaction) -> None:
            self._bump(transaction, bump, columns, entries.size)
            insert_rows(transaction, events, entries.events)
            upsert(transaction, payloads, entries.payloads)
            if saved is not None:
                self._save(transaction, entries.head, saved)

        met = True
        if condition is None:
            with self._database.appending() as transaction:
                write(transaction)
        else:
            with self._database.writing() as connection:
                if met := condition(connection):
                    write(connection)
        self._unsettled = None
        if met:
            self._lasting = lasting
            self._accept(entries)
            if saved is not None:
                self._saved(self.head)
        return met

    def _bump(self, connection: Transaction, bump: Prepared, columns: dict[str, Any], size: int) -> None:
        """Move the head in the row, which is where only one writer gets through."""
        new = {f"new_{name}": value for name, value in columns.items()}
        ours = {"build": self.build_id, "generation_now": self.generation, "head_now": self.head}
        if bump.run(connection, {**ours, **new, "size": size}) == 0:
            raise self._refusal(connection)

    def _is_rewound(self, connection: Transaction) -> bool:
        """Whether the row is of an earlier state than this writer has committed."""
        return any(head < self.head for _generation, _epoch, head, _status in self._place(connection))

    def _refusal(self, connection: Transaction) -> Fenced | BuildMissing | Rewound:
        """Why the row is not as this writer left it."""
        found = self._place(connection)
        if not found:
            # A build is deleted only after its end. Without an end of ours this is another database.
            return Fenced() if self._ended else BuildMissing()
        generation, epoch, head, status = found[0]
        ours = (self.generation, self.epoch, self.head)
        earlier = generation < self.generation or (generation == self.generation and (epoch, head) != ours[1:])
        return Rewound() if earlier and head <= self.head and status not in ENDS else Fenced()

    @property
    def _ended(self) -> bool:
        return self._made.status in ENDS or any(isinstance(e, StatusEvent) and e.status in ENDS for e in self._since)

    def _place(self, connection: Transaction) -> list[tuple[Any, ...]]:
        return list(_PLACE.rows(connection, {"build": self.build_id}))

    def rejoin(self) -> int:
        """Go on writing in a database that was restored to an earlier state; how many events it does not have.

        What was restored and what follows are another history, so the log gets a new epoch: a client that has seen
        the lost events must not take the new ones for their continuation.

        Raises:
            Fenced: another process is the writer now, or the build has ended there.
            BuildMissing, Unavailable: see ``append``.
        """
        before = self.head
        with self._database.writing() as connection:
            refusal = self._refusal(connection)
            if not isinstance(refusal, Rewound):
                raise refusal
            claim = {"generation": self.generation + 1, "epoch": new_epoch(), "heartbeat": builds.c.heartbeat + 1}
            connection.execute(update(builds).where(builds.c.id == self.build_id).values(**claim, **self._process))
        self._start_at(hydrate(self._database, self.build_id))
        return before - self.head

    def begin_epoch(self) -> None:
        """Let what is appended from now on be another history, which clients read anew.

        For whoever goes on with the log of a writer that is gone: if the database was restored, clients may have
        read events of that writer which the log no longer has, and what follows must not get their seqs.

        Raises:
            Fenced, Unavailable: see ``append``.
        """
        epoch = new_epoch()
        ours = (builds.c.id == self.build_id, builds.c.generation == self.generation)
        with self._database.writing() as connection:
            if connection.execute(update(builds).where(*ours).values(epoch=epoch)).rowcount == 0:
                raise self._refusal(connection)
        self.epoch = epoch

    def _state_to_save(self, entries: Entries) -> bytes | None:
        began = self._monotonic()
        if not entries.builder.ended and began < self._save_time(entries):
            return None
        encoded = codec.encode_state(entries.state)
        self._encoding_took = self._monotonic() - began
        return encoded

    def _save_time(self, entries: Entries) -> float:
        tail = entries.head - self._saved_head, self._unsaved_bytes + entries.size
        return self._next_early_save if tail[0] >= _TAIL_EVENTS or tail[1] >= _TAIL_BYTES else self._next_save

    def _save(self, connection: Transaction, seq: int, state: bytes) -> None:
        began = self._monotonic()
        save_state(connection, self.build_id, seq, state)
        now = self._monotonic()
        # The commit that follows writes it all once more, which takes about as long again.
        self._save_costs.append(2 * (self._encoding_took + now - began))
        cost = min(self._save_costs)  # some are slow for once, on a busy machine
        self._next_save = now + max(_SAVE_SECONDS, _SAVE_SHARE * cost)
        self._next_early_save = now + _SAVE_SHARE * cost

    def _saved(self, head: int) -> None:
        self._saved_head = head
        self._unsaved_bytes = 0

    def _is_stored(self, connection: Connection, entries: Entries) -> bool:
        query = select(events.c.body).where(events.c.build_id == self.build_id, events.c.seq == entries.head)
        return connection.scalar(query) == entries.bodies[-1]

    def _accept(self, entries: Entries) -> None:
        self.head, self._mark, self._builder = entries.head, entries.mark, entries.builder
        self._unsaved_bytes += entries.size
        self._since += entries.folded
        self._since_bytes += entries.size
        if len(self._since) >= _KEPT_EVENTS or self._since_bytes >= _KEPT_BYTES:
            self._make_state()
