"""Builds outlive the kernel that launched them, and come back in another."""

from __future__ import annotations

from pathlib import Path

import pytest

import buildwidget as bw
from tests.api.kernels import Kernel
from tests.waiting import wait_until

LAUNCH = """
import buildwidget as bw
def work():
    import pathlib, time
    print("started")
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    return {"answer": 42}
print(bw.launch(work, key="survivor").id)
"""
TRACK = """
import buildwidget as bw
tracking = bw.track("in the kernel")
print(tracking.__enter__().id)
"""


@pytest.mark.parametrize("end", [Kernel.restart, Kernel.kill])
def test_a_build_outlives_its_kernel(end: object, kernel: Kernel, tmp_path: Path) -> None:
    build_id = kernel.run(LAUNCH)
    build = bw.attach(build_id)
    wait_until(lambda: "started" in build.log(), timeout=30, what="the work to start")
    end(kernel)  # type: ignore[operator] - one of the two above
    assert build.status == "running"
    (tmp_path / "go").touch()
    assert build.result(timeout=30) == {"answer": 42}
    assert bw.attach("survivor").id == build_id


def test_run_all_after_a_restart_starts_nothing_twice(kernel: Kernel, tmp_path: Path) -> None:
    first = kernel.run(LAUNCH)
    kernel.restart()
    assert kernel.run(LAUNCH) == first
    assert len(bw.builds()) == 1
    (tmp_path / "go").touch()
    assert bw.attach(first).result(timeout=30) == {"answer": 42}


def test_a_tracked_build_is_lost_with_its_kernel(kernel: Kernel) -> None:
    build = bw.attach(kernel.run(TRACK))
    assert build.status == "running"
    kernel.kill()
    wait_until(lambda: bw.builds() and build.status == "lost", timeout=30, what="the sweep")
    assert build.error is not None
    assert build.error.kind == "lost"
