"""Several processes on one database, some of which die in the middle of it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.errors import Unavailable
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.store import Store
from tests.store.making import HERE, check_build, create, drafts, impatient, lines, status, whole_log
from tests.waiting import wait_until


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'builds.db'}"


@contextmanager
def _process(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


_OPEN = """
import sys
from buildwidget.store.store import Store
from buildwidget.store.records import NewBuild
print("ready", flush=True)
sys.stdin.readline()
with Store.open(sys.argv[1]) as store:
    store.create(NewBuild(id=sys.argv[2], owner="ann", kind="track", created_at=1, spec={}), [])
    print(store.database_id, flush=True)
"""


def test_processes_that_open_a_new_database_at_once_do_not_fight(url: str) -> None:
    with _process(_OPEN, url, "a") as one, _process(_OPEN, url, "b") as two, _process(_OPEN, url, "c") as three:
        processes = [one, two, three]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        results = []
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            assert process.stdout is not None
            results.append(process.stdout.readline())
            assert process.wait(60) == 0
    with Store.open(url) as store:
        assert results == [f"{store.database_id}\n"] * 3
        assert store.heads("abc").keys() == set("abc")
        with store.database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


_APPEND = """
import sys
from buildwidget.protocol.events import LogEvent
from buildwidget.store.drafts import draft
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.store import Store
appender = Store.open(sys.argv[1]).claim(sys.argv[2], ProcessIdentity.of())
number = 0
while True:
    # Two events at a time: never one without the other. Long enough to checkpoint now and then.
    texts = [f"{number} " + "x" * 3000, f"{number}"]
    appender.append([draft(LogEvent(at=1, first=1, lines=[("stdout", text)])) for text in texts])
    print(appender.head, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [1, 7, 60])
def test_a_writer_killed_in_the_middle_leaves_a_whole_log(url: str, after: int) -> None:
    with Store.open(url) as store:
        build = create(store)
        with _process(_APPEND, url, build) as process:
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(after)]
            process.send_signal(signal.SIGKILL)
            process.wait()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
        log = check_build(store, build)
        assert len(log) % 2 == 0
        # What was told was committed; at most one append more was, and not told any more.
        assert told[-1] <= len(log) <= told[-1] + 2
        assert store.record(build).process != ProcessIdentity.of()
        # Another takes over where it stopped, with no number given twice.
        appender = store.claim(build, HERE)
        appender.append(drafts(status("lost")))
        assert json.loads(check_build(store, build)[-1])["seq"] == len(log) + 1


def test_a_database_left_by_a_killed_process_is_opened_again(url: str) -> None:
    with Store.open(url) as store:
        build = create(store)
    with _process(_APPEND, url, build) as process:
        assert process.stdout is not None
        head = int(process.stdout.readline())
        process.kill()
        process.wait()
    with Store.open(url) as store:
        assert len(check_build(store, build)) >= head


def test_a_zombie_of_another_process_is_fenced(url: str) -> None:
    script = _APPEND.replace("while True:", "while sys.stdin.readline():")
    with Store.open(url) as store, _process(script, url, create(store)) as process:
        [build] = [summary.id for summary in store.summaries("ann").builds]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("append\n")
        process.stdin.flush()
        process.stdout.readline()
        # It sleeps here, between two appends, and does not know what happens.
        appender = store.claim(build, HERE)
        appender.append(drafts(lines("taken over")))
        process.stdin.write("append\n")
        process.stdin.flush()
        assert process.wait(60) != 0
        assert len(check_build(store, build)) == appender.head == 5


_PAUSED = """
import itertools, sys
from buildwidget.protocol.events import LogEvent
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Fenced
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.store import Store
from tests.store.faults import Steps
from tests.store.making import create, drafts, lines, status

def pause():
    print("paused", flush=True)
    sys.stdin.readline()

with Store.open(sys.argv[1]) as store:
    steps = Steps(store)
    for number in itertools.count():
        appender = store.claim(create(store), ProcessIdentity.of())
        appender.append(drafts(status("running")))
        print(appender.build_id, flush=True)
        with steps.at(number, pause) as was_reached:
            try:
                appender.append(drafts(lines("theirs"), lines("theirs too")))
            except Fenced:
                outcome = "fenced"
            else:
                outcome = "appended"
        print(outcome if was_reached() else "done", flush=True)
        if not was_reached():
            break
        sys.stdin.readline()
"""


def test_a_claim_in_the_middle_of_another_process_append_fences_it_or_comes_after_it(url: str) -> None:
    """The other writer stands still at each of its steps in turn, also between two looks at the database."""
    outcomes = []
    with impatient(url) as store, _process(_PAUSED, url) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while True:
            build = process.stdout.readline().strip()
            said = process.stdout.readline()
            if said == "done\n":
                break
            assert said == "paused\n"
            claimed = None
            with contextlib.suppress(Unavailable):  # it has the lock
                claimed = store.claim(build, HERE)
            written_before = len(whole_log(store, build)) == 5
            process.stdin.write("go on\n")
            process.stdin.flush()
            outcome = process.stdout.readline().strip()
            if claimed is not None:
                claimed.append(drafts(lines("ours")))
            texts = [text for _number, _stream, text in store.log(build).lines]
            if claimed is None:
                assert (outcome, texts) == ("appended", ["theirs", "theirs too"])
            elif written_before:
                assert (outcome, texts) == ("appended", ["theirs", "theirs too", "ours"])
            else:
                assert (outcome, texts) == ("fenced", ["ours"])
            check_build(store, build)
            outcomes.append("waited" if claimed is None else outcome)
            process.stdin.write("next\n")
            process.stdin.flush()
        assert process.wait(60) == 0
    assert [outcome for outcome, _group in itertools.groupby(outcomes)] == ["fenced", "waited", "appended"]


@pytest.mark.parametrize("interest", ["idle", "active"])
def test_the_watcher_sees_what_other_processes_commit(url: str, interest: str) -> None:
    with Store.open(url) as store:
        build = create(store)
        seen: list[int] = []
        watcher = ChangeWatcher(
            store,
            lambda: seen.append(store.heads([build])[build][1]),
            active_interval=0.005,
            idle_interval=0.01,
        )
        try:
            watcher.set_interest("active" if interest == "active" else "idle")
            wait_until(lambda: seen, what="the first look")
            with _process(_APPEND, url, build) as process:
                assert process.stdout is not None
                for _ in range(3):
                    told = int(process.stdout.readline())
                    wait_until(partial(_is_seen, seen, told), what="the append to be seen")
        finally:
            watcher.close()


def _is_seen(seen: list[int], head: int) -> bool:
    return seen[-1] >= head


_FORK = """
import os, sys
from buildwidget.store.logs import read_heads
from buildwidget.store.store import Store
from tests.store.making import HERE, check_build, create, drafts, lines, started, status
def polled(store, build):
    with store.database.polling() as transaction:
        return read_heads(transaction, [build])[build][1]
with Store.open(sys.argv[1]) as store:
    appender = started(store)
    assert polled(store, appender.build_id) == appender.head
    child = os.fork()
    if child == 0:
        assert polled(store, appender.build_id) == appender.head
        other = store.claim(create(store), HERE)
        other.append(drafts(lines("of the child"), status("succeeded")))
        check_build(store, other.build_id)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    appender.append(drafts(lines("of the parent")))
    assert polled(store, appender.build_id) == appender.head
    check_build(store, appender.build_id)
    assert store.summaries("ann", status="succeeded").builds[0].head == 4
"""


def test_a_fork_uses_connections_of_its_own(url: str) -> None:
    with _process(_FORK, url) as process:
        assert process.wait(60) == 0
