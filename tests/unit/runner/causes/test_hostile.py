"""No output of any kind raises or takes more than linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.causes.found import Reader
from buildwidget.runner.causes.table import READERS
from tests.hostile import inputs
from tests.hostile.timing import superlinear
from tests.unit.runner.causes.samples import SAMPLES, Sample, explained

_LINES = sorted({line for sample in SAMPLES for line in sample.lines})

_PIECES = [
    "Traceback (most recent call last):",
    "  Traceback (most recent call last):",
    "Exception Group Traceback (most recent call last):",
    "KeyError                 Traceback (most recent call last)",
    "╭──── Traceback (most recent call last) ────╮",
    "│ Traceback (most recent call last) ",
    '  File "x", line 1, in f',
    '  File "x", line 1',
    "  | " * 100 + "ValueError: 1",
    "[rank0]: " * 60 + "Error",
    "java.lang.Error: x",
    "\tat a.b.C(D.java:1)",
    "Caused by: java.lang.Error",
    "CMake Error:",
    "npm error code E404",
    "E   assert x",
    "error: " * 150,
    "a:1: " * 200 + "error: x",
    "Assertion " * 100,
    " line 1: 1 " * 90 + "Killed",
    "make: *** [x] Error 1",
    "The above exception was the direct cause of the following exception:",
    "*** An error occurred in MPI_Send",
    "terminate called after throwing an instance of 'x'",
    "Error in f(x) " + " : " * 300,
    "thread '" + "' panicked at '" * 60,
    "/" * 1000,
    "(1): error " * 90,
    "undefined reference to " * 40,
]


@given(
    st.lists(st.sampled_from(_LINES) | st.text(max_size=200), max_size=60), st.sampled_from([1, 2, 127, -6, 137, -9])
)
def test_shuffled_lines_of_all_samples_never_raise(lines: list[str], code: int) -> None:
    error = explained(code, lines)
    assert error is not None
    assert error.kind
    assert error.message
    assert error.line is None or 1 <= error.line <= len(lines)


@pytest.mark.parametrize("piece", _PIECES)
def test_repeated_pieces_take_linear_time(piece: str) -> None:
    lines = [piece] * 20_000
    began = time.process_time()
    explained(1, lines)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("sample", SAMPLES[::12], ids=lambda sample: sample.name)
def test_a_sample_repeated_takes_linear_time(sample: Sample) -> None:
    lines = (sample.lines * 4_000)[:20_000]
    began = time.process_time()
    explained(1, lines)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_the_pattern_of_a_reader_is_linear(reader: Reader) -> None:
    for hostile in inputs.for_pattern(reader.pattern):
        assert not superlinear(reader.pattern.match, hostile.text, size=4_000), hostile
