"""A launcher that is a systemd service: its builds outlive the end of its control group.

There is no systemd in the tests. A stand-in makes the scopes, and another ends the control group as systemd would:
a real one where this user may make some, and a model of one everywhere.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.runner.builds import Builds
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")

LAUNCHER = """
import os, sys
sys.path.insert(0, {root!r})
from buildwidget.runner import scope
scope.CGROUP_FILE = {cgroup!r}
from buildwidget.store.store import Store
from tests.runner.builds import Builds
builds = Builds(Store.open())
for command in {commands!r}:
    build_id = builds.command(command, slotted=False, pty=False)
    print(build_id, builds.runner(build_id).pid, flush=True)
sys.stdin.read()
"""
JOIN = """#!/bin/sh
for word in "$@"; do shift; [ "$word" = -- ] && break; done
echo $$ >> "$SCOPED" || exit 1
exec "$@"
"""
"""systemd-run --scope: joins another control group and becomes the command."""


class ModelledGroup:
    """A control group that all descendants of its first process are in, but those that joined a scope."""

    def __init__(self, directory: Path) -> None:
        self.joined = directory / "scoped"
        self.joined.touch()
        self.cgroup = directory / "cgroup"
        self.cgroup.write_text("0::/system.slice/jupyter.service\n")

    def enter(self) -> None:
        """Called in the launcher before it is one."""

    def end(self, main: int) -> None:
        scoped = {int(line) for line in self.joined.read_text().split()}
        doomed, waiting = [], [psutil.Process(main)]
        while waiting:
            process = waiting.pop()
            doomed.append(process)
            waiting += [child for child in process.children() if child.pid not in scoped]
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def close(self) -> None:
        """Nothing is left."""


class RealGroup:
    """Two control groups of version 2: the service's, which ``end`` ends, and the scopes'."""

    def __init__(self) -> None:
        root = _cgroup_root()
        self._service = root / f"buildwidget-test-{os.getpid()}.service"
        self._scope = root / f"buildwidget-test-{os.getpid()}.scope"
        self._service.mkdir()
        self._scope.mkdir()
        self.joined = self._scope / "cgroup.procs"
        self.cgroup = Path("/proc/self/cgroup")

    def enter(self) -> None:
        (self._service / "cgroup.procs").write_text(str(os.getpid()))

    def end(self, main: int) -> None:
        assert str(main) in (self._service / "cgroup.procs").read_text().split()
        (self._service / "cgroup.kill").write_text("1")

    def close(self) -> None:
        for group in (self._service, self._scope):
            (group / "cgroup.kill").write_text("1")
            wait_until(lambda group=group: not (group / "cgroup.procs").read_text(), what="an empty control group")  # type: ignore[misc]
            group.rmdir()


def _cgroup_root() -> Path:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _device, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    pytest.skip("this user may make no control groups; the modelled one is tested all the same")


@pytest.fixture(params=["modelled", "real"])
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModelledGroup | RealGroup]:
    made = ModelledGroup(tmp_path) if request.param == "modelled" else RealGroup()
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def service(
    group: ModelledGroup | RealGroup, directory: Path, commands: list[str], *, program: str = JOIN
) -> Iterator[tuple[subprocess.Popen[str], list[tuple[str, int]]]]:
    """A launcher in the group, with ``program`` as its systemd-run; gives it and its builds with their pids."""
    (directory / "bin").mkdir()
    tool = directory / "bin" / "systemd-run"
    tool.write_text(program)
    tool.chmod(0o700)
    root = str(Path(__file__).parents[2])
    code = LAUNCHER.format(root=root, cgroup=str(group.cgroup), commands=commands)
    environment = {**os.environ, "SCOPED": str(group.joined), "MARK": "kept"}
    environment["PATH"] = f"{tool.parent}{os.pathsep}{environment['PATH']}"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=group.enter,  # noqa: PLW1509 - no other thread of the test runs here
    ) as launcher:  # fmt: skip
        try:
            assert launcher.stdout is not None
            started = [launcher.stdout.readline().split() for _ in commands]
            yield launcher, [(build_id, int(pid)) for build_id, pid in started]
        finally:
            launcher.kill()


def test_builds_outlive_the_restart_of_the_service(
    builds: Builds, group: ModelledGroup | RealGroup, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    wait = f"while [ ! -e {go} ]; do sleep 0.05; done"
    commands = [f"echo begun $MARK; {wait}; echo done; exit {code}" for code in (0, 7)]
    with service(group, tmp_path, commands) as (launcher, started):
        for build_id, pid in started:
            builds.wait_for_line(build_id, "begun kept")
            assert builds.store.record(build_id).process is not None
            assert builds.store.record(build_id).process.pid == pid  # type: ignore[union-attr] # see above
        group.end(launcher.pid)
        assert launcher.wait(10) == -signal.SIGKILL
        go.touch()
        for (build_id, _), code in zip(started, (0, 7), strict=True):
            state = builds.wait_for(build_id)
            assert (state.status, state.exit_code) == ("failed" if code else "succeeded", code)
            assert builds.lines(build_id) == ["begun kept", "done"]


def test_without_scopes_they_end_with_it_and_the_launch_said_so(
    builds: Builds, group: ModelledGroup | RealGroup, tmp_path: Path
) -> None:
    with service(group, tmp_path, ["echo begun; sleep 60"] * 2, program="#!/bin/sh\nexit 1\n") as (launcher, started):
        for build_id, _ in started:
            builds.wait_for_line(build_id, "begun")
        group.end(launcher.pid)
        _, said = launcher.communicate()
    assert said.count("KillMode=process") == 1
    for _, pid in started:
        wait_until(lambda pid=pid: not psutil.pid_exists(pid), what="the end of the runner")  # type: ignore[misc]
