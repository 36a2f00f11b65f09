"""The table of formats, on rows of real programs and on rows that only look like bars."""

from __future__ import annotations

import pytest

from buildwidget.runner.terminal.bar_formats import (
    FORMATS,
    Format,
    is_unfinished_bar,
    may_hold_bar,
    name_of_format,
    read_any_bar,
    read_bar,
)
from tests.unit.runner.terminal.no_bars import NO_BARS
from tests.unit.runner.terminal.samples import SAMPLES, Row, Samples

ROWS = [(samples, row) for samples in SAMPLES for row in samples.rows]
COLOURS = "\x1b[0m", "\x1b[1;32m", "\x1b[38;5;237m"


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_each_format_reads_its_own_sample(entry: Format) -> None:
    assert name_of_format(entry.sample) == entry.name
    bar = read_bar(entry.sample)
    assert bar is not None
    assert bar.sure is entry.sure


def test_each_format_has_rows_of_a_real_program() -> None:
    assert {samples.format for samples in SAMPLES} == {entry.name for entry in FORMATS}
    assert len({entry.name for entry in FORMATS}) == len(FORMATS)
    assert len(set(NO_BARS)) >= 60


@pytest.mark.parametrize(("samples", "row"), ROWS, ids=[row.text for _, row in ROWS])
def test_a_row_of_a_real_program(samples: Samples, row: Row) -> None:
    assert name_of_format(row.text) == samples.format
    bar = read_bar(row.text, row.above)
    assert bar is not None
    assert (bar.family, bar.label, bar.current, bar.total, bar.unit) == (
        samples.family,
        row.label,
        pytest.approx(row.current),
        row.total if row.total is None else pytest.approx(row.total),
        row.unit,
    )


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[row.text for _, row in ROWS])
def test_the_cheap_look_passes_each_row_however_it_is_coloured(row: Row) -> None:
    assert may_hold_bar(row.text)
    blanks = len(row.text) - len(row.text.lstrip())
    for colour in COLOURS:
        assert may_hold_bar(colour + row.text)
        assert may_hold_bar(f"{row.text[:blanks]}{colour}{row.text[blanks:]}\x1b[0m")


@pytest.mark.parametrize("text", NO_BARS)
def test_a_row_that_only_looks_like_a_bar(text: str) -> None:
    bar = read_bar(text)
    assert bar is None or not bar.sure
    assert not is_unfinished_bar(text)


SPINNERS = [*"⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", *"|/-\\", *"◐◓◑◒", *"▹▸", ".", "..", "...", "🌑", "🕐", "✶", "←"]


@pytest.mark.parametrize("spinner", SPINNERS)
def test_a_spinner_is_not_part_of_a_label(spinner: str) -> None:
    for drawn in (f"{spinner} Loading data", f"Loading data {spinner}"):
        for row in (
            f"{drawn} ━━━━━━━━━━━━━━  45%",
            f"{drawn}:  45%|████▌     | 9/20 [00:03<00:04, 3.2it/s]",
            f"{drawn} [#####-----] 45%",
            f"{drawn} |#####-----| 45%",
            f"{drawn}  45%|",
        ):
            bar = read_bar(row) or read_any_bar(row)
            assert bar is not None, row
            assert bar.label == "Loading data", row


def test_a_bar_keeps_its_label_from_its_beginning_to_its_end() -> None:
    by_program: dict[tuple[str, str], set[str]] = {}
    rows = {
        "brackets": ["get [----------]   0%", "get [#####-----]  45%", "get [##########] 100%"],
        "pipes": ["get |          |   0%", "get |#####     |  45%", "get |##########| 100%"],
        "thick line": [f"get {'━' * 20} {n:>3}%" for n in (0, 45, 100)],
        "tqdm": [f"get: {n:>3}%|{'█' * (n // 5):<20}| {n}/100 [00:00<?, ?it/s]" for n in (0, 45, 100)],
    }
    for name, texts in rows.items():
        for text, current in zip(texts, (0, 45, 100), strict=True):
            bar = read_bar(text)
            assert bar is not None, text
            assert (name_of_format(text), bar.label, bar.current, bar.total) == (name, "get", current, 100)
            by_program.setdefault((name, bar.family), set()).add(bar.label)
    assert all(len(labels) == 1 for labels in by_program.values())


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[row.text for _, row in ROWS])
def test_a_row_that_is_cut_is_another_bar_only_if_its_numbers_are_sound(row: Row) -> None:
    for end in range(len(row.text)):
        bar = read_bar(row.text[:end], row.above)
        assert bar is None or bar.total is None or 0 <= bar.current <= bar.total
