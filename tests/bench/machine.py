"""What the figures were measured on, and how steady it was."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from typing import Any

from tests.bench.figures import Samples


def describe() -> dict[str, Any]:
    """Cores, versions, load, and the noise: how much the same piece of pure computing varies."""
    noise = Samples(tuple(_spin() for _ in range(21)))
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "noise": round(noise.noise, 4),
        "slowest_of_21": round(max(noise.values) / noise.median, 3),
    }


def _spin() -> float:
    began = time.perf_counter()
    sum(number * number for number in range(100_000))
    return time.perf_counter() - began
