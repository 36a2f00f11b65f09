"""Compares what the clients were sent, and what they made of it, with what was written and what is stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from buildwidget.protocol import codec
from buildwidget.protocol.frames import Cursor
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State
from buildwidget.store.store import Store
from tests.soak.journal import Journal, Log
from tests.soak.ledger import Result, digest_of
from tests.store.making import whole_log

_STEPS_BACK_FOR: float = 60.0
"""Seconds after a restore within which a client may be taken back."""


@dataclass(frozen=True)
class Restore:
    """The backup that was restored: when (monotonic seconds), and how far each build's log went in it."""

    at: float
    heads: Mapping[str, Cursor]


@dataclass(frozen=True)
class Stored:
    """What the database has of a build at the end."""

    cursor: Cursor
    log: Log
    hydrated: str
    status: str


class Truth:
    """Every log that ever was: those in the database, and those that its writers noted."""

    def __init__(self, store: Store, journals: Mapping[str, Journal], restore: Restore | None) -> None:
        self.stored = {build: _stored(store, build) for build in journals if build in store.heads([build])}
        self._journals = journals
        self._restore = restore

    def logs(self, build: str, epoch: str) -> list[Log]:
        """The logs that this epoch has had; two only if something is wrong with the database."""
        noted = self._journals[build].logs.get(epoch)
        found = self.stored.get(build)
        logs = [] if noted is None else [noted]
        if found is not None and found.cursor.epoch == epoch and found.log != noted:
            logs.append(found.log)
        return logs

    def initial(self, build: str) -> State:
        """The state before the log."""
        return self._journals[build].initial

    def faults(self) -> Iterable[str]:
        """What is wrong with the database itself."""
        for build, journal in self._journals.items():
            found = self.stored.get(build)
            if found is None:
                if self._restore is None or build in self._restore.heads:
                    yield f"{build} is not in the database any more"
                continue
            if [json.loads(body)["seq"] for body in found.log] != list(range(1, found.cursor.seq + 1)):
                yield f"the log of {build} has a hole"
            noted = journal.logs.get(found.cursor.epoch)
            if (noted is None or found.log[: len(noted)] != noted) and not self._was_cut(journal, found):
                yield f"the database has lost events of {build} that were committed"

    def _was_cut(self, journal: Journal, found: Stored) -> bool:
        """Whether the build had ended before the restore, which took its end away; the server then says it is lost."""
        if self._restore is None or journal.build not in self._restore.heads:
            return False
        kept = self._restore.heads[journal.build]
        noted = journal.logs[kept.epoch]
        was_cut = kept.seq < len(noted) and found.log[: kept.seq] == noted[: kept.seq]
        return was_cut and len(journal.logs) == 1 and found.status == "lost"


def _stored(store: Store, build: str) -> Stored:
    hydration = store.hydrate(build)
    log = whole_log(store, build)
    state = codec.decode_state(hydration.state)
    return Stored(Cursor(hydration.epoch, hydration.seq), log, digest_of(state), state.status)


def verify(truth: Truth, results: Iterable[Result], restore: Restore | None) -> list[str]:
    """All faults; none if all is well."""
    faults = list(truth.faults())
    wanted: dict[tuple[str, str], dict[int, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for result in results:
        faults += result.faults
        faults += _events_that_never_were(truth, result)
        faults += _steps_back(result, restore)
        faults += [f"{build} was said to be missing" for build in result.missing if build in truth.stored]
        for state in result.states:
            wanted[state.build, state.epoch][state.seq].add((state.digest, state.who))
        for last in result.finals:
            wanted[last.build, last.epoch][last.seq].add((last.digest, last.who))
            found = truth.stored.get(last.build)
            if found is None or (last.epoch, last.seq) != (found.cursor.epoch, found.cursor.seq):
                place = f"{last.epoch}:{last.seq}"
                faults.append(f"{last.who} has {last.build} at {place}, stored is {found and found.cursor}")
            elif last.digest != found.hydrated:
                faults.append(f"{last.who} has another state of {last.build} than the database")
    for build, found in truth.stored.items():
        wanted[build, found.cursor.epoch][found.cursor.seq].add((found.hydrated, "the database"))
    for (build, epoch), states in wanted.items():
        faults += _wrong_states(truth, build, epoch, states)
    return faults


def _events_that_never_were(truth: Truth, result: Result) -> Iterable[str]:
    logs: dict[tuple[str, str], list[Log]] = {}
    for event in result.events:
        key = event.build, event.epoch
        if key not in logs:
            logs[key] = truth.logs(*key)
        if not any(event.seq <= len(log) and log[event.seq - 1] == event.body for log in logs[key]):
            yield f"{event.who} was sent event {event.seq} of {event.build} ({event.epoch}), which never was"


def _steps_back(result: Result, restore: Restore | None) -> Iterable[str]:
    for step in result.back:
        if restore is None or not restore.at <= step.at <= restore.at + _STEPS_BACK_FOR:
            yield step.what


def _wrong_states(truth: Truth, build: str, epoch: str, states: Mapping[int, set[tuple[str, str]]]) -> Iterable[str]:
    right: dict[int, set[str]] = defaultdict(set)
    for log in truth.logs(build, epoch):
        builder = StateBuilder(truth.initial(build))
        for seq, body in enumerate(log, start=1):
            builder.apply(codec.decode_event(body))
            if seq in states:
                right[seq].add(digest_of(builder.state()))
    for seq, found in states.items():
        for digest, who in found:
            if digest not in right[seq]:
                yield f"the state of {build} at {epoch}:{seq} of {who} is not the fold of its log"


def read_result(data: bytes) -> Result:
    """What a crowd has written."""
    return msgspec.msgpack.decode(data, type=Result)
