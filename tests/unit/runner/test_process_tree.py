from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buildwidget.runner.process_tree import (
    BUILD_ID_VARIABLE,
    RUNGS,
    OrphanReaper,
    SignalLadder,
    become_subreaper,
    build_processes,
    kill_leftovers,
    send_signal,
)
from buildwidget.store.process import ProcessIdentity
from tests.waiting import wait_until

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
os.wait()
"""


@pytest.fixture
def build_id() -> Iterator[str]:
    identity = f"test-{uuid.uuid4().hex}"
    yield identity
    kill_leftovers(identity)


def start(code: str, *arguments: object, build_id: str | None) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != BUILD_ID_VARIABLE}
    if build_id is not None:
        environment[BUILD_ID_VARIABLE] = build_id
    return subprocess.Popen([sys.executable, "-S", "-c", code, *map(str, arguments)], env=environment)


def pid_in(path: Path) -> int:
    return int(wait_until(lambda: path.exists() and path.read_text(), what=f"a pid in {path}"))


def pids_of(build_id: str, *roots: int) -> set[int]:
    return {process.pid for process in build_processes(build_id, roots=roots)}


def test_a_daemon_is_found_by_its_mark_and_killed(build_id: str, tmp_path: Path) -> None:
    with start(DAEMON, tmp_path / "pid", build_id=build_id) as parent:
        daemon = pid_in(tmp_path / "pid")
        assert parent.wait() == 0
    assert pids_of(build_id) == {daemon}
    assert kill_leftovers(build_id) == 1
    assert pids_of(build_id) == set()


def test_children_without_the_mark_belong_to_the_build_too(build_id: str, tmp_path: Path) -> None:
    code = """
import subprocess, sys
child = subprocess.Popen(["sleep", "60"], env={"PATH": "/usr/bin:/bin"})
open(sys.argv[1], "w").write(str(child.pid))
child.wait()
"""
    with start(code, tmp_path / "pid", build_id=build_id) as parent:
        child = pid_in(tmp_path / "pid")
        assert pids_of(build_id) == {parent.pid, child}
        kill_leftovers(build_id)
        assert parent.wait() == -signal.SIGKILL


def test_descendants_of_a_root_belong_without_any_mark_but_the_root_does_not(build_id: str, tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nif os.fork(): os.wait()\nopen(sys.argv[1], 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    with start(code, tmp_path / "pid", build_id=None) as parent:
        child = pid_in(tmp_path / "pid")
        assert pids_of(build_id, parent.pid) == {child}
        parent.kill()
        os.kill(child, signal.SIGKILL)


def test_a_build_inside_a_build_is_left_alone(build_id: str, tmp_path: Path) -> None:
    inner = f"{build_id}-inner"
    code = (
        "import os, subprocess, sys\n"
        f"environment = {{**os.environ, {BUILD_ID_VARIABLE!r}: {inner!r}}}\n"
        "command = [sys.executable, '-S', '-c', 'import sys; sys.stdin.read()']\n"
        "child = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE)\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "child.wait()\n"
    )
    with start(code, tmp_path / "pid", build_id=build_id) as parent:
        child = pid_in(tmp_path / "pid")
        try:
            wait_until(lambda: pids_of(inner) == {child}, what="the inner build to carry its own mark")
            assert pids_of(build_id) == {parent.pid}
        finally:
            kill_leftovers(inner)


@pytest.mark.parametrize(
    ("code", "ended_by", "exit_code"),
    [
        ("import time; print(1, flush=True); time.sleep(60)", signal.SIGINT, -signal.SIGINT),
        (
            "import signal, time; signal.signal(2, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
            signal.SIGTERM,
            -signal.SIGTERM,
        ),
        (
            "import time, signal as s; [s.signal(n, s.SIG_IGN) for n in (2, 15)]; print(flush=True); time.sleep(60)",
            signal.SIGKILL,
            -signal.SIGKILL,
        ),
    ],
    ids=["obedient", "no interrupt", "stubborn"],
)
def test_the_ladder_goes_as_far_as_needed(build_id: str, code: str, ended_by: signal.Signals, exit_code: int) -> None:
    environment = {**os.environ, BUILD_ID_VARIABLE: build_id}
    command = [sys.executable, "-S", "-c", code]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        child.stdout.readline()
        rungs = [(number, 20.0 if number == ended_by else 0.2) for number, _ in RUNGS]
        ladder = SignalLadder(lambda: build_processes(build_id), rungs=rungs)
        assert ladder.run() is True
        assert ladder.last_signal == ended_by
        assert child.wait() == exit_code


class Tree:
    """Processes that only the ladder sees: real identities of ones that live, signals noted."""

    def __init__(self) -> None:
        self.now = 100.0
        self.living: list[ProcessIdentity] = []
        self.sent: list[tuple[float, int, str]] = []

    def ladder(self) -> SignalLadder:
        return SignalLadder(
            lambda: self.living,
            send=lambda process, number: self.sent.append((self.now - 100, process.pid, number.name)),
            clock=lambda: self.now,
        )


def test_signals_are_five_seconds_apart_and_reach_new_processes() -> None:
    tree = Tree()
    parent, this = ProcessIdentity.of(os.getppid()), ProcessIdentity.of()
    tree.living = [this]
    ladder = tree.ladder()
    for second in range(16):
        tree.now = 100.0 + second
        if second == 4:
            tree.living = [this, parent]
        done = ladder.step()
        assert done == (second == 15)
    assert tree.sent == [
        (0, this.pid, "SIGINT"),
        (5, this.pid, "SIGTERM"),
        (5, parent.pid, "SIGTERM"),
        (10, this.pid, "SIGKILL"),
        (10, parent.pid, "SIGKILL"),
    ]


def test_the_last_signal_is_repeated_for_processes_that_appear_late() -> None:
    gone = ProcessIdentity("nowhere", "never", 2**30, 0.0)
    tree, ladder = Tree(), None
    tree.living = [gone]
    ladder = tree.ladder()
    for second in (0, 5, 10, 10.1, 10.2):
        tree.now = 100.0 + second
        assert not ladder.step()
    assert [name for _, _, name in tree.sent] == ["SIGINT", "SIGTERM", "SIGKILL", "SIGKILL", "SIGKILL"]
    tree.living = []
    assert ladder.step()


def test_nothing_is_sent_where_nothing_runs() -> None:
    tree = Tree()
    assert tree.ladder().run() is True
    assert tree.sent == []


def test_a_signal_never_reaches_another_process_with_the_pid() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        identity = ProcessIdentity.of(child.pid)
        impostor = ProcessIdentity(identity.host, identity.boot, child.pid, identity.created - 1)
        send_signal(impostor, signal.SIGKILL)
        assert child.poll() is None
        send_signal(identity, signal.SIGTERM)
        assert child.wait() == -signal.SIGTERM
    send_signal(identity, signal.SIGTERM)


@contextlib.contextmanager
def as_runner(work: Callable[[], None]) -> Iterator[int]:
    """Runs ``work`` in a fork, as the subreaper that a runner is; gives its pid, and sees that it says yes."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    yield pid
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_subreaper_finds_daemons_without_a_mark_and_buries_only_what_it_adopted(
    build_id: str, tmp_path: Path
) -> None:
    if sys.platform != "linux":
        assert become_subreaper() is False
        return
    code = DAEMON.replace("time.sleep(60)", "sys.exit(3)")

    def work() -> None:
        assert become_subreaper()
        with start(DAEMON, tmp_path / "pid", build_id=None) as parent:
            daemon = pid_in(tmp_path / "pid")
            assert parent.wait() == 0
            assert pids_of(build_id, os.getpid()) == {daemon}
            assert kill_leftovers(build_id, roots=[os.getpid()]) == 1
        own = start("import sys; sys.exit(7)", build_id=None)
        with start(code, tmp_path / "other", build_id=None) as parent:
            assert parent.wait() == 0
        reaper, buried = OrphanReaper(), 0

        def both() -> bool:
            nonlocal buried
            buried += reaper.reap(keep=[own.pid])
            return buried == 2

        wait_until(both, what="two orphans to be buried")
        assert own.wait() == 7

    with as_runner(work):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only there are orphans adopted")
def test_the_exit_code_of_an_adopted_child_is_known_once() -> None:
    def work() -> None:
        assert become_subreaper()
        reaper = OrphanReaper()
        pids = []
        # They outlive their shell for sure: it could bury them itself.
        for end in ("sleep 0.2; exit 6", "sleep 0.2; kill -9 $$"):
            started = subprocess.run(
                ["sh", "-c", f"sh -c '{end}' >/dev/null & echo $!"], capture_output=True, check=True, text=True
            )
            pids.append(int(started.stdout))
        # One is buried by the way, and one when it is asked for.
        wait_until(lambda: reaper.reap(keep=pids[1:]) == 1, what="the first to be buried")
        codes: list[int | None] = []

        def known() -> bool:
            codes.append(reaper.code_of(pids[1]))
            return codes[-1] is not None

        wait_until(known, what="the second's end")
        assert (reaper.code_of(pids[0]), codes[-1]) == (6, -9)
        assert [reaper.code_of(pid) for pid in pids] == [None, None]

    with as_runner(work):
        pass
