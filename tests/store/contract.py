"""What every database must do. A subclass for each overrides the fixture ``store_url``."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

from buildwidget.protocol import codec
from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    MetaEvent,
    MetricEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.protocol.limits import REDUCER_VERSION
from buildwidget.store import tables
from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.errors import Ended, Fenced, KeyTaken, NotFound, StillRunning
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.records import Draft, NewBuild, Payload
from buildwidget.store.retention import sweep_retention
from buildwidget.store.store import Store
from buildwidget.store.tables import states
from buildwidget.store.writer import Writer
from tests.store.making import (
    HERE,
    build_with_lines,
    check_build,
    create,
    drafts,
    ended,
    later,
    lines,
    started,
    status,
    whole_log,
)
from tests.waiting import wait_until


class StoreContract:
    @pytest.fixture
    def store_url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def store(self, store_url: str) -> Iterator[Store]:
        with Store.open(store_url) as store:
            yield store

    # Creating

    def test_a_new_build_is_there_with_its_first_events(self, store: Store) -> None:
        new = NewBuild(id="b1", owner="ann", kind="function", created_at=5, spec={"callable": "f"}, retry_of="b0")
        record = store.create(new, drafts(StatusEvent(at=5, status="queued"), MetaEvent(at=5, name="fit")))
        assert record == store.record("b1")
        assert (record.head, record.generation, record.process, record.slotted) == (2, 0, None, True)
        assert record.spec == {"callable": "f"}
        summary = record.summary
        assert (summary.id, summary.owner, summary.kind, summary.name) == ("b1", "ann", "function", "fit")
        assert (summary.status, summary.head, summary.created_at, summary.retry_of) == ("queued", 2, 5, "b0")
        assert [json.loads(body)["seq"] for body in whole_log(store, "b1")] == [1, 2]

    def test_a_build_may_be_created_without_events(self, store: Store) -> None:
        store.create(NewBuild(id="b1", owner="ann", kind="track", created_at=5, spec={}), [])
        hydration = store.hydrate("b1")
        assert hydration.seq == 0
        assert json.loads(hydration.state)["status"] == "queued"
        page = store.events("b1")
        assert (page.first, page.last, page.head, page.events) == (1, 0, 0, [])

    def test_the_epoch_is_the_same_everywhere_and_another_for_another_build(self, store: Store) -> None:
        one, other = create(store), create(store)
        epoch = store.record(one).epoch
        assert store.hydrate(one).epoch == store.events(one).epoch == store.heads([one])[one][0] == epoch
        assert store.record(other).epoch != epoch

    def test_what_is_not_there_is_not_found(self, store: Store) -> None:
        build = create(store)
        calls: list[Callable[[], object]] = [
            lambda: store.record("no"),
            lambda: store.hydrate("no"),
            lambda: store.events("no"),
            lambda: store.log("no"),
            lambda: store.claim("no", HERE),
            lambda: store.delete("no"),
            lambda: store.send("no", "cancel", "r"),
            lambda: store.queue_ahead("no"),
            lambda: store.tool("no", "t"),
            lambda: store.artifact("no", 0),
            lambda: store.tool(build, "t"),
            lambda: store.display(build, "d"),
            lambda: store.artifact(build, 0),
            lambda: store.artifact(build, -1),
        ]
        for call in calls:
            with pytest.raises(NotFound):
                call()
        assert store.heads(["no"]) == {}

    # Keys

    def test_a_key_is_taken_until_its_build_has_ended(self, store: Store) -> None:
        first = create(store, key="train", project="p")
        with pytest.raises(KeyTaken) as taken:
            create(store, key="train", project="p")
        assert taken.value.existing_id == first
        store.claim(first, HERE).append(drafts(status("cancelled")))
        second = create(store, key="train", project="p")
        assert [record.summary.id for record in store.find("ann", "p", "train")] == [second, first]
        assert [record.summary.id for record in store.find("ann", "p", "train", statuses=["cancelled"])] == [first]

    def test_a_key_belongs_to_an_owner_and_a_project(self, store: Store) -> None:
        build = create(store, key="train")
        create(store, key="train", project="p")
        create(store, key="train", owner="bob")
        assert [record.summary.id for record in store.find("ann", None, "train")] == [build]
        with pytest.raises(KeyTaken):
            create(store, key="train")

    def test_a_renamed_project_keeps_its_key(self, store: Store) -> None:
        build = create(store, key="train", project="p")
        create(store, key="train", project="q")
        store.claim(build, HERE).append(drafts(MetaEvent(at=later(), project="q")))
        assert store.record(build).summary.project == "q"
        assert [record.summary.id for record in store.find("ann", "p", "train")] == [build]

    def test_one_of_many_at_once_gets_the_key(self, store: Store) -> None:
        made: list[str] = []
        refused: list[str] = []

        def launch() -> None:
            try:
                made.append(create(store, key="train"))
            except KeyTaken as taken:
                refused.append(taken.existing_id)

        _at_once([launch] * 8)
        assert len(made) == 1
        assert refused == made * 7

    # Appending

    def test_appends_are_numbered_in_order_and_folded(self, store: Store) -> None:
        appender = started(store)
        stored = appender.append(drafts(lines("one"), ProgressEvent(at=later(), id="b", label="b", current=1, total=4)))
        assert [json.loads(body)["seq"] for body in stored] == [4, 5]
        assert whole_log(store, appender.build_id)[3:] == stored
        assert appender.head == store.record(appender.build_id).head == 5
        assert store.record(appender.build_id).summary.percent == 25
        assert json.loads(store.hydrate(appender.build_id).state)["log"]["lines"] == [["stdout", "one"]]
        check_build(store, appender.build_id)

    def test_an_empty_append_changes_nothing(self, store: Store) -> None:
        appender = started(store)
        before = store.record(appender.build_id)
        assert appender.append([]) == []
        assert store.record(appender.build_id) == before

    def test_the_summary_follows_the_log(self, store: Store) -> None:
        appender = started(store, name="fit", project="p")
        appender.append(drafts(status("failed", exit_code=2, summary="it broke")))
        summary = store.record(appender.build_id).summary
        assert (summary.status, summary.exit_code, summary.summary) == ("failed", 2, "it broke")
        assert summary.started_at is not None
        assert summary.ended_at is not None
        assert store.summaries("ann").builds == [summary]

    def test_a_stored_event_that_nobody_can_read_keeps_its_seq_only(self, store: Store) -> None:
        appender = started(store)
        wrong: Any = lines("x").lines
        appender.append([Draft(ProgressEvent(at=1, id="b", label="b", current=wrong)), *drafts(lines("after"))])
        log = check_build(store, appender.build_id)
        assert len(log) == 5
        assert store.log(appender.build_id).lines == [(1, "stdout", "after")]

    def test_nothing_follows_an_end(self, store: Store) -> None:
        appender = started(store)
        with pytest.raises(Ended):
            appender.append(drafts(status("succeeded"), lines("too late")))
        assert store.record(appender.build_id).summary.status == "running"
        appender.append(drafts(lines("in time"), status("succeeded")))
        with pytest.raises(Ended):
            appender.append(drafts(lines("too late")))
        with pytest.raises(Ended):
            store.claim(appender.build_id, HERE)
        assert json.loads(whole_log(store, appender.build_id)[-1])["status"] == "succeeded"

    def test_a_state_that_ended_is_saved_as_it_is(self, store: Store) -> None:
        build = ended(store)
        with store.database.reading() as connection:
            assert connection.execute(states.select().where(states.c.build_id == build)).one().seq == 4

    # Writers

    def test_a_claim_fences_the_writer_before(self, store: Store) -> None:
        zombie = started(store)
        writer = store.claim(zombie.build_id, HERE)
        assert writer.generation == zombie.generation + 1
        assert (writer.head, writer.state) == (zombie.head, zombie.state)
        for refused in (lambda: zombie.append(drafts(lines("late"))), zombie.beat):
            with pytest.raises(Fenced):
                refused()
        writer.append(drafts(lines("mine")))
        with pytest.raises(Fenced):
            zombie.append(drafts(lines("late")))
        assert store.log(writer.build_id).lines == [(1, "stdout", "mine")]
        check_build(store, writer.build_id)

    def test_a_claim_may_insist_on_what_it_saw(self, store: Store) -> None:
        build = create(store)
        store.claim(build, HERE, expected_generation=0)
        with pytest.raises(Fenced):
            store.claim(build, HERE, expected_generation=0)
        assert store.record(build).generation == 1

    def test_the_spawned_process_is_noted_until_it_claims(self, store: Store) -> None:
        build = create(store)
        spawned = ProcessIdentity(host="here", boot="b", pid=7, created=1.25)
        store.set_process(build, spawned)
        assert store.record(build).process == spawned
        store.claim(build, HERE)
        store.set_process(build, spawned)
        assert store.record(build).process == HERE

    def test_the_heartbeat_counts_beats_and_appends(self, store: Store) -> None:
        appender = started(store)
        seen = [store.record(appender.build_id).heartbeat]
        for sign in (appender.beat, lambda: appender.append(drafts(lines("x"))), appender.beat):
            sign()
            seen.append(store.record(appender.build_id).heartbeat)
        assert seen == sorted(set(seen))

    def test_one_of_many_writers_at_once_gets_through(self, store: Store) -> None:
        build = create(store)
        appenders = [store.claim(build, HERE) for _ in range(4)]
        refused: list[int] = []

        def write(appender: Any) -> None:
            try:
                for number in range(10):
                    appender.append(drafts(lines(f"{appender.generation}-{number}")))
            except Fenced:
                refused.append(appender.generation)

        _at_once([lambda appender=appender: write(appender) for appender in appenders])
        assert sorted(refused) == [1, 2, 3]
        assert [text for _number, _stream, text in store.log(build).lines] == [f"4-{number}" for number in range(10)]
        check_build(store, build)

    # The queue

    def test_the_queue_starts_the_oldest_first_up_to_the_limit(self, store: Store) -> None:
        appenders = [store.claim(create(store), HERE) for _ in range(4)]
        assert [store.queue_ahead(appender.build_id) for appender in appenders] == [0, 1, 2, 3]
        listed = store.summaries("ann").builds
        assert [summary.ahead for summary in listed] == [3, 2, 1, 0]
        assert not appenders[1].start(drafts(status("running"))[0], 2)
        assert appenders[0].start(drafts(status("running"))[0], 2)
        assert appenders[1].start(drafts(status("running"))[0], 2)
        assert not appenders[2].start(drafts(status("running"))[0], 2)
        assert store.record(appenders[2].build_id).head == 2
        appenders[0].append(drafts(status("succeeded")))
        assert appenders[2].start(drafts(status("running"))[0], 2)
        assert [store.queue_ahead(appender.build_id) for appender in appenders] == [0, 0, 0, 0]
        assert store.record(appenders[2].build_id).summary.status == "running"
        assert store.summaries("ann", status="running").builds[0].ahead is None

    def test_what_takes_no_slot_neither_waits_nor_blocks(self, store: Store) -> None:
        tracked = store.claim(create(store, slotted=False), HERE)
        first, second = (store.claim(create(store), HERE) for _ in range(2))
        assert store.queue_ahead(first.build_id) == 0
        assert first.start(drafts(status("running"))[0], 1)
        assert tracked.start(drafts(status("running"))[0], 1)
        assert not second.start(drafts(status("running"))[0], 1)
        assert store.summaries("ann").builds[-1].ahead is None

    def test_each_host_has_its_own_queue(self, store: Store) -> None:
        here = store.claim(create(store), HERE)
        there = store.claim(create(store), ProcessIdentity(host="there", boot="b", pid=1, created=1.0))
        assert store.queue_ahead(there.build_id) == 0
        assert there.start(drafts(status("running"))[0], 1)
        assert here.start(drafts(status("running"))[0], 1)

    def test_waiting_builds_share_the_slots_whoever_asks_first(self, store: Store) -> None:
        appenders = [store.claim(create(store), HERE) for _ in range(6)]
        got: list[str] = []

        def ask(appender: Any) -> None:
            for _ in range(6):
                if appender.start(drafts(status("running"))[0], 3):
                    got.append(appender.build_id)
                    return

        _at_once([lambda appender=appender: ask(appender) for appender in appenders])
        running = [record.summary.id for record in store.records_by_status(None, ["running"])]
        assert sorted(got) == running
        assert running == [appender.build_id for appender in appenders[: len(running)]]
        assert 1 <= len(running) <= 3

    # Lists

    def test_lists_are_paged_newest_first(self, store: Store) -> None:
        made = [create(store) for _ in range(7)]
        listed: list[str] = []
        cursor = None
        while True:
            page = store.summaries("ann", limit=3, cursor=cursor)
            listed += [summary.id for summary in page.builds]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert listed == made[::-1]

    def test_builds_of_one_moment_are_all_listed_once(self, store: Store) -> None:
        for name in "cab":
            store.create(NewBuild(id=name, owner="ann", kind="track", created_at=5, spec={}), [])
        first = store.summaries("ann", limit=2)
        rest = store.summaries("ann", limit=2, cursor=first.next_cursor)
        assert [summary.id for summary in first.builds + rest.builds] == ["c", "b", "a"]
        assert rest.next_cursor is None

    @pytest.mark.parametrize(
        "cursor",
        ["", "x", "x-y", "1", "1-", "-1-a", "1-a\0", f"{2**53}-a", f"{2**63}-a", f"{'9' * 5000}-a", "\u0661-a", " 1-a"],
    )
    def test_what_is_no_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(ValueError, match="not a cursor"):
            store.summaries("ann", cursor=cursor)

    def test_lists_are_filtered(self, store: Store) -> None:
        queued = create(store, name="Fit the 100% model", project="p")
        done = ended(store, name="other", project="q", key="nightly")
        create(store, owner="bob")

        def ids(**filters: Any) -> list[str]:
            return [summary.id for summary in store.summaries("ann", **filters).builds]

        assert ids() == [done, queued]
        assert ids(status="queued") == [queued]
        assert ids(status=["queued", "succeeded"]) == [done, queued]
        assert ids(project="q") == [done]
        assert ids(q="FIT") == [queued]
        assert ids(q="0%") == [queued]
        assert ids(q="_") == []
        assert ids(q="night") == [done]
        assert ids(q=queued) == [queued]

    def test_the_active_and_the_newest_are_listed(self, store: Store) -> None:
        old_active = create(store, project="p")
        done = [ended(store, project="p") for _ in range(3)]
        ended(store, project="q")
        listed = [summary.id for summary in store.active_and_newest("ann", "p", newest=2)]
        assert listed == [done[2], done[1], old_active]
        assert len(store.active_and_newest("ann")) == 5
        assert store.active_and_newest("bob") == []

    def test_records_by_status(self, store: Store) -> None:
        mine, theirs = create(store), create(store, owner="bob")
        running = started(store).build_id
        assert [record.summary.id for record in store.records_by_status(None, ["queued"])] == [mine, theirs]
        assert [record.summary.id for record in store.records_by_status("ann", ["queued", "running"])] == [
            mine,
            running,
        ]

    # Reading

    def test_events_are_read_in_ranges(self, store: Store) -> None:
        appender = started(store)
        appender.append(drafts(*(lines(str(number)) for number in range(7))))
        page = store.events(appender.build_id, after=3, limit=4)
        assert (page.first, page.last, page.head) == (4, 7, 10)
        assert [json.loads(body)["seq"] for body in page.events] == [4, 5, 6, 7]
        assert store.events(appender.build_id, after=10).events == []
        assert store.events(appender.build_id, after=10).first == 11
        sizes = [len(body) for body in page.events]
        assert store.events(appender.build_id, after=3, max_bytes=sizes[0] + sizes[1]).last == 5
        assert store.events(appender.build_id, after=3, max_bytes=1).last == 4

    def test_hydration_folds_what_came_after_the_saved_state(self, store: Store) -> None:
        appender = started(store)
        for number in range(20):
            appender.append(drafts(lines(str(number))))
        with store.database.reading() as connection:
            saved = connection.execute(states.select()).one().seq
        assert saved < appender.head
        assert store.hydrate(appender.build_id).seq == appender.head
        check_build(store, appender.build_id)

    def test_a_state_of_another_reducer_is_folded_anew(self, store: Store) -> None:
        running, done = started(store), ended(store)
        running.append(drafts(lines("x")))
        with store.database.writing() as connection:
            wrong = {"reducer": REDUCER_VERSION - 1, "state": b"{}", "seq": 4}
            connection.execute(update(states).values(**wrong))
        for build in (running.build_id, done):
            check_build(store, build)
        again = store.claim(running.build_id, HERE)
        assert again.state == running.state
        # An ended build's is saved again, so that it happens once; a running one is its writer's.
        with store.database.reading() as connection:
            saved = {found.build_id: found.reducer for found in connection.execute(states.select())}
        assert saved == {running.build_id: REDUCER_VERSION - 1, done: REDUCER_VERSION}

    def test_hydrations_race_appends(self, store: Store) -> None:
        appender = started(store)
        finished = threading.Event()
        seen: list[int] = []

        def read() -> None:
            while not finished.is_set():
                hydration = store.hydrate(appender.build_id)
                state = json.loads(hydration.state)
                assert state["log"]["count"] == (hydration.seq - 3) * 2
                seen.append(hydration.seq)

        def write() -> None:
            # In memory all threads share a connection, and a lock that nobody queues for in turn.
            while appender.head < 153 or (not seen and appender.head < 10_000):
                appender.append(drafts(lines(f"a{appender.head}", f"b{appender.head}")))
            finished.set()

        _at_once([read, read, write])
        assert seen
        assert store.hydrate(appender.build_id).seq == appender.head
        check_build(store, appender.build_id)

    # Lines

    def test_lines_are_numbered_by_the_log(self, store: Store) -> None:
        appender = started(store)
        appender.append(drafts(lines("a", "b", first=1), lines("c", first=1)))
        appender.append(drafts(lines("d", first=77)))
        assert store.log(appender.build_id).lines == [
            (1, "stdout", "a"),
            (2, "stdout", "b"),
            (3, "stdout", "c"),
            (4, "stdout", "d"),
        ]
        assert appender.state.log.count == 4
        check_build(store, appender.build_id)

    @pytest.mark.parametrize("seed", range(4))
    def test_lines_are_read_by_number_wherever_the_marks_are(self, seed: int, store: Store) -> None:
        dice = random.Random(seed)
        appender = started(store)
        written: list[tuple[int, str, str]] = []
        for _ in range(12):
            batch: list[Event] = []
            for _ in range(dice.randrange(25)):
                texts = [f"{dice.random()}" for _ in range(dice.choice([0, 1, 1, 3]))]
                batch.append(lines(*texts) if dice.random() < 0.6 else MetricEvent(at=later(), name="m", points=[]))
                if isinstance(batch[-1], LogEvent):
                    written += [(number, "stdout", text) for number, text in enumerate(texts, start=len(written) + 1)]
            appender.append(drafts(*batch))
            if dice.random() < 0.2:  # another writer does not know the marks of this one
                appender = store.claim(appender.build_id, HERE)
        count = len(written)
        assert count > 60
        for number in range(count + 1):
            limit = dice.choice([1, 7, 1000])
            assert store.log(appender.build_id, after=number, limit=limit).lines == written[number : number + limit]
            before = store.log(appender.build_id, before=number + 1, limit=limit).lines
            assert before == written[max(0, number - limit) : number]
        check_build(store, appender.build_id)

    def test_lines_are_read_by_number(self, store: Store) -> None:
        build = build_with_lines(store, 30)

        def numbers(**window: Any) -> list[int]:
            page = store.log(build, **window)
            assert page.count == 30
            assert [text for _n, _s, text in page.lines] == [f"line {number}" for number, _s, _t in page.lines]
            going_up = "after" in window
            assert page.more == (page.last < 30 if going_up else page.first > 1)
            if page.lines:
                assert (page.first, page.last) == (page.lines[0][0], page.lines[-1][0])
            else:
                assert page.last == page.first - 1
            return [number for number, _stream, _text in page.lines]

        assert numbers() == list(range(1, 31))
        assert numbers(limit=4) == [27, 28, 29, 30]
        assert numbers(after=0, limit=4) == [1, 2, 3, 4]
        assert numbers(after=5, limit=4) == [6, 7, 8, 9]
        assert numbers(after=28) == [29, 30]
        assert numbers(after=30) == []
        assert numbers(after=99) == []
        assert numbers(before=10, limit=3) == [7, 8, 9]
        assert numbers(before=3) == [1, 2]
        assert numbers(before=1) == []
        assert numbers(before=99, limit=2) == [29, 30]
        assert store.log(create(store)).lines == []

    def test_a_long_line_is_whole_on_the_log_route(self, store: Store) -> None:
        appender = started(store)
        long = ["ä" * 3000, "x" * 4096, "y" * 4097, "€" * 1366]
        appender.append(drafts(lines("first"), lines(*long, first=1)))
        assert [text for _n, _s, text in store.log(appender.build_id).lines] == ["first", *long]
        wire = [text for _s, text in json.loads(whole_log(store, appender.build_id)[-1])["lines"]]
        assert [len(text.encode()) for text in wire] == [4096, 4096, 4096, 4095]

    # Tools, displays, artifacts

    def test_a_tool_is_whole_on_its_route(self, store: Store) -> None:
        appender = started(store)
        asked = {"command": "x" * 3000, "n": [1, 2.5, None]}
        appender.append(
            drafts(
                TodosEvent(at=1, todos=[Todo(id="1", content="a", status="completed")]),
                TodosEvent(at=1, todos=[Todo(id="2", content="b", status="in_progress")]),
                ToolEvent(at=10, id="t", name="Bash", input=asked, state="running"),
                TodosEvent(at=11, todos=[]),
                ToolEvent(at=12, id="t", output="y" * 2000, state="succeeded"),
                ToolEvent(at=13, id="other", name="Read"),
            )
        )
        tool = store.tool(appender.build_id, "t")
        assert (tool["input"], tool["output"], tool["truncated"]) == (asked, "y" * 2000, [])
        assert (tool["name"], tool["state"], tool["todo"]) == ("Bash", "succeeded", "2")
        assert (tool["started_at"], tool["ended_at"]) == (10, 12)
        [row, _other] = json.loads(store.hydrate(appender.build_id).state)["tools"]
        assert row["truncated"] == ["input", "output"]
        assert row["output"] == "y" * 1024
        assert {key: row[key] for key in row if key not in ("input", "output", "truncated")} == {
            key: tool[key] for key in tool if key not in ("input", "output", "truncated")
        }

    def test_a_replaced_output_is_the_one_that_is_read(self, store: Store) -> None:
        appender = started(store)
        for output in ("x" * 2000, "y" * 3000, "short", "z" * 1500):
            appender.append(drafts(ToolEvent(at=1, id="t", name="Bash", output=output)))
            assert store.tool(appender.build_id, "t")["output"] == output

    def test_what_is_over_the_limit_even_whole_is_marked(self, store: Store) -> None:
        appender = started(store)
        appender.append(drafts(ToolEvent(at=1, id="t", name="Bash", output="ä" * 5 * 1024 * 1024, input="x" * 2000)))
        tool = store.tool(appender.build_id, "t")
        assert tool["truncated"] == ["output"]
        assert tool["output"] == "ä" * 4 * 1024 * 1024

    def test_displays_are_read_by_id(self, store: Store) -> None:
        appender = started(store)
        for content in (b"old", b"\x89PNG"):
            event = DisplayEvent(at=1, id="fig", mime="image/png", size=len(content))
            appender.append([Draft(event, (Payload("display", "fig", "image/png", content),))])
        assert store.display(appender.build_id, "fig") == ("image/png", b"\x89PNG")

    def test_artifacts_are_in_order_of_first_sight(self, store: Store) -> None:
        appender = started(store)
        for path, size in (("b", 1), ("a", 2), ("b", 3), ("c", 4)):
            appender.append(drafts(ArtifactEvent(at=1, name=path.upper(), path=path, size=size)))
        found = [store.artifact(appender.build_id, index) for index in range(3)]
        assert [(row.path, row.size) for row in found] == [("b", 3), ("a", 2), ("c", 4)]
        with pytest.raises(NotFound):
            store.artifact(appender.build_id, 3)

    # Commands

    def test_commands_are_read_in_order_and_each_request_once(self, store: Store) -> None:
        appender = started(store)
        store.send(appender.build_id, "cancel", "r1")
        store.send(appender.build_id, "answer", "r2", {"decision": "allow"})
        store.send(appender.build_id, "cancel", "r1")
        first, second = store.commands(appender.build_id)
        assert (first.kind, first.request, first.body) == ("cancel", "r1", {})
        assert (second.kind, second.request, second.body) == ("answer", "r2", {"decision": "allow"})
        assert store.commands(appender.build_id, after=first.id) == [second]
        assert store.commands(create(store)) == []

    def test_an_ended_build_takes_no_commands(self, store: Store) -> None:
        with pytest.raises(Ended):
            store.send(ended(store), "cancel", "r")

    # Deleting

    def test_a_deleted_build_leaves_nothing(self, store: Store) -> None:
        appender = started(store)
        store.send(appender.build_id, "cancel", "r")
        appender.append(drafts(ToolEvent(at=1, id="t", name="Bash", output="x" * 3000)))
        with pytest.raises(StillRunning):
            store.delete(appender.build_id)
        appender.append(drafts(status("cancelled")))
        other = ended(store)
        store.delete(appender.build_id)
        with pytest.raises(NotFound):
            store.record(appender.build_id)
        with pytest.raises(NotFound):
            store.delete(appender.build_id)
        assert store.heads([appender.build_id, other]).keys() == {other}
        with pytest.raises(Fenced):
            appender.beat()
        with store.database.reading() as connection:
            for table in (tables.events, tables.payloads, tables.states, tables.commands):
                left = table.select().where(table.c.build_id == appender.build_id)
                assert connection.execute(left).all() == []
            assert connection.execute(tables.removals.select()).all() == []
        check_build(store, other)

    def test_retention_deletes_what_is_old(self, store: Store) -> None:
        day = 24 * 60 * 60 * 1000
        old = ended(store)
        active = started(store).build_id
        now = later()
        assert sweep_retention(store, now_ms=now + day, days=2) == []
        assert sweep_retention(store, now_ms=now + 3 * day, days=2) == [old]
        assert store.heads([old, active]).keys() == {active}

    def test_retention_deletes_the_oldest_of_too_much(self, store: Store) -> None:
        made = []
        for _ in range(4):
            appender = started(store)
            appender.append(drafts(lines(*("x" * 100 for _ in range(100))), status("succeeded")))
            made.append(appender.build_id)
        active = started(store).build_id
        assert sweep_retention(store, now_ms=later(), max_bytes=25_000) == [made[1], made[0]]
        assert store.heads([*made, active]).keys() == {made[2], made[3], active}

    # Writer and watcher

    def test_a_writer_commits_what_threads_write_in_their_order(self, store: Store) -> None:
        writer = Writer(started(store))

        def write(thread: int) -> None:
            for number in range(50):
                writer.write(TextEvent(at=later(), id=f"t{thread}", kind="answer", delta=f"{number},"))

        _at_once([lambda thread=thread: write(thread) for thread in range(4)])
        writer.flush()
        expected = "".join(f"{number}," for number in range(50))
        texts = codec.decode_state(store.hydrate(writer.build_id).state).texts
        assert {row.id: row.text for row in texts} == {f"t{thread}": expected for thread in range(4)}
        writer.end(status("succeeded"))
        with pytest.raises(Ended):
            writer.write(lines("late"))
        assert json.loads(check_build(store, writer.build_id)[-1])["status"] == "succeeded"

    @pytest.mark.parametrize("interest", ["idle", "active"])
    def test_the_watcher_sees_every_commit(self, store: Store, interest: Any) -> None:
        appender = started(store)
        heads: list[int] = []

        def look() -> None:
            heads.append(store.heads([appender.build_id])[appender.build_id][1])

        watcher = ChangeWatcher(store, look, active_interval=0.002, idle_interval=0.005)
        try:
            watcher.set_interest(interest)
            for _ in range(10):
                appender.append(drafts(lines("x")))
                wait_until(lambda: heads and heads[-1] == appender.head, what="the change to be seen")
        finally:
            watcher.close()
        calls = len(heads)
        appender.append(drafts(lines("x")))
        assert len(heads) == calls


def _at_once(functions: list[Any]) -> None:
    """Run all in threads; what one raises is raised here."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(functions))

    def run(function: Any) -> None:
        try:
            barrier.wait()
            function()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
