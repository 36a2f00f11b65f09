"""Any order of appends, crashes, faults, zombies, readers and checkpoints: the invariants hold after each step."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import update

from buildwidget.protocol.events import (
    Event,
    MetaEvent,
    MetricEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.store import schema
from buildwidget.store.appender import Appender
from buildwidget.store.engine import Database
from buildwidget.store.errors import Ended, Fenced, Unavailable
from buildwidget.store.removal import finish_removals
from buildwidget.store.store import Store
from buildwidget.store.tables import events as events_table
from buildwidget.store.tables import states
from tests.store.faults import PowerCut, Steps, cut_power, fail_io
from tests.store.making import HERE, check_build, create, drafts, lines, whole_log

_STEPS = st.integers(0, 16)
"""A transaction of an append has up to 13 steps; what is later never comes."""

_texts = st.sampled_from(["a", "ü", "long " * 900, "\ud800", ""])
_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(lines, _texts, _texts, first=st.integers(1, 9)),
    st.builds(ToolEvent, at=st.just(1), id=st.sampled_from("tu"), name=st.just("Bash"), output=_texts),
    st.builds(ToolEvent, at=st.just(1), id=st.sampled_from("tu"), state=st.sampled_from(["running", "succeeded"])),
    st.builds(TextEvent, at=st.just(1), id=st.just("a"), kind=st.just("answer"), delta=_texts),
    st.builds(ProgressEvent, at=st.just(1), id=st.just("p"), label=_texts, current=st.integers(0, 9), total=st.just(9)),
    st.builds(lambda x: MetricEvent(at=1, name="m", points=[(None, x, 1)]), st.floats()),
    st.builds(lambda state: TodosEvent(at=1, todos=[Todo(id="1", content="c", status=state)]), st.just("completed")),
    st.just(MetaEvent(at=1, name="renamed", project="p")),
    st.just(StatusEvent(at=1, status="running")),
)
_batches = st.lists(_events, min_size=1, max_size=5)


@dataclass
class _Build:
    """What the test knows of a build: the log it must have, its writer, and those that think they are."""

    id: str
    log: list[bytes]
    writer: Appender | None = None
    zombies: list[Appender] = field(default_factory=list)
    ended: bool = False
    checked: bool = False


class LogMachine(RuleBasedStateMachine):
    template: Path

    @initialize()
    def open(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name, "builds.db")
        shutil.copy(self.template, self.path)
        self.now = 0.0
        self.stack = ExitStack()
        self.store = self._open()
        self.other = self._open()  # as another process has it
        self.steps = Steps(self.store)
        self.other_steps = Steps(self.other)
        self.reader = sqlite3.connect(self.path, isolation_level=None)
        self.stack.callback(self.reader.close)
        self.builds: list[_Build] = []
        self.create()

    def _open(self) -> Store:
        database = Database(f"sqlite:///{self.path}", busy_seconds=0.5)
        store = Store(database, schema.prepare(database), monotonic=lambda: self.now)
        return self.stack.enter_context(store)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()
            self.directory.cleanup()

    # The world

    @precondition(lambda self: len(self.builds) < 3)
    @rule()
    def create(self) -> None:
        build = create(self.store)
        self.builds.append(_Build(build, whole_log(self.store, build)))

    @rule(which=st.integers(0, 2), step=_STEPS)
    def crash_while_creating(self, which: int, step: int) -> None:
        before = {summary.id for summary in self.other.summaries("ann").builds}
        try:
            with self.steps.at(step, cut_power):
                create(self.store)
        except PowerCut:
            pass
        for summary in self.other.summaries("ann").builds:
            if summary.id not in before:
                assert len(check_build(self.other, summary.id)) == 2
                self.builds.append(_Build(summary.id, whole_log(self.other, summary.id)))

    @rule(seconds=st.sampled_from([0.1, 2.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(mode=st.sampled_from(["PASSIVE", "FULL", "RESTART", "TRUNCATE"]))
    def checkpoint(self, mode: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=0)) as connection:
            connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()

    @rule()
    def a_reader_comes_or_goes(self) -> None:
        if self.reader.in_transaction:
            self.reader.execute("COMMIT")
        else:
            self.reader.execute("BEGIN")
            self.reader.execute("SELECT count(*) FROM events").fetchone()

    @rule()
    def another_reducer_saved_the_states(self) -> None:
        with self.other.database.writing() as connection:
            connection.execute(update(states).values(reducer=0, state=b"{"))
        for build in self.builds:
            build.checked = False

    # Writers

    def _pick(self, which: int) -> _Build:
        build = self.builds[which % len(self.builds)]
        build.checked = False
        return build

    def _writer(self, build: _Build) -> Appender:
        if build.writer is None:
            build.writer = self.store.claim(build.id, HERE)
        return build.writer

    @rule(which=st.integers(0, 2))
    def claim(self, which: int) -> None:
        build = self._pick(which)
        if build.ended:
            try:
                self.store.claim(build.id, HERE)
            except Ended:
                return
            raise AssertionError("an ended build was claimed")
        if build.writer is not None:
            build.zombies.append(build.writer)
        build.writer = self.store.claim(build.id, HERE)

    @rule(which=st.integers(0, 2), batch=_batches, end=st.booleans())
    def append(self, which: int, batch: list[Event], end: bool) -> None:
        build = self._pick(which)
        if build.ended:
            return
        if end:
            batch = [*batch, StatusEvent(at=1, status="failed")]
        build.log += self._writer(build).append(drafts(*batch))
        build.ended = end

    @rule(which=st.integers(0, 2), batch=_batches, step=_STEPS)
    def crash_while_appending(self, which: int, batch: list[Event], step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        writer = self._writer(build)
        try:
            with self.steps.at(step, cut_power):
                build.log += writer.append(drafts(*batch))
        except PowerCut:
            self._see_whether_it_was_written(build, len(batch))
            build.writer = None

    @rule(which=st.integers(0, 2), batch=_batches, step=_STEPS)
    def fail_while_appending_and_try_again(self, which: int, batch: list[Event], step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        writer = self._writer(build)
        wanted = drafts(*batch)
        try:
            with self.steps.at(step, fail_io):
                build.log += writer.append(wanted)
        except Unavailable:
            if writer.settle():
                assert self._see_whether_it_was_written(build, len(batch))
            else:
                build.log += writer.append(wanted)

    @rule(which=st.integers(0, 2), batch=_batches, step=_STEPS)
    def fail_while_appending_and_write_something_else(self, which: int, batch: list[Event], step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        writer = self._writer(build)
        try:
            with self.steps.at(step, fail_io):
                build.log += writer.append(drafts(*batch))
        except Unavailable:
            self._see_whether_it_was_written(build, len(batch))
        build.log += writer.append(drafts(lines("else")))

    def _see_whether_it_was_written(self, build: _Build, count: int) -> bool:
        """All of it or nothing."""
        found = whole_log(self.other, build.id)
        assert found[: len(build.log)] == build.log
        assert len(found) in (len(build.log), len(build.log) + count)
        written = len(found) > len(build.log)
        build.log = found
        return written

    @rule(which=st.integers(0, 2), step=_STEPS)
    def crash_while_claiming(self, which: int, step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        before, build.writer = build.writer, None
        generation = self.store.record(build.id).generation
        try:
            with self.steps.at(step, cut_power):
                build.writer = self.store.claim(build.id, HERE)
        except PowerCut:
            pass
        if self.store.record(build.id).generation == generation:
            build.writer = before  # nobody noticed
        elif before is not None:
            build.zombies.append(before)

    @rule(which=st.integers(0, 2), batch=_batches, beat=st.booleans())
    def zombies_are_refused(self, which: int, batch: list[Event], beat: bool) -> None:
        build = self._pick(which)
        for zombie in build.zombies:
            try:
                zombie.beat() if beat else zombie.append(drafts(*batch))
            except (Fenced, Ended):
                continue
            raise AssertionError("a zombie wrote")

    # Readers in the middle of writers, and the other way round

    @rule(which=st.integers(0, 2), batch=_batches, step=_STEPS)
    def read_in_the_middle_of_an_append(self, which: int, batch: list[Event], step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        writer = self._writer(build)

        def read() -> None:
            check_build(self.other, build.id)

        with self.steps.at(step, read):
            build.log += writer.append(drafts(*batch))

    @rule(which=st.integers(0, 2), batch=_batches, step=_STEPS)
    def append_in_the_middle_of_a_read(self, which: int, batch: list[Event], step: int) -> None:
        build = self._pick(which)
        if build.ended:
            return
        writer = self._writer(build)

        def append() -> None:
            build.log += writer.append(drafts(*batch))

        with self.other_steps.at(step, append):
            hydration = self.other.hydrate(build.id)
        assert hydration.seq <= len(build.log)
        check_build(self.other, build.id)

    @rule(which=st.integers(0, 2), step=_STEPS)
    def delete(self, which: int, step: int) -> None:
        build = self._pick(which)
        if not build.ended or len(self.builds) == 1:
            return
        try:
            with self.steps.at(step, cut_power):
                self.store.delete(build.id)
        except PowerCut:
            if self.other.heads([build.id]):
                return
        self.builds.remove(build)
        finish_removals(self.other.database)
        with self.other.database.reading() as connection:
            left = connection.execute(events_table.select().where(events_table.c.build_id == build.id)).all()
        assert left == []

    # What must be true

    @invariant()
    def logs_are_what_was_written(self) -> None:
        for build in getattr(self, "builds", []):
            if build.checked:
                continue
            build.checked = True
            assert check_build(self.other, build.id) == build.log
            record = self.other.record(build.id)
            assert record.head == record.summary.head == len(build.log)
            state: Any = build.writer and build.writer.state
            assert state is None or state.status == record.summary.status

    @invariant()
    def the_list_is_complete(self) -> None:
        listed = {summary.id for summary in self.other.summaries("ann").builds} if hasattr(self, "builds") else set()
        assert listed == {build.id for build in getattr(self, "builds", [])}


def test_the_invariants_hold_whatever_happens(tmp_path: Path) -> None:
    template = tmp_path / "template.db"
    Store.open(f"sqlite:///{template}").close()

    class Machine(LogMachine):
        pass

    Machine.template = template
    Machine.TestCase.settings = settings(
        max_examples=40, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    Machine.TestCase("runTest").runTest()
