from __future__ import annotations

from pathlib import Path

from buildwidget.runner.causes.memory import OomKills


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
    expected = "The kernel killed it because memory ran out (the limit of its control group is 4.0 GiB)."
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
    assert kills.words() == "The kernel killed it because memory ran out."


def test_nothing_is_counted_where_nothing_can_be_read(tmp_path: Path) -> None:
    kills = OomKills(tmp_path / "none", tmp_path)
    assert kills.count() == 0
    (tmp_path / "cgroup").write_text("nonsense\n0::/gone\n")
    assert OomKills(tmp_path / "cgroup", tmp_path).count() == 0
