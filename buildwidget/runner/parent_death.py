"""Dying with one's parent, where the kernel offers it (Linux)."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from buildwidget.runner.start_failure import starts_for_sure

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends; does nothing elsewhere."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died between the two
        os.kill(os.getpid(), signal.SIGKILL)


def dying_with_parent(command: Sequence[str], *, cwd: str, path: str | None) -> list[str]:
    """The command, killed when this process is (Linux): ``setpriv`` asks the kernel for it and becomes the command.

    Only for a program that starts for sure. Any other is started directly, so that the system says what is wrong
    with it, and not ``setpriv`` in the build's output.
    """
    prefix = _death_prefix()
    return [*prefix, *command] if prefix and starts_for_sure(command[0], cwd=cwd, path=path) else list(command)


@functools.cache
def _death_prefix() -> tuple[str, ...]:
    tool = shutil.which("setpriv") if sys.platform == "linux" else None
    if tool is None:
        return ()
    prefix = (tool, "--pdeathsig", "KILL", "--")
    # BusyBox has a setpriv without this option.
    tried = subprocess.run([*prefix, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
    return prefix if tried.returncode == 0 else ()
