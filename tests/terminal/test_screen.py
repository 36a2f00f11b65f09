"""What recorded programs draw becomes the log that a real terminal has, and the bars that a person sees."""

from __future__ import annotations

import re
from typing import Final

import pytest

from buildwidget.protocol.state import ProgressRow
from buildwidget.runner.terminal.lines import LineSplitter, strip_colours
from tests.terminal.recorded import load, load_bars, load_log, names
from tests.unit.runner.terminal.recordings.replay import play, states

PICTURES: Final = {"rich_screen": 50}
"""Recordings of the alternate screen, whose last picture is kept as one block of so many lines behind the first one;
the reference has forgotten it."""

JUMPED_OVER: Final = {"enlighten_logs"}
"""The program begins at the bottom of the screen: the reference has blank rows above, on which nothing was written."""

Bar = tuple[str, float | None, str]

NAMES_WE_GIVE: Final = {"download", "jobs", "npm", "tests", "progress"}
"""Labels of bars that have no words."""

_LONG: Final = "Downloading charset_normalizer-3.5.3-cp311-cp311-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2"

OTHERWISE: Final[dict[str, tuple[list[Bar], list[Bar], str]]] = {
    "alive_bars": (
        [("Unknown", None, "done")],
        [("Unknown", None, "open")],
        "its end does not say that it is one: no total is known",
    ),
    "aria2c_files": (
        [("#2bd993", 4194304.0, "closed")],
        [("download #2bd993", 4194304.0, "open")],
        "its row still stands there unfinished; the label is the number that aria2c gives the download",
    ),
    "curl_meter": (
        [("", 100.0, "done")],
        [("", 5999616.0, "done")],
        "the meter's sizes are exact, its percentage is not",
    ),
    "curl_parallel": ([("", 100.0, "done")], [], "not read: the table of curl --parallel"),
    "dd_status": ([], [("", None, "open")], "a count of bytes whose end nobody knows"),
    "ffmpeg_encode": ([], [("", None, "open")], "a count of frames whose end nobody knows"),
    "joblib_verbose": ([], [("Parallel", 24.0, "done")], "lines that count tasks"),
    "lightgbm_lines": ([], [("Rounds", None, "open")], "lines that count rounds"),
    "lightning_rich": (
        [("Validation", 10.0, "open")],
        [("Validation", 10.0, "closed")],
        "given up: the program went on below it",
    ),
    "npm6_install": ([("", None, "closed")], [("", 18.0, "closed")], "the length of what is drawn is its only number"),
    "parallel_bar": (
        [("", 100.0, "done")],
        [("", 10.0, "done")],
        "the jobs are counted, which says more than a percentage",
    ),
    "pip_install_old": ([(f"{_LONG}_5_x86_64.whl", 263.4, "done")], [(_LONG, 263.4, "done")], "cut at 100"),
    "pnpm_install": ([], [("packages", 72.0, "done")], "lines that count packages"),
    "pytest_xdist": ([], [("initialized", 2.0, "done")], "a count in a row that is written over"),
    "rich_download": (
        [("model-0.bin", 2.0, "done"), ("model-1.bin", 4.0, "done")],
        [("model-0.bin", 2000000.0, "done"), ("model-1.bin", 4000000.0, "done")],
        "bytes, since the speed beside them is in bytes",
    ),
    "rich_panels": ([("cooking", 100.0, "done")], [], "not read: a second bar on the same row"),
    "rich_progress": ([("Waiting", None, "open")], [], "not read: a bar without any number"),
    "seven_zip": ([("", 100.0, "done")], [("", 100.0, "closed")], "it is erased at 95 %, and says nothing of its end"),
    "sox_convert": ([("In", 100.0, "done")], [("", 100.0, "done")], "In: is what the percentage is of, and no name"),
    "tqdm_write_nested": (
        [("2nd loop", 2.0, "closed")],
        [("2nd loop", 2.0, "done")],
        "one bar that reaches its end and begins again",
    ),
    "wget2_files": (
        [("loaded/three.bin", 100.0, "done")],
        [("soaded/three.bin", 100.0, "done")],
        "two programs write over each other: this stands on the screen",
    ),
    "xgboost_lines": ([], [("Rounds", None, "open")], "lines that count rounds"),
}
"""Where our bars are others than those that were seen: what is missing, what is there instead, and why."""


def logged(name: str) -> list[str]:
    splitter = LineSplitter()
    lines = [line for _, text in load(name)["reads"] for line in splitter.feed(text.encode()).lines]
    return _tidy([*lines, *splitter.finish().lines])


def _tidy(lines: list[str]) -> list[str]:
    tidy = [strip_colours(line).expandtabs().rstrip() for line in lines]
    while tidy and not tidy[-1]:
        tidy.pop()
    return tidy


@pytest.mark.parametrize("name", names())
def test_the_log_is_what_a_terminal_has(name: str) -> None:
    ours, reference = logged(name), _tidy(load_log(name).split("\n"))
    if name in JUMPED_OVER:
        ours, reference = [line for line in ours if line], [line for line in reference if line]
    if name in PICTURES:
        del ours[1 : 1 + PICTURES[name]]
    assert ours == reference


@pytest.mark.parametrize("name", names())
def test_however_the_reads_are_cut_the_log_is_the_same(name: str) -> None:
    data = "".join(text for _, text in load(name)["reads"]).encode()
    for size in (1, 7, 4096, len(data)):
        splitter = LineSplitter()
        lines = [line for at in range(0, len(data), size) for line in splitter.feed(data[at : at + size]).lines]
        assert _tidy([*lines, *splitter.finish().lines]) == logged(name), size


@pytest.mark.parametrize("name", names())
def test_the_bars_are_those_that_a_person_sees(name: str) -> None:
    reads = [(at, text.encode()) for at, text in load(name)["reads"]]
    rows = states(play(reads))[-1][1].progress
    ours = sorted(map(_seen, rows), key=str)
    expected = sorted(((_named(bar["label"]), _number(bar["total"]), bar["end"]) for bar in load_bars(name)), key=str)
    if name in OTHERWISE:
        missing, instead, _reason = OTHERWISE[name]
        for bar in missing:
            expected.remove(bar)
        expected = sorted([*expected, *instead], key=str)
    assert ours == expected


def _seen(row: ProgressRow) -> Bar:
    end = "done" if row.done else "closed" if row.closed else "open"
    return _name(row), _number(row.total), end


def _name(row: ProgressRow) -> str:
    """The label without what it says of the work at this moment, which the id does not have."""
    identity = row.id.split(":", 2)[-1]
    return _named(identity if re.fullmatch(_CAPTIONED, row.id) else row.label)


def _named(label: str) -> str:
    return "" if label in NAMES_WE_GIVE or label.startswith("of ") else label


_CAPTIONED: Final = r"terminal:(?:make|steps|7z|npm|parallel):.*|terminal:bar:[0-9a-f]{12}"


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # a number, or its text
