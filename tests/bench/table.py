"""The figures as a Markdown table and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Side


def markdown(figures: Sequence[Figure]) -> str:
    """One row per figure: ours, peer, floor, what is judged, its target."""
    lines = [
        "| what | ours | what you would use instead | floor | judged | target | |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in figures:
        sides = [_side(side, figure.unit) for side in (figure.ours, figure.peer, figure.floor)]
        judged = "" if figure.judged_as == "ours" else f"{number(figure.judged)} ({figure.judged_as})"
        target = f"{'≥' if figure.at_least else '≤'} {number(figure.bound)}"
        target += f" {figure.unit}" if figure.judged_as == "ours" else ""
        row = [figure.what, *sides, judged, target, "✓" if figure.reached else "missed"]
        lines.append("| " + " | ".join(row) + " |")
    notes = [f"- {figure.what}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def write_json(path: Path, machine: Mapping[str, Any], figures: Sequence[Figure]) -> None:
    """The same, and the machine, for programs."""
    rows = [{**asdict(figure), "reached": figure.reached} for figure in figures]
    path.write_text(json.dumps({"machine": dict(machine), "figures": rows}, indent=1) + "\n")


def number(value: float) -> str:
    """Three digits that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def _side(side: Side | None, unit: str) -> str:
    if side is None:
        return ""
    noise = "" if side.noise is None else f" ±{side.noise:.0%}"
    return f"{number(side.value)} {unit}{noise} ({side.name})"
