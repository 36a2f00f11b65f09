"""The recordings themselves: all there, of the agreed form, and the logs are what a real terminal has."""

from __future__ import annotations

import pytest

from tests.terminal.recorded import (
    COLUMNS,
    ENDS,
    PROGRAMS,
    RECORDINGS,
    ROWS,
    load,
    load_bars,
    load_log,
    names,
    reference_logs,
)

NAMES = names()
LARGEST = 60_000


def test_every_file_belongs_to_a_whole_recording() -> None:
    expected = {f"{name}{suffix}" for name in NAMES for suffix in (".json", ".txt", ".bars.json")}
    assert {path.name for path in RECORDINGS.iterdir()} == expected


def test_every_program_is_recorded() -> None:
    assert {path.stem for path in PROGRAMS.iterdir() if path.is_file()} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_has_the_agreed_form(name: str) -> None:
    recording = load(name)
    assert recording.keys() == {"about", "command", "versions", "source", "rows", "columns", "reads"}
    assert recording["about"].endswith(".")
    assert (recording["rows"], recording["columns"]) == (ROWS, COLUMNS)
    assert (recording["source"] or "https://").startswith("https://")
    assert recording["source"] or list(PROGRAMS.glob(f"{name}.*"))
    assert (RECORDINGS / f"{name}.json").stat().st_size <= LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_the_reads_are_texts_in_the_order_of_time(name: str) -> None:
    reads = load(name)["reads"]
    assert reads
    assert all(isinstance(text, str) and text and "\ufffd" not in text for _, text in reads)
    times = [at for at, _ in reads]
    assert times == sorted(times)
    assert times[0] >= 0


@pytest.mark.parametrize("name", NAMES)
def test_the_bars_of_a_recording_have_the_agreed_form(name: str) -> None:
    for bar in load_bars(name):
        assert bar.keys() == {"label", "total", "end"}
        assert bar["label"] == bar["label"].strip()
        assert bar["total"] is None or bar["total"] > 0
        assert bar["end"] in ENDS


def test_the_logs_are_what_a_terminal_has_now() -> None:
    logs = reference_logs(NAMES)
    assert {name: load_log(name) for name in NAMES} == logs


@pytest.mark.parametrize("name", NAMES)
def test_a_log_has_no_blanks_or_blank_lines_at_an_end(name: str) -> None:
    lines = load_log(name).split("\n")
    assert lines.pop() == ""
    assert all(line == line.rstrip() for line in lines)
    assert not lines or lines[-1]
