from __future__ import annotations

import functools
import os
import signal
import subprocess

import pytest

from buildwidget.runner.background import BackgroundJobs, LeftProcess, is_job, look_at
from buildwidget.store.process import ProcessIdentity
from tests.waiting import wait_until


def left(words: str = "python train.py", *, cwd: str = "/work", session: int = 7, kept: bool = False) -> LeftProcess:
    identity = ProcessIdentity("host", "boot", 99, 1.0)
    return LeftProcess(identity, words, cwd, session, os.getpid(), kept)


@pytest.mark.parametrize(
    ("process", "waited"),
    [
        (left(), True),
        (left(session=8), True),
        (left(session=8, cwd="/"), False),
        (left(session=8, cwd="/", kept=True), True),
        (left(session=8, cwd=""), True),
        (left("ssh-agent", kept=True), False),
        (left("/usr/bin/gpg-agent --homedir /x --daemon"), False),
        (left("bazel(work) --add-opens"), False),
        (left("java -cp x org.gradle.launcher.daemon.bootstrap.GradleDaemon 8"), False),
        (left("python -c from multiprocessing.resource_tracker import main;main(4)", kept=True), False),
        (left("python adb.py"), True),
        (left("vim ssh-agent.txt"), True),
    ],
)
def test_jobs_are_told_from_services(process: LeftProcess, waited: bool) -> None:
    assert is_job(process, session=7, cwd="/work") is waited


def test_a_build_in_the_root_directory_has_jobs_there() -> None:
    assert is_job(left(session=8, cwd="/"), session=7, cwd="/")


def test_where_no_shell_line_is_run_only_what_a_shell_put_there_is_waited_for() -> None:
    assert not is_job(left(), session=7, cwd="/work", strict=True)
    assert is_job(left(kept=True), session=7, cwd="/work", strict=True)
    assert not is_job(left("ssh-agent", kept=True), session=7, cwd="/work", strict=True)


@pytest.mark.parametrize(("trap", "kept"), [("true", False), ("trap '' INT", True), ("trap '' HUP", True)])
def test_a_real_process_is_looked_at(trap: str, kept: bool) -> None:
    def shown() -> str:
        seen = look_at(ProcessIdentity.of(process.pid))
        return seen.words if seen else ""

    # A program that was started with nohup ignores SIGHUP, and so would all that these tests start.
    heeding = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)
    with subprocess.Popen(["sh", "-c", f"{trap}; exec sleep 60"], cwd="/", preexec_fn=heeding) as process:  # noqa: PLW1509 - no threads here
        try:
            wait_until(lambda: shown() == "sleep 60", what="the program to start")
            seen = look_at(ProcessIdentity.of(process.pid))
            assert seen is not None
            assert (seen.cwd, seen.parent, seen.kept_alive) == ("/", os.getpid(), kept)
            assert seen.session == os.getsid(0)
        finally:
            process.kill()
    wait_until(lambda: look_at(seen.identity) is None, what="the process to be gone")


def test_jobs_are_named_once_and_listed_anew_only_after_their_end() -> None:
    said: list[str] = []
    listed: list[int] = []
    with subprocess.Popen(["sleep", "60"]) as process:
        alive = [ProcessIdentity.of(process.pid)]

        def list_left() -> list[ProcessIdentity]:
            listed.append(1)
            return alive

        jobs = BackgroundJobs(list_left, lambda _: True, code_of=lambda _: 5, say=said.append)
        assert [jobs.at_work() for _ in range(3)] == [True] * 3
        assert len(listed) == 1
        assert len(said) == 1
        assert said[0].startswith(
            f"buildwidget: the command has ended, but sleep 60 (process {process.pid}) still runs in the background. "
            "The build waits for it; "
        )
        process.kill()
    alive = []
    assert not jobs.at_work()
    assert jobs.code == 5
    assert said[1:] == [f"buildwidget: sleep 60 (process {process.pid}) ended with exit code 5."]


def test_without_jobs_nothing_is_said() -> None:
    said: list[str] = []
    jobs = BackgroundJobs(list, lambda _: True, code_of=lambda _: None, say=said.append)
    assert not jobs.at_work()
    assert said == []
