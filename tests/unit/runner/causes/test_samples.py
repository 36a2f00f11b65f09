from __future__ import annotations

import re

import pytest

from buildwidget.runner.causes.table import READERS, find_all
from buildwidget.runner.causes.voices import voices
from buildwidget.runner.exit_status import describe_exit
from tests.unit.runner.causes.samples import SAMPLES, Sample, explained, noted

CLEAR = [sample for sample in SAMPLES if sample.line is not None]
UNCLEAR = [sample for sample in SAMPLES if sample.line is None]


def test_there_are_enough_samples() -> None:
    assert len(CLEAR) >= 60
    assert len(UNCLEAR) >= 3


@pytest.mark.parametrize("sample", CLEAR, ids=lambda sample: sample.name)
def test_the_first_cause_and_its_line(sample: Sample) -> None:
    error = explained(sample.exit, sample.lines)
    assert error is not None
    assert (error.kind, error.message, error.line, error.launcher) == (
        sample.kind,
        sample.message,
        sample.line,
        sample.launcher,
    )


@pytest.mark.parametrize("sample", UNCLEAR, ids=lambda sample: sample.name)
def test_nothing_is_invented(sample: Sample) -> None:
    error = explained(sample.exit, sample.lines)
    assert error is not None
    assert (error.kind, error.message) == ("exit", describe_exit(sample.exit))
    assert (error.line, error.launcher, error.traceback) == (None, None, None)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_success_has_no_cause(sample: Sample) -> None:
    assert explained(0, sample.lines) is None


@pytest.mark.parametrize("sample", CLEAR, ids=lambda sample: sample.name)
def test_the_cause_is_found_below_a_long_log(sample: Sample) -> None:
    before = [f"step {n} of 3000, 4.2 s left" for n in range(3000)]
    error = explained(sample.exit, before + sample.lines)
    assert error is not None
    assert (error.kind, error.message, error.launcher) == (sample.kind, sample.message, sample.launcher)
    assert error.line == 3000 + (sample.line or 0)


@pytest.mark.parametrize("sample", CLEAR, ids=lambda sample: sample.name)
def test_the_line_names_the_cause(sample: Sample) -> None:
    """The line to jump to is the one that holds the message, or that the message's paragraph begins at."""
    assert sample.line is not None
    near = re.sub(r"\x1b\[[\d;]*m", "", " ".join(sample.lines[sample.line - 1 : sample.line + 5]))
    words = re.findall(r"\w{4,}", sample.message or "")[:3]
    assert sample.exit > 128 or sample.exit in {126, 127} or any(word in near for word in [*words, sample.kind or ""])


def test_each_reader_has_a_sample() -> None:
    used = {
        reader.name
        for sample in SAMPLES
        for voice in voices(noted(sample.lines).lines())
        for reader, _ in find_all(voice)
    }
    assert {reader.name for reader in READERS} - used == set()


def test_names_of_readers_are_unique() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
