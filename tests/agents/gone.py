"""Whether a process is gone."""

from __future__ import annotations

import psutil


def is_gone(pid: int) -> bool:
    """A zombie is gone too: in a container nobody may bury it."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
