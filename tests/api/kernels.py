"""Real kernels for tests."""

from __future__ import annotations

import os
import re

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.waiting import wait_until


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

    def error(self, code: str) -> str:
        """What stands below a cell that raises, without colours."""
        reply = self.client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
        assert reply["content"]["status"] == "error", reply["content"]
        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(reply["content"]["traceback"]))

    def restart(self) -> None:
        self.manager.restart_kernel(now=False)
        self.client.wait_for_ready(timeout=60)

    def kill(self) -> None:
        self.manager.provisioner.process.kill()  # type: ignore[union-attr] - a started kernel has one
        wait_until(lambda: self.manager.provisioner.process.poll() is not None, what="the kernel's end")  # type: ignore[union-attr] - as above

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
