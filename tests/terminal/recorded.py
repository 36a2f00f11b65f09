"""The recordings, and the logs that a real terminal makes of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
RECORDINGS: Final = HERE / "recordings"
PROGRAMS: Final = HERE / "programs"
HELPERS: Final = PROGRAMS / "helpers"
FRONTEND: Final = HERE.parents[1] / "buildwidget" / "frontend"
ROWS: Final = 50
COLUMNS: Final = 120
ENDS: Final = ("done", "closed", "open")


def names() -> list[str]:
    """The names of all recordings."""
    return sorted(path.stem for path in RECORDINGS.glob("*.json") if not path.stem.endswith(".bars"))


def load(name: str) -> dict[str, Any]:
    """A recording: where it comes from, and its reads, each the seconds since the start and the text."""
    return dict(json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8")))


def load_log(name: str) -> str:
    """The reference log, as it is kept."""
    return (RECORDINGS / f"{name}.txt").read_text(encoding="utf-8")


def load_bars(name: str) -> list[dict[str, Any]]:
    """The bars that a person saw, in the order of first sight."""
    return list(json.loads((RECORDINGS / f"{name}.bars.json").read_text(encoding="utf-8")))


def reference_logs(chosen: Iterable[str]) -> dict[str, str]:
    """The log of each recording as ``@xterm/headless`` has it now: one Node process for all."""
    paths = {str(RECORDINGS / f"{name}.json"): name for name in chosen}
    command = ["node", str(HERE / "reference.mjs"), str(FRONTEND), *paths]
    logs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout)
    return {name: logs[path] for path, name in paths.items()}
