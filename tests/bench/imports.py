"""What importing costs a notebook, beside the two libraries that every such notebook imports anyway."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Samples, Scale, Side, interleave

_ROOT: Final = Path(__file__).parents[2]
_NOTHING: Final = "pass"
_PEER: Final = "import ipywidgets, sqlalchemy"
_OURS: Final = {
    "import buildwidget": "import buildwidget",
    "import buildwidget and all of its API": "import buildwidget as bw; [getattr(bw, name) for name in bw.__all__]",
}
"""Public names are loaded at first use, so that the second is what a notebook pays in the end."""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """The package alone, and with its names loaded."""
    statements = (*_OURS.values(), _PEER, _NOTHING)
    sides = {statement: functools.partial(_cpu_seconds, statement, directory) for statement in statements}
    if not scale.toy:
        interleave(sides, 1)  # fills the caches of the file system, and those of compiled modules
    found = interleave(sides, scale.of(11, 1))
    return [_figure(what, found, statement) for what, statement in _OURS.items()]


def _figure(what: str, found: dict[str, Samples], statement: str) -> Figure:
    ours, peer = Side.of("buildwidget", found[statement], 1000), Side.of(_PEER, found[_PEER], 1000)
    return Figure(
        what,
        "ms of CPU",
        ours,
        judged=ours.value / peer.value,
        bound=1.3,
        judged_as="ours / peer",
        peer=peer,
        floor=Side.of("python", found[_NOTHING], 1000),
    )


def _cpu_seconds(statement: str, directory: Path) -> float:
    """The processor time of a new Python that runs the statement, from its start to its end."""
    # Users have the caches of compiled modules, whatever is set here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(_ROOT)
    process = subprocess.Popen([sys.executable, "-c", statement], cwd=directory, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime
