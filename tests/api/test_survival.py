"""Builds outlive the kernel that launched them, and come back in another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import buildwidget as bw
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


class Kernel:
    """A real kernel."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=dict(os.environ))
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str) -> str:
        """What the code prints."""
        printed: list[str] = []

        def output(message: dict[str, object]) -> None:
            content = message["content"]
            assert isinstance(content, dict)
            if message["msg_type"] == "stream":
                printed.append(content["text"])

        reply = self.client.execute_interactive(code, timeout=60, output_hook=output)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed).strip()

    def restart(self) -> None:
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=60)

    def kill(self) -> None:
        self.manager.provisioner.process.kill()  # type: ignore[union-attr] - a started kernel has one
        wait_until(lambda: self.manager.provisioner.process.poll() is not None, what="the kernel's end")  # type: ignore[union-attr] - as above

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(data: Path) -> Iterator[Kernel]:
    kernel = Kernel()
    yield kernel
    kernel.close()


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
