"""A Jupyter server for benchmarks that want nothing special of it."""

from __future__ import annotations

import atexit
import functools
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench.figures import Scale
from tests.server.jupyter_process import JupyterServer

# The writers of builds end before what they wrote is compared: no sweep may call these builds lost until then.
_CONFIG: Final = {"BuildwidgetApp": {"sweep_seconds": 3600.0}}


@contextmanager
def running(scale: Scale, directory: Path) -> Iterator[JupyterServer]:
    """A server of one's own; at toy size one for all in this process: to start it takes longer than they do.

    Whoever starts a kernel ends it: the server is killed.
    """
    if scale.toy:
        yield _shared()
        return
    server = JupyterServer(directory, config=_CONFIG)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGKILL)


@functools.cache
def _shared() -> JupyterServer:
    directory = Path(tempfile.mkdtemp(prefix="buildwidget-bench-"))
    server = JupyterServer(directory, config=_CONFIG)

    def end() -> None:
        server.stop(signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)

    atexit.register(end)
    return server.start()
