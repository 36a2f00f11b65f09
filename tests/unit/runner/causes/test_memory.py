from __future__ import annotations

from pathlib import Path

import pytest

from buildwidget.protocol.events import Error
from buildwidget.runner.causes.memory import OomKills
from buildwidget.runner.exit_status import is_of_killed, out_of_memory


def test_kills_of_version_2_are_counted_from_the_start(tmp_path: Path) -> None:
    group = tmp_path / "root" / "job"
    group.mkdir(parents=True)
    (group / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    (group / "memory.max").write_text(f"{4 * 2**30}\n")
    (tmp_path / "cgroup").write_text("0::/job\n")
    kills = OomKills(tmp_path / "cgroup", tmp_path / "root")
    assert kills.count() == 0
    (group / "memory.events").write_text("low 0\noom 4\noom_kill 3\n")
    assert kills.count() == 1
    expected = "Memory ran out: the kernel killed a process of the build's control group (its limit is 4.0 GiB)."
    assert kills.words() == expected


def test_kills_of_version_1_in_a_container(tmp_path: Path) -> None:
    group = tmp_path / "root" / "memory"
    group.mkdir(parents=True)
    (group / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    (group / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    (tmp_path / "cgroup").write_text("5:devices:/\n4:memory:/docker/abc\n0::/\n")
    kills = OomKills(tmp_path / "cgroup", tmp_path / "root")
    (group / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert kills.count() == 1
    assert kills.words() == "Memory ran out: the kernel killed a process of the build's control group."


def test_nothing_is_counted_where_nothing_can_be_read(tmp_path: Path) -> None:
    kills = OomKills(tmp_path / "none", tmp_path)
    assert kills.count() == 0
    (tmp_path / "cgroup").write_text("nonsense\n0::/gone\n")
    assert OomKills(tmp_path / "cgroup", tmp_path).count() == 0


@pytest.mark.parametrize(
    ("error", "killed"),
    [
        (Error(kind="SIGKILL", message="It was killed by SIGKILL."), True),
        (Error(kind="exit", message="It exited with code 137: a process of it was killed by SIGKILL (x)."), True),
        (Error(kind="deepspeed", message="exits with return code = -9"), True),
        (Error(kind="BrokenProcessPool", message="A process in the process pool was terminated abruptly."), True),
        (Error(kind="ValueError", message="no data"), False),
        (Error(kind="exit", message="It exited with code 2."), False),
    ],
)
def test_only_what_was_killed_is_put_down_to_memory(error: Error, killed: bool) -> None:
    assert is_of_killed(error) is killed


def test_memory_is_the_cause_and_what_was_said_stands_beside_it() -> None:
    broken = Error(kind="BrokenProcessPool", message="terminated abruptly", line=7, traceback="t")
    assert out_of_memory(broken, "Memory ran out.") == Error(
        kind="out_of_memory",
        message="Memory ran out.",
        launcher="BrokenProcessPool: terminated abruptly",
        line=7,
        traceback="t",
    )
    killed = out_of_memory(Error(kind="SIGKILL", message="It was killed by SIGKILL."), "Memory ran out.")
    assert killed == Error(kind="out_of_memory", message="Memory ran out.")
