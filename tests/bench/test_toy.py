"""Every benchmark runs at toy size, so that none rots. Nothing here says how fast anything is."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.bench import machine, table
from tests.bench.figures import Figure, Samples, Scale, Side, interleave, percentile
from tests.bench.suite import BENCHMARKS, measure


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_at_toy_size(name: str, tmp_path: Path) -> None:
    figures = measure(name, Scale(toy=True), tmp_path)
    assert figures
    for figure in figures:
        sides = [side for side in (figure.ours, figure.peer, figure.floor) if side is not None]
        assert all(math.isfinite(side.value) and side.value >= 0 for side in sides), figure
        assert math.isfinite(figure.judged), figure
        divisor = {"ours / peer": figure.peer, "ours / floor": figure.floor, "ours": Side("", 1.0)}[figure.judged_as]
        assert divisor is not None
        assert figure.judged == pytest.approx(figure.ours.value / divisor.value), figure


def test_the_table_and_the_json(tmp_path: Path) -> None:
    figure = Figure("a thing", "ms", Side("ours", 12.345), 0.5, 0.6, "ours / peer", Side("peer", 24.69, 0.1))
    printed = table.markdown([figure])
    assert "| a thing | 12.3 ms (ours) | 24.7 ms ±10% (peer) |  | 0.500 (ours / peer) | ≤ 0.600 | ✓ |" in printed
    table.write_json(tmp_path / "bench.json", machine.describe(), [figure])
    written = json.loads((tmp_path / "bench.json").read_text())
    assert written["figures"][0]["reached"] is True
    assert written["machine"]["noise"] >= 0


def test_a_target_from_above() -> None:
    figure = Figure("a rate", "1/s", Side("ours", 5), 0.5, 0.6, "ours / peer", Side("peer", 10), at_least=True)
    assert not figure.reached
    assert "missed" in table.markdown([figure])


def test_sides_take_turns() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = interleave({"a": lambda: side("a"), "b": lambda: side("b")}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found["a"].values == (1.0, 4.0, 5.0)
    assert found["a"].median == 4.0


def test_noise_and_percentile() -> None:
    assert Samples((10.0, 10.0, 10.0, 10.0)).noise == 0
    assert Samples((8.0, 10.0, 12.0)).noise == pytest.approx(0.2)
    assert percentile([float(n) for n in range(101)], 0.99) == 99
