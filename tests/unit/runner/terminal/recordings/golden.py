"""Writes the golden files of bars anew: ``python -m tests.unit.runner.terminal.recordings.golden``.

Each is what a recording's bytes become: events, the percent after each of them, and the state of the build that
succeeded. ``tests/protocol`` and the page's tests fold the events; ``test_recorded_bars.py`` makes them of the bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from buildwidget.protocol.codec import encode_event, encode_state
from buildwidget.protocol.events import StatusEvent
from tests.unit.runner.terminal.recordings.replay import NAMES, load, play, states

GOLDEN: Final = Path(__file__).parents[4] / "protocol" / "golden"
INITIAL: Final = {"id": "b", "owner": "o", "kind": "command", "created_at": 0}


def golden_path(name: str) -> Path:
    """The golden file of a recording."""
    return GOLDEN / f"bars-{name.replace('_', '-')}.json"


def golden_case(name: str) -> dict[str, Any]:
    """What the golden file of a recording holds."""
    events = list(play(load(name)))
    passed = states(events)
    end = StatusEvent(at=passed[-1][0], status="succeeded")
    return {
        "about": f"The bars of tests/unit/runner/terminal/recordings/programs/{name}.py.",
        "initial": INITIAL,
        "events": [json.loads(encode_event(event)) for event in [*events, end]],
        "percents": [state.percent for _, state in passed],
        "state": json.loads(encode_state(passed[-1][1])),
    }


def _text(case: dict[str, Any]) -> str:
    lines = ",\n".join("  " + json.dumps(event, ensure_ascii=False) for event in case["events"])
    fields = {name: json.dumps(value) for name, value in case.items()} | {"events": f"[\n{lines}\n ]"}
    return "{\n" + ",\n".join(f' "{name}": {value}' for name, value in fields.items()) + "\n}\n"


if __name__ == "__main__":
    for recording in NAMES:
        golden_path(recording).write_text(_text(golden_case(recording)), encoding="utf-8")
