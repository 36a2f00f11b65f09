"""Which benchmarks there are. Each module has ``measure(scale, directory) -> list[Figure]``."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Scale

BENCHMARKS: Final = (
    "ingest",
    "secrets",
    "terminal",
    "report_metric",
    "latency",
    "updates",
    "away",
    "echo",
    "fanout",
    "traffic",
    "hydration",
    "idle",
    "memory",
    "browser_refresh",
    "browser_log",
    "launch",
    "imports",
)
"""In the order of the table."""


def measure(name: str, scale: Scale, directory: Path) -> list[Figure]:
    """Runs one benchmark; its files go below ``directory``."""
    found: list[Figure] = importlib.import_module(f"tests.bench.{name}").measure(scale, directory)
    return found
