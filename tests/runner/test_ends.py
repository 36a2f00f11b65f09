"""How builds end: every way a program can, told truly."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from buildwidget.runner.build_dir import build_dir
from tests.runner.builds import Builds
from tests.waiting import wait_until


def test_a_command_succeeds_with_its_output(builds: Builds) -> None:
    state = builds.wait_for(builds.command("echo one; echo two"))
    assert (state.status, state.exit_code, state.percent) == ("succeeded", 0, 100)
    assert [text for _, text in state.log.lines] == ["one", "two"]
    assert state.started_at is not None
    assert state.ended_at is not None


def test_a_failing_command_tells_its_exit_code(builds: Builds) -> None:
    state = builds.wait_for(builds.command("echo broken; exit 3"))
    assert (state.status, state.exit_code) == ("failed", 3)
    assert state.error is not None
    assert "code 3" in state.error.message


def test_a_python_traceback_is_kept(builds: Builds) -> None:
    state = builds.wait_for(builds.python("print('before'); {}['missing']"))
    assert state.error is not None
    assert (state.error.kind, state.error.message) == ("KeyError", "'missing'")
    assert "Traceback" in (state.error.traceback or "")


def test_a_signal_is_told_in_words(builds: Builds) -> None:
    state = builds.wait_for(builds.command(["/bin/sh", "-c", "kill -SEGV $$"]))
    assert state.status == "failed"
    assert state.error is not None
    assert state.error.kind == "SIGSEGV"


def test_a_program_that_is_not_there_fails_with_its_name(builds: Builds) -> None:
    state = builds.wait_for(builds.command(["/no/such/program"]))
    assert state.status == "failed"
    assert state.error is not None
    assert "/no/such/program" in state.error.message


def test_stdin_is_empty_and_says_so(builds: Builds) -> None:
    state = builds.wait_for(builds.python("input('name? ')"))
    assert state.error is not None
    assert "keyboard" in state.error.message


def test_cancel_interrupts_the_work(builds: Builds) -> None:
    build_id = builds.python(
        "import time\nprint('ready', flush=True)\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('interrupted')"
    )
    builds.wait_for_line(build_id, "ready")
    builds.store.send(build_id, "cancel", "r1")
    state = builds.wait_for(build_id)
    assert state.status == "cancelled"
    assert "interrupted" in builds.lines(build_id)
    events = b"".join(builds.store.events(build_id).events)
    assert b'"cancelling":true' in events


def test_cancel_climbs_to_sigkill_through_the_whole_tree(builds: Builds) -> None:
    stubborn = "trap '' INT TERM; while true; do sleep 0.1; done"
    build_id = builds.command(f'(setsid sh -c "echo inner; {stubborn}" &) ; echo ready; {stubborn}')
    builds.wait_for_line(build_id, "ready")
    builds.wait_for_line(build_id, "inner")
    assert builds.processes(build_id)
    builds.store.send(build_id, "cancel", "r1")
    assert builds.wait_for(build_id).status == "cancelled"
    assert builds.processes(build_id) == []


DAEMON = """
import os, time
if os.fork(): os._exit(0)
os.setsid(); os.chdir("/")
if os.fork(): os._exit(0)
time.sleep(60)
"""


def test_a_daemon_that_the_work_leaves_behind_is_ended(builds: Builds) -> None:
    build_id = builds.command([sys.executable, "-c", DAEMON], pty=False)
    state = builds.wait_for(build_id)
    assert state.status == "succeeded"
    assert builds.processes(build_id) == []
    assert builds.lines(build_id) == ["buildwidget: 1 process the work left behind ended with the build."]


JOB = "import sys, time; print('begun'); time.sleep(0.5); open(sys.argv[1], 'w').close(); sys.exit(int(sys.argv[2]))"


@pytest.mark.parametrize(
    "line",
    [
        "nohup {job} &",
        "nohup {job} > log 2>&1 < /dev/null & disown",
        "setsid {job} > log 2>&1 &",
        "setsid -f {job}",
        "( {job} & )",
        "(setsid {job} &) ; cd /",
        "for i in 1; do {job} & done; echo $!",
        "echo '{job} &' > start.sh; bash start.sh",
        'tmux -L buildwidget-{id} new -d "{job}"',
    ],
)
def test_a_job_in_the_background_is_waited_for(builds: Builds, tmp_path: Path, line: str) -> None:
    if line.startswith("tmux") and shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    (tmp_path / "job.py").write_text(JOB)
    job = f"{sys.executable} job.py {tmp_path}/done 0"
    build_id = builds.command(line.format(job=job, id=os.getpid()), cwd=str(tmp_path))
    assert builds.wait_for(build_id).status == "succeeded"
    assert (tmp_path / "done").exists()
    (said,) = [text for text in builds.lines(build_id) if text.startswith("buildwidget:")]
    assert "still run" in said
    assert "job.py" in said
    assert builds.processes(build_id) == []


def test_a_job_in_the_background_that_fails_fails_the_build(builds: Builds, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(JOB)
    build_id = builds.command(f"nohup {sys.executable} job.py {tmp_path}/done 3 > log 2>&1 &", cwd=str(tmp_path))
    state = builds.wait_for(build_id)
    assert (state.status, state.exit_code) == ("failed", 3)
    assert builds.lines(build_id)[-1].endswith("ended with exit code 3.")


def test_the_output_of_a_job_in_the_background_comes_until_its_end(builds: Builds) -> None:
    build_id = builds.command("(sleep 3; echo late) & echo early")
    assert builds.wait_for(build_id).status == "succeeded"
    early, said, late = builds.lines(build_id)
    assert (early, late) == ("early", "late")
    assert "but sleep 3 (process" in said
    assert "still runs" in said


def test_jobs_in_the_background_can_be_cancelled(builds: Builds) -> None:
    build_id = builds.command("nohup sleep 60 > /dev/null &")
    builds.wait_for_line(build_id, "sleep 60")
    builds.store.send(build_id, "cancel", "r1")
    assert builds.wait_for(build_id).status == "cancelled"
    assert builds.processes(build_id) == []


def test_a_command_that_failed_waits_for_nothing(builds: Builds) -> None:
    build_id = builds.command("sleep 60 > /dev/null 2>&1 & exit 4")
    state = builds.wait_for(build_id)
    assert (state.status, state.exit_code) == ("failed", 4)
    assert builds.processes(build_id) == []


def test_sigterm_to_the_runner_ends_the_work_orderly(builds: Builds) -> None:
    build_id = builds.command("echo ready; sleep 60")
    builds.wait_for_line(build_id, "ready")
    os.kill(builds.runner(build_id).pid, signal.SIGTERM)
    state = builds.wait_for(build_id)
    assert state.status == "cancelled"
    assert state.error is not None
    assert state.error.kind == "runner_stopped"
    assert builds.processes(build_id) == []


def test_the_runner_leaves_nothing_behind_itself(builds: Builds) -> None:
    build_id = builds.command("true")
    builds.wait_for(build_id)
    wait_until(lambda: not builds.runner(build_id).is_alive(), what="the runner's end")
    assert sorted(path.name for path in build_dir(build_id).iterdir()) == ["runner.log"]
    assert (build_dir(build_id) / "runner.log").read_text() == ""


def test_a_working_directory_that_vanished_while_the_build_waited_is_named(builds: Builds, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for command in ("echo hello", ["true"]):
        error = builds.wait_for(builds.command(command, cwd=str(gone))).error
        assert error is not None
        assert f"its working directory {gone} does not exist" in error.message
        assert "setpriv" not in error.message


def test_a_script_whose_interpreter_vanished_is_explained(builds: Builds, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/python\n")
    script.chmod(0o700)
    build_id = builds.command([str(script)])
    error = builds.wait_for(build_id).error
    assert error is not None
    assert "the interpreter /no/such/python, which does not exist" in error.message
    assert not any("setpriv" in line for line in builds.lines(build_id))
    error = builds.wait_for(builds.command(str(script))).error
    assert error is not None
    assert "/no/such/python" in error.message
    script.write_text("#!/usr/bin/env no-such-python\n")
    for command in ([str(script)], str(script)):
        error = builds.wait_for(builds.command(command)).error
        assert error is not None
        assert "no-such-python" in error.message


def test_conda_is_activated_in_a_build(builds: Builds, tmp_path: Path) -> None:
    conda = tmp_path / "bin" / "conda"
    conda.parent.mkdir()
    conda.write_text("#!/bin/sh\necho 'conda() { export CONDA_DEFAULT_ENV=\"$2\"; }'\n")
    conda.chmod(0o700)
    line = "conda activate work && echo $CONDA_DEFAULT_ENV"
    build_id = builds.command(line, env={"CONDA_EXE": str(conda)})
    assert builds.wait_for(build_id).status == "succeeded"
    assert builds.lines(build_id) == ["work"]
    assert builds.store.record(build_id).spec["command"] == line
