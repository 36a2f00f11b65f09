"""Work outlives whoever launched it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.runner.builds import Builds
from tests.waiting import wait_until

LAUNCHER = """
import os, signal, sys
sys.path.insert(0, {root!r})
from buildwidget.store.store import Store
from tests.runner.builds import Builds
builds = Builds(Store.open())
build_id = builds.command({command!r}, slotted=False)
open({note!r}, "w").write(f"{{build_id}} {{builds.runner(build_id).pid}}")
{then}
"""


def launcher(note: Path, command: str, then: str) -> list[str]:
    root = str(Path(__file__).parents[2])
    code = LAUNCHER.format(root=root, command=command, note=str(note), then=then)
    return [sys.executable, "-c", code]


def test_a_build_survives_the_kill_of_its_launcher(builds: Builds, tmp_path: Path) -> None:
    note = tmp_path / "note"
    done = subprocess.run(
        launcher(note, "echo begun; sleep 1; echo done", "os.kill(os.getpid(), signal.SIGKILL)"), check=False
    )
    assert done.returncode == -signal.SIGKILL
    build_id, pid = note.read_text().split()
    assert builds.wait_for(build_id).status == "succeeded"
    assert builds.lines(build_id) == ["begun", "done"]
    wait_until(lambda: not Path(f"/proc/{pid}/cmdline").exists(), what="the runner's end")


def test_a_runner_has_a_session_of_its_own(builds: Builds) -> None:
    build_id = builds.command("sleep 60")
    pid = builds.runner(build_id).pid
    wait_until(lambda: builds.status(build_id) == "running", what="the start")
    assert os.getsid(pid) == pid
    assert os.getsid(pid) != os.getsid(0)


def test_a_build_launched_inside_a_build_outlives_it(builds: Builds, tmp_path: Path) -> None:
    note = tmp_path / "note"
    outer = builds.command(launcher(note, "echo begun; sleep 2; echo done", ""))
    assert builds.wait_for(outer).status == "succeeded"
    inner = note.read_text().split()[0]
    assert builds.status(inner) in ("queued", "running")
    assert builds.wait_for(inner).status == "succeeded"
    assert builds.lines(inner) == ["begun", "done"]
