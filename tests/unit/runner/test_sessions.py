"""The note of a build's sessions, and which processes are certainly in them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget.runner import sessions
from buildwidget.runner.build_dir import make_build_dir
from buildwidget.runner.process_tree import is_of_another_build
from buildwidget.runner.sessions import Seen, SessionNote, SessionNotes, certain_members, members, read_note
from buildwidget.store.process import ProcessIdentity, this_boot
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sessions")

SLEEPS = ("sleep", "60")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path))
    make_build_dir("b")
    return "b"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with started() as process:
        yield process


@contextlib.contextmanager
def started(*command: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session; the whole session is gone afterwards."""
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    with subprocess.Popen(command or SLEEPS, env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def seen(pid: int, session: int, created: float, user: int = 1000) -> Seen:
    return Seen(ProcessIdentity("host", "boot", pid, created), session, user)


@pytest.mark.parametrize(
    ("processes", "pids"),
    [
        ([seen(7, 7, 90.0)], [7]),
        ([seen(8, 7, 90.0)], [8]),
        ([seen(8, 7, 90.0), seen(9, 7, 500.0)], [8, 9]),  # forked later by a process of the same session
        ([seen(8, 7, 101.0)], [8]),  # forked after the last look
        ([seen(8, 7, 500.0)], []),  # the number may be another session's by now
        ([seen(7, 7, 500.0), seen(8, 7, 501.0)], []),  # it is another session's
        ([seen(8, 6, 90.0)], []),
        ([seen(8, 7, 90.0, user=0)], []),
    ],
)
def test_only_a_session_that_is_still_the_same_counts(processes: list[Seen], pids: list[int]) -> None:
    note = SessionNote("boot", {7: 100.0}, [1000])
    assert [process.pid for process in certain_members(note, processes)] == pids


def test_a_process_is_found_by_its_session_although_nothing_else_leads_to_it(
    build: str, sleeper: subprocess.Popen[bytes]
) -> None:
    notes = SessionNotes(build, lambda _: False)
    assert notes.look() is True
    note = read_note(build)
    assert note is not None
    assert sleeper.pid in note.sessions
    assert ProcessIdentity.of(sleeper.pid) in members(note)
    assert notes.look() is False
    assert os.getsid(0) not in note.sessions
    notes.close()
    assert read_note(build) is None


def test_a_session_that_appears_later_is_noted_soon(build: str) -> None:
    notes = SessionNotes(build, lambda _: False)
    notes.start()
    try:
        with started() as late:
            wait_until(lambda: late.pid in noted(build), what="the note of a new session")
        wait_until(lambda: late.pid not in noted(build), what="the note without it")
    finally:
        notes.close()


def noted(build: str) -> dict[int, float]:
    note = read_note(build)
    return {} if note is None else note.sessions


def test_another_build_is_left_out_with_all_that_it_started(build: str) -> None:
    notes = SessionNotes(build, lambda pid: is_of_another_build(pid, build))
    code = "import os, subprocess; subprocess.Popen(['sleep', '60'], env={'PATH': os.environ['PATH']}); input()"
    command = (sys.executable, "-S", "-c", code)
    with subprocess.Popen(SLEEPS) as own, started(*command, env={"BUILDWIDGET_BUILD_ID": "other"}) as other:
        notes.look()
        assert other.pid not in noted(build)
        own.kill()


def test_the_note_of_another_boot_or_a_broken_one_is_none(build: str) -> None:
    notes = SessionNotes(build, lambda _: False)
    notes.look()
    path = make_build_dir(build) / sessions.SESSIONS_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    content = json.loads(path.read_text().splitlines()[0])
    assert content["boot"] == this_boot()
    path.write_text(json.dumps({**content, "boot": "another"}))
    assert read_note(build) is None
    for broken in ("", "{", "[]", '{"boot": 1}', "\0" * 100):
        path.write_text(broken)
        assert read_note(build) is None
    path.unlink()
    assert read_note(build) is None


def test_a_shorter_note_leaves_nothing_of_a_longer_one(build: str) -> None:
    notes = SessionNotes(build, lambda _: False)
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(started())
        notes.look()
        assert len(noted(build)) >= 5
    notes.look()
    assert read_note(build) is not None


def test_the_clock_is_the_one_that_processes_are_dated_with() -> None:
    before = sessions.clock()
    with started() as process:
        created = ProcessIdentity.of(process.pid).created
    assert before - 0.05 <= created <= sessions.clock() + 0.05


def test_looking_costs_little(build: str) -> None:
    notes = SessionNotes(build, lambda _: False)
    notes.look()
    started_at = time.process_time()
    for _ in range(20):
        notes.look()
    assert (time.process_time() - started_at) / 20 < 0.01
