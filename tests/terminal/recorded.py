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
    """The bars that a person saw, in the order of first sight; ``play.mjs`` shows how a recording plays.

    ``label``: the words that name it, as they stood last, without spinner, percentage, speed and the colon; "" for
    none. ``total``: null for none, 100 where only a percentage is shown, bytes where each amount has a unit of its own
    (``700kB/3.6MB``), else the number as it is shown (``1.2/3.4 MB`` is 3.4; a scale is multiplied out, ``50.0M`` is
    50000000). ``end``: "done", it reached its total; "closed", it vanished before; "open", it still stood there,
    unfinished, when the program had ended. One that begins again is the same bar, and its last run counts; a heading or
    label such as ``Epoch 2/4`` is a bar of its own, "Epoch" of 4.
    """
    return list(json.loads((RECORDINGS / f"{name}.bars.json").read_text(encoding="utf-8")))


def reference_logs(chosen: Iterable[str]) -> dict[str, str]:
    """The log of each recording as ``@xterm/headless`` has it now: one Node process for all."""
    paths = {str(RECORDINGS / f"{name}.json"): name for name in chosen}
    command = ["node", str(HERE / "reference.mjs"), str(FRONTEND), *paths]
    logs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout)
    return {name: logs[path] for path, name in paths.items()}
