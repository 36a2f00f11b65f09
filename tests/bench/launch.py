"""From ``launch("true")`` to its ``running``, committed by a detached runner; a kernel's start beside it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from jupyter_client.manager import start_new_kernel

import buildwidget
from buildwidget import live, process_store
from tests.bench.figures import Figure, Scale, Side, interleave

_DEADLINE = 60.0


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """One figure: the milliseconds until a build runs."""
    with _own_database(directory) as database:
        sides = {
            "buildwidget": lambda: _launch(database),
            "ipykernel": _start_kernel,
            "import sqlalchemy": _import_sqlalchemy,
        }
        if not scale.toy:
            interleave(sides, 1)  # fills the caches of the file system, and those of compiled modules
        found = interleave(sides, scale.of(12, 1))
    ours = Side.of("launch to running committed", found["buildwidget"], 1000)
    return [
        Figure(
            'launch("true") until it runs',
            "ms",
            ours,
            judged=ours.value,
            bound=500,
            judged_as="ours",
            peer=Side.of("start of an ipykernel until it answers", found["ipykernel"], 1000),
            floor=Side.of('python -c "import sqlalchemy"', found["import sqlalchemy"], 1000),
            note="Each starts a new process; a machine that is busy with something else stretches all three alike.",
        )
    ]


@contextlib.contextmanager
def _own_database(directory: Path) -> Iterator[sqlite3.Connection]:
    """A database of this benchmark's own, seen through a connection that is not ours."""
    variables = {"BUILDWIDGET_DATA_DIR": str(directory / "data"), "BUILDWIDGET_OWNER": "bench"}
    with patch.dict(os.environ, variables):
        # What would change the measurement: a build around this one; no caches of compiled modules, which users have.
        for name in ("BUILDWIDGET_DATABASE_URL", "BUILDWIDGET_BUILD_ID", "PYTHONDONTWRITEBYTECODE"):
            os.environ.pop(name, None)
        try:
            buildwidget.builds()  # opens it
            with contextlib.closing(sqlite3.connect(directory / "data" / "builds.db")) as connection:
                yield connection
        finally:
            live.close_all()
            process_store.close_all()


def _launch(database: sqlite3.Connection) -> float:
    began = time.perf_counter()
    build = buildwidget.launch("true")
    while _status(database, build.id) == "queued" and time.perf_counter() - began < _DEADLINE:
        time.sleep(0.001)
    took = time.perf_counter() - began
    build.wait(timeout=_DEADLINE)
    assert build.status == "succeeded"
    return took


def _status(database: sqlite3.Connection, build_id: str) -> str:
    ((status,),) = database.execute("SELECT status FROM builds WHERE id = ?", (build_id,)).fetchall()
    return str(status)


def _start_kernel() -> float:
    began = time.perf_counter()
    manager, client = start_new_kernel(startup_timeout=_DEADLINE, stderr=subprocess.DEVNULL)
    took = time.perf_counter() - began
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return took


def _import_sqlalchemy() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import sqlalchemy"], check=True)
    return time.perf_counter() - began
