"""Lost builds: what is gone is told and cleaned up, what is alive never is."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sessions import SESSIONS_FILE, SessionNote, clock, members, read_note
from buildwidget.runner.sweep import sweep
from buildwidget.store.process import ProcessIdentity
from tests.runner.builds import Builds
from tests.waiting import wait_until

SECONDS = f"4714.{os.getpid()}"
"""What the grandchildren sleep, each test process its own, so that none takes another's for its own."""

DAEMON = """
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["sleep", "SECONDS"], {})
    os._exit(0)
os.wait()
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_killed_runner_is_lost_and_nothing_of_it_survives(builds: Builds) -> None:
    build_id = builds.command("(setsid sh -c 'echo daemon; sleep 60' &) ; echo ready; sleep 60")
    builds.wait_for_line(build_id, "ready")
    builds.wait_for_line(build_id, "daemon")
    address = (build_dir(build_id) / "report_socket").read_text()
    builds.kill_runner(build_id)
    assert sweep(builds.store, LeaseObserver()) == [build_id]
    state = builds.state(build_id)
    assert state.status == "lost"
    assert state.error is not None
    assert state.error.kind == "lost"
    assert str(builds.runner(build_id).pid) in state.error.message
    assert "left behind" in state.error.message
    assert builds.processes(build_id) == []
    assert not Path(address).parent.exists()
    assert sweep(builds.store, LeaseObserver()) == []


def test_the_works_own_process_dies_with_its_runner_at_once(builds: Builds) -> None:
    build_id = builds.command(["sleep", "60"])
    wait_until(lambda: len(builds.processes(build_id)) == 1, what="the work")
    builds.kill_runner(build_id)
    wait_until(lambda: not builds.processes(build_id), timeout=2, what="the work's end without a sweep")


def test_a_runner_that_crashes_before_it_claims_is_lost_with_its_last_words(builds: Builds) -> None:
    record = builds.create({"command": "true", "python": "/bin/false"})
    build_id = builds.spawn(record)
    wait_until(lambda: not builds.runner(build_id).is_alive(), what="the end of the process")
    (build_dir(build_id) / "runner.log").write_text("ImportError: of something\n")
    assert sweep(builds.store, LeaseObserver()) == [build_id]
    error = builds.state(build_id).error
    assert error is not None
    assert "before it took the build over" in error.message
    assert error.traceback == "ImportError: of something"


def test_a_build_nobody_started_is_lost_after_a_lease(builds: Builds) -> None:
    clock = Clock()
    observer = LeaseObserver(clock=clock)
    record = builds.create({"command": "true"})
    assert sweep(builds.store, observer) == []
    clock.now += 20
    assert sweep(builds.store, observer) == []
    clock.now += 20
    assert sweep(builds.store, observer) == [record.summary.id]


def test_a_stopped_runner_a_locked_database_and_a_clock_jump_lose_nothing(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    observer = LeaseObserver(clock=clock)
    build_id = builds.command("echo ready; sleep 1; echo done")
    builds.wait_for_line(build_id, "ready")
    runner = builds.runner(build_id).pid

    os.kill(runner, signal.SIGSTOP)
    for _ in range(5):
        clock.now += 3600
        assert sweep(builds.store, observer) == []
    os.kill(runner, signal.SIGCONT)

    # The time of day is an hour ahead; what is asked of processes must not depend on it.
    monkeypatch.setattr("time.time", lambda: 1e9)
    monkeypatch.setattr("psutil.boot_time", lambda: 3600.0)
    assert sweep(builds.store, observer) == []
    monkeypatch.undo()

    path = builds.store.database.path
    assert path is not None
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    clock.now += 3600
    assert sweep(builds.store, observer) == []
    lock.execute("ROLLBACK")
    lock.close()

    assert builds.wait_for(build_id).status == "succeeded"
    assert "done" in builds.lines(build_id)


def test_a_runner_whose_build_was_taken_over_ends_its_work(builds: Builds) -> None:
    build_id = builds.command("echo ready; while true; do echo more; sleep 0.1; done")
    builds.wait_for_line(build_id, "more")
    builds.store.claim(build_id, builds.runner(build_id))
    wait_until(lambda: not builds.runner(build_id).is_alive(), timeout=20, what="the fenced runner's end")
    assert builds.processes(build_id) == []


@pytest.mark.parametrize(
    "command",
    [
        "(env -i sleep SECONDS &); sleep 60",
        "(env -i setsid sleep SECONDS &); sleep 60",
        "env -i setsid sh -c 'sleep SECONDS & sleep SECONDS & wait' & sleep 60",
        "(env -i setsid sh -c '(setsid sleep SECONDS &); exit' &); sleep 60",
        "(env -i nohup sleep SECONDS >/dev/null 2>&1 </dev/null &); sleep 60",
        f"{sys.executable} -S -c '{DAEMON}' & sleep 60",
    ],
)
def test_what_cleared_its_environment_ends_with_a_lost_build_too(builds: Builds, command: str) -> None:
    before = sleepers()
    build_id = builds.command(command.replace("SECONDS", SECONDS))
    wait_until(lambda: sleepers() - before, what="the grandchild")
    # The runner looks for new sessions in the first moments all the time; only what is younger can escape it.
    wait_until(lambda: sleepers() - before <= certain(build_id), what="the runner's note")
    builds.kill_runner(build_id)
    assert sleepers() - before, "it outlived the runner"
    sweep(builds.store, LeaseObserver())
    assert sleepers() - before == set()
    error = builds.state(build_id).error
    assert error is not None
    assert "left behind" in error.message


def test_a_grandchild_of_the_last_moment_is_found_in_the_commands_own_session(builds: Builds) -> None:
    before = sleepers()
    build_id = builds.command(f"env -i sleep {SECONDS} & echo ready; sleep 60")
    builds.wait_for_line(build_id, "ready")
    wait_until(lambda: sleepers() - before, what="the grandchild")
    builds.kill_runner(build_id)
    sweep(builds.store, LeaseObserver())
    assert sleepers() - before == set()


def test_a_process_that_got_a_noted_pid_is_left_alone(builds: Builds) -> None:
    build_id = builds.command("echo ready; sleep 60")
    builds.wait_for_line(build_id, "ready")
    builds.kill_runner(build_id)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        note = read_note(build_id)
        assert note is not None
        # As if the pids had gone around since the last look.
        forged = SessionNote(note.boot, {other.pid: clock() - 60.0}, note.users)
        (build_dir(build_id) / SESSIONS_FILE).write_bytes(msgspec.json.encode(forged))
        sweep(builds.store, LeaseObserver())
        assert other.poll() is None
        other.kill()


def sleepers() -> set[ProcessIdentity]:
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if process.cmdline() == ["sleep", SECONDS]:
                found.add(ProcessIdentity.of(process.pid))
    return found


def certain(build_id: str) -> set[ProcessIdentity]:
    note = read_note(build_id)
    return set(members(note)) if note is not None else set()
