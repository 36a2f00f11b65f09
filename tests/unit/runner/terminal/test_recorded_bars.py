"""What real programs draw, recorded on a build's terminal, becomes bars and a percent that are right."""

from __future__ import annotations

import json
import random
import re

import pytest

from buildwidget.protocol.state import ProgressRow
from tests.unit.runner.terminal.recordings.golden import golden_case, golden_path
from tests.unit.runner.terminal.recordings.replay import NAMES, Read, load, play, states

# The numbers that a percent goes through; None: it is not shown.
PERCENTS: dict[str, list[int | None]] = {
    "hf_trainer": [0, 16, 33, 43, 53, 66, 75, 85, None],
    "keras2": [0, 50, None],
    "keras3": [0, 50, None],
    "pip_downloads": [0, 30, 55, 80, None, 0, 16, 36, 53, 70, 86, None, 0, 30, 60, 85, None],
    "rich_erased": [0, 8, 22, 56, None, 0, 18, 32, 50, 65, 80, None],
    "rich_nested": [0, 33, 67, None],
    "rich_parallel": [0, 7, None],
    "tqdm_epoch_labels": [0, 33, 66, None],
    "tqdm_epochs": [0, 33, 66, None],
    "tqdm_fast_inner": [0, 10, 20, 30, 45, 60, 75, 90, None],
    "tqdm_fetching": [0, 37, 75, None],
    "tqdm_nested": [0, 25, 50, 75, None],
    "tqdm_nested_erased": [0, 25, 50, 75, None],
    "tqdm_parallel": [0, 8, None],
    "tqdm_parallel_alike": [0, 8, None],
    "tqdm_printing": [0, 33, 66, None],
    "tqdm_relabelled": [0, 20, 40, 60, 80, None],
    "tqdm_same_totals": [0, 16, 33, 50, 66, 83, None],
    "tqdm_sequence": [0, 25, 50, None, 0, 20, 30, 40, None, 0, 25, 50, None, 0, 12, 25, 37, 50, 62, 75, None],
    "tqdm_three_levels": [0, 33, 66, None],
}

Row = tuple[str, float, float | None, bool, bool]


def rows(bars: list[ProgressRow]) -> list[Row]:
    return [(bar.id, float(bar.current), bar.total, bar.done, bool(bar.closed)) for bar in bars]  # type: ignore[misc]  # terminal bars have plain numbers


def percents(reads: list[Read]) -> list[int | None]:
    """The percents that follow each other, the 100 of the end left out."""
    passed = [state.percent for _, state in states(play(reads))][:-1]
    return [percent for at, percent in enumerate(passed) if at == 0 or percent != passed[at - 1]]


def test_every_recording_is_looked_at() -> None:
    assert sorted(PERCENTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_percent_of_a_recorded_program(name: str) -> None:
    assert percents(load(name)) == PERCENTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_file_of_a_recording_is_what_its_bytes_become(name: str) -> None:
    assert json.loads(golden_path(name).read_text(encoding="utf-8")) == golden_case(name)


@pytest.mark.parametrize("name", NAMES)
def test_no_bar_is_left_in_its_middle(name: str) -> None:
    """All these programs succeed; only what nothing says the end of stays open: headings, and a loop left last."""
    bars = states(play(load(name)))[-1][1].progress
    unfinished = {bar.id.rpartition(":")[2] for bar in bars if not bar.done and not bar.closed}
    assert unfinished <= ({"Epoch", "validation"} if name == "tqdm_epoch_labels" else {"Epoch"})


def segments(seen: list[int | None]) -> list[list[int]]:
    """The numbers between those moments at which there is none."""
    runs: list[list[int]] = [[]]
    for percent in seen:
        if percent is None:
            runs.append([])
        else:
            runs[-1].append(percent)
    return runs


def _before_moves(data: bytes, place: int) -> int:
    moves = next((it for it in re.finditer(rb"(?:\x1b\[A)+", data) if it.start() < place < it.end()), None)
    return moves.start() if moves else place


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", NAMES)
def test_bars_do_not_depend_on_how_the_bytes_are_cut(name: str, seed: int) -> None:
    chosen, reads = random.Random(seed), load(name)
    cut: list[Read] = []
    for at, data in reads:
        # Not within the moves up from a row: tqdm writes them as one, of a few bytes.
        places = sorted({_before_moves(data, chosen.randrange(len(data) + 1)) for _ in range(4)})
        pieces = [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]
        cut.extend((at, piece) for piece in pieces if piece)
    assert rows(states(play(cut))[-1][1].progress) == rows(states(play(reads))[-1][1].progress)
    # Which numbers are told depends on the moments of the reads, but not when there is one, and none goes back.
    runs = segments(percents(cut))
    assert len(runs) == len(segments(percents(reads)))
    assert all(run == sorted(run) for run in runs)
