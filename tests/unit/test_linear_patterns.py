"""Every pattern takes time in proportion to its input. They are found in the modules: a new one is measured too."""

from __future__ import annotations

from typing import Final

import pytest

from tests.hostile import inputs, patterns
from tests.hostile.timing import Growth, superlinear

BUILT: Final = {
    **dict.fromkeys(
        [
            "buildwidget.runner.causes.compilers._compiler",
            "buildwidget.runner.causes.compilers._launcher",
            "buildwidget.runner.causes.programs._memory",
            "buildwidget.runner.causes.programs._system",
            "buildwidget.runner.causes.programs._tool",
            "buildwidget.runner.causes.runtimes._plain",
        ],
        "a constant of the table of readers, which tests/unit/runner/causes/test_hostile.py measures",
    ),
    "buildwidget.runner.artifact_paths._next": "a literal text in place of each mask, one alternative for each",
    "buildwidget.runner.secrets.patterns.ValuePatterns.__init__": "a user's own, used on at most 4,096 bytes at a time",
}
"""Patterns that are made while the program runs, and why they are linear."""

USES: Final = patterns.uses()


def test_the_patterns_are_found() -> None:
    assert len(USES) > 50
    assert set(patterns.built_elsewhere()) <= set(BUILT)


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_pattern_is_linear(use: patterns.Use) -> None:
    for hostile in inputs.for_pattern(use.pattern):
        assert not superlinear(use.call, hostile.text), hostile


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_pattern_is_linear_on_a_megabyte(use: patterns.Use) -> None:
    for unit in ("a", " ", "1", "\x1b["):
        assert not superlinear(use.call, inputs.Hostile((unit,)).text, size=1_000_000, floor=0.1), unit


def test_the_measurement_finds_what_is_quadratic() -> None:
    def quadratic(of: str) -> int:
        return sum(1 for _ in of for _ in of)

    assert superlinear(quadratic, lambda size: "a" * size, size=2_000)
    assert not superlinear(len, lambda size: "a" * size)


def test_growth_is_told_in_words() -> None:
    assert str(Growth(1_000, 0.001, 0.02)) == "1,000: 1.00 ms, 4,000: 20.00 ms"
