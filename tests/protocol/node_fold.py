"""The TypeScript reducer as a function: one Node process that folds what it is sent, line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

FRONTEND = Path(__file__).parents[2] / "buildwidget" / "frontend"
SCRIPT = Path(__file__).with_name("fold.mjs")


def javascript_number(digits: str) -> float:
    """JavaScript writes a float without a fraction as an integer of too many digits; its value is the float."""
    value = int(digits)
    return value if abs(value) < 2**53 else float(digits)


@dataclass
class NodeFold:
    """Two pipes to the process."""

    requests: IO[str]
    answers: IO[str]

    def __call__(self, initial: dict[str, Any], events: Sequence[str], split: int = 0) -> tuple[Any, list[bool]]:
        """The state (as JSON values) after the raw event texts, and which of them were events at all."""
        self.requests.write(json.dumps({"initial": initial, "events": list(events), "split": split}) + "\n")
        self.requests.flush()
        answer = json.loads(self.answers.readline(), parse_int=javascript_number)
        return answer["state"], answer["decoded"]


@contextmanager
def node_fold() -> Iterator[NodeFold]:
    """Starts the process and ends it."""
    command = ["node", str(SCRIPT), str(FRONTEND)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield NodeFold(process.stdin, process.stdout)
        finally:
            process.stdin.close()
