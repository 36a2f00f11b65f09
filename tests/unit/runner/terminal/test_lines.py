from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES
from buildwidget.runner.terminal import lines as terminal
from buildwidget.runner.terminal.controls import find_unusual
from buildwidget.runner.terminal.lines import Drawn, LineSplitter, cut_text, strip_colours


def lines_of(*reads: bytes) -> list[str]:
    splitter = LineSplitter()
    lines = [line for read in reads for line in splitter.feed(read).lines]
    return lines + splitter.finish().lines


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"twice translated\r\r\n", ["twice translated"]),
        (b"no newline", ["no newline"]),
        (b"\n\n", ["", ""]),
        (b"", []),
        (b" 10%\r 20%\r 30%\n", [" 30%"]),
        (b" 10%\r 20%\r\n", [" 20%"]),
        (b"gone\r\x1b[K\n", []),
        (b"gone\r\x1b[K\nnext\n", ["", "next"]),
        (b"gone\r\x1b[Kkept\n", ["kept"]),
        (b"gone\x1b[2K\rkept\n", ["kept"]),
        (b"the end stays\x1b[K\n", ["the end stays"]),
        (b"work -\b\\\b|\b/\n", ["work /"]),
        (b"typo\b \b\n", ["typ"]),
        (b"cursor waits\b\b\n", ["cursor waits"]),
        (b"ab\b\b\b\b\bc\n", ["cb"]),
        (b"abc\b\b\x1b[K\n", ["a"]),
        (b"tab\tstays\n", ["tab\tstays"]),
        (b"\x1b[1;31mred\x1b[0m\n", ["\x1b[1;31mred\x1b[0m"]),
        (b"\x1b[38:2::1:2:3mtrue colour\n", ["\x1b[38:2::1:2:3mtrue colour"]),
        (b"text\r\x1b[0m\n", ["text"]),
        (b"text\r\x1b[32mgreen\n", ["\x1b[32mgreen\x1b[0m"]),
        (b"\x1b[2J\x1b[H\x1b[?25lhome\x1b[3A\n", ["home"]),
        (b"\x1b[>4;2mnot a colour\n", ["not a colour"]),
        (b"\x1b]0;title\x07text\n", ["text"]),
        (b"\x1b]0;title\x1b\\text\n", ["text"]),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ end\n", ["link end"]),
        (b"\x1b]0;never ended\nnext\n", ["", "next"]),
        (b"\x1bP1$r0m\x1b\\dcs\n", ["dcs"]),
        (b"\x1b(Bcharset\x1b)0\x0e\x0f\n", ["charset"]),
        (b"\x1b7\x1b8\x1bc\x1bMtwo\n", ["two"]),
        (b"bell\x07 nul\x00 vt\x0b ff\x0c del\x7f\n", ["bell nul vt ff del"]),
        ("C1 \x9b31m \x85 controls\n".encode(), ["C1 31m  controls"]),
        ("\u2028 is no line end\n".encode(), ["\u2028 is no line end"]),
        (b"caf\xc3\xa9 \xff \xe2\x82\n", ["café \ufffd \ufffd"]),
        (b"cut at the end \xe2\x82", ["cut at the end \ufffd"]),
        (b"malformed \x1b[12\xc3\xa9\n", ["malformed é"]),
        (b"escape at the end \x1b[3", ["escape at the end "]),
    ],
)
def test_bytes_become_these_lines_whole_and_byte_by_byte(data: bytes, lines: list[str]) -> None:
    assert lines_of(data) == lines
    assert lines_of(*(data[i : i + 1] for i in range(len(data)))) == lines


def test_rows_drawn_over_and_over_are_open_until_the_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a: waiting\nb: waiting\n").lines == ["a: waiting", "b: waiting"]
    bar = "a: 45%|##  | 1/2 [00:00<00:00, 1it/s]"
    update = splitter.feed(f"\x1b[2A\x1b[2K\r{bar}\n\x1b[2K\rb: waits\n".encode())
    assert (update.lines, splitter.open_lines()) == ([], [bar, "b: waits"])
    assert bar in [text for drawn in update.drawn for text in drawn.texts]
    update = splitter.feed(b"\x1b[2A\x1b[2K\ra: done\n\x1b[2K\rb: waiting\n")
    assert (update.lines, splitter.open_lines()) == ([], ["a: done"])  # b is what the log has already
    assert splitter.finish().lines == ["a: done"]


def test_a_row_that_the_cursor_leaves_upwards_is_not_lost_to_bars() -> None:
    splitter = LineSplitter()
    update = splitter.feed(b"outer\n\rinner\x1b[A\router 2")
    assert (update.lines, splitter.open_lines()) == (["outer"], ["outer 2", "inner"])
    assert update.drawn == [Drawn(0, ["outer"], ended=True), Drawn(1, ["inner"], up=1)]
    assert (update.row, update.resting) == (0, "outer 2")


def test_after_enough_plain_lines_nothing_is_open() -> None:
    splitter = LineSplitter()
    update = splitter.feed(b"one\n\x1b[Atwo\n" + b"plain\n" * 8)
    assert (update.lines, splitter.open_lines()) == (["one"], ["two", *["plain"] * 8])
    update = splitter.feed(b"plain\n" * 3)
    assert (update.lines, splitter.open_lines()) == (["two", *["plain"] * 11], [])
    assert splitter.feed(b"x\ny\n").lines == ["x", "y"]


def test_blank_lines_wait_for_the_text_below_them() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"a\n\n").lines == ["a"]
    assert splitter.feed(b"\nb\n\n").lines == ["", "", "b"]
    # As programs do that draw a row below: a newline, up to the blank row, and down again.
    assert splitter.feed(b"\n\x1b[1A\x1b[2K\rc\x1b[1B\r").lines == []
    assert splitter.finish().lines == ["", "c"]


def test_the_unfinished_line_is_there_at_any_time() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"name? ").partial == "name? "
    assert splitter.feed(b"yes\x1b[").partial == "name? yes"
    assert splitter.feed(b"0m\xe2").partial == "name? yes\x1b[0m"
    assert splitter.feed(b"\x82\xac\r").partial == "name? yes\x1b[0m€"
    assert splitter.feed(b"5").partial == "5ame? yes€"
    update = splitter.feed(b"0\x1b[K\nnext")
    assert (update.lines, splitter.open_lines(), update.partial) == ([], ["50"], "next")
    update = splitter.feed(b"\n")
    assert (update.lines, splitter.open_lines(), update.partial) == (["50", "next"], [], "")


def test_the_unfinished_line_shown_is_bounded_and_the_line_is_whole() -> None:
    splitter = LineSplitter()
    update = splitter.feed("é".encode() * 500_000)
    assert len(update.partial.encode()) == MAX_LOG_LINE_BYTES
    assert splitter.feed(b"\n").lines == ["é" * 500_000]


def test_a_colour_code_is_never_cut_in_two() -> None:
    assert cut_text("abc\x1b[31mdef", 6) == "abc"
    assert cut_text("abc\x1b[31mdef", 8) == "abc\x1b[31m"
    assert cut_text("aé", 2) == "a"
    assert cut_text("short", 5) == "short"
    assert strip_colours("\x1b[1;31mred\x1b[0m x") == "red x"


def test_output_without_newlines_is_broken_into_lines_that_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "MAX_LINE_CHARACTERS", 10)
    assert lines_of(b"0123456789") == ["0123456789"]
    assert lines_of(b"0123456789\nabc\n") == ["0123456789", "abc"]
    assert lines_of(b"x\n0123456789abcdefghijk\ny\n") == ["x", "0123456789", "abcdefghij", "k", "y"]
    assert lines_of(b"0123456\x1b[31mred\n") == ["0123456", "\x1b[31mred"]


ESCAPES = b"\x1b,\x1b[,\x1b[31m,\x1b[0m,\x1b[K,\x1b[2K,\x1b]0;t,\x1b\\,\x1b(B,\x1bP,\x1b[2A,\x1b[A,\x1b[B,\x1b[F".split(
    b","
)
CONTROLS = [b"\r", b"\n", b"\r\n", b"\b", b"\b\b", b"\x07", b"\x00", b"\x9b", b"\xc2\x9b", b"\t", b"\x18"]
TEXTS = ["é".encode(), b"\xe2\x82", "€".encode(), "😀".encode(), b"\xff", b"text", b"50% ", *b"K m [ 0 ;".split(), b" "]
fragments = st.sampled_from([*ESCAPES, *CONTROLS, *TEXTS])
outputs = st.lists(fragments | st.binary(max_size=5), max_size=40).map(b"".join)


def split_at(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@settings(max_examples=300, deadline=None)
@given(outputs, st.lists(st.integers(0, 400), max_size=12), st.sampled_from([1 << 21, 300]))
def test_lines_do_not_depend_on_how_reads_cut_the_bytes(data: bytes, cuts: list[int], longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "MAX_LINE_CHARACTERS", longest)
        data = data * (1 if longest > 300 else 8)
        whole = lines_of(data)
        assert lines_of(*split_at(data, cuts)) == whole
    text = "\n".join(whole)
    assert find_unusual(text) is None
    assert "\r" not in text
    assert "\b" not in text


def cpu_seconds(data: bytes, read: int) -> float:
    splitter = LineSplitter()
    start = time.process_time()
    for place in range(0, len(data), read):
        splitter.feed(data[place : place + read])
    return time.process_time() - start


@pytest.mark.parametrize(
    "line",
    [b"line: the quick brown fox jumps over the lazy dog", b"\x1b[32mline\x1b[0m: the quick \x1b[1mbrown\x1b[0m fox"],
    ids=["plain", "coloured"],
)
def test_200_000_lines_take_well_under_two_seconds_of_cpu(line: bytes) -> None:
    assert cpu_seconds((line + b"\n") * 200_000, 4096) < 2


@pytest.mark.parametrize("unit", [b"x", b"\r", b"\x1b", b"\x1b[", b"\x1b]", b"\b", b"\x1b]0;", b"\rx", b"\xff", b"a\b"])
def test_anything_without_a_newline_takes_linear_time(unit: bytes) -> None:
    small, large = (cpu_seconds(unit * (size // len(unit)), 4096) for size in (50_000, 400_000))
    assert large < 24 * small + 0.1
