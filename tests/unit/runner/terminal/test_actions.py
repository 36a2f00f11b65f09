"""Each control sequence, as the rows that are on the screen after it and the lines that are in the log."""

from __future__ import annotations

import pytest

from buildwidget.runner.terminal.grid import COLUMNS, ROWS
from buildwidget.runner.terminal.lines import LineSplitter

THREE = "one\ntwo\nthree"
"""Behind it the cursor stands after the third row."""


def log(*reads: str) -> list[str]:
    splitter = LineSplitter()
    lines = [line for read in reads for line in splitter.feed(read.encode()).lines]
    return lines + splitter.finish().lines


def both(data: str) -> list[str]:
    """The log of bytes in one piece, which is that of single characters."""
    whole = log(data)
    assert log(*data) == whole
    return whole


@pytest.mark.parametrize(
    ("sequence", "row"),
    [
        ("abc\x1b[DX", "abX"),
        ("abc\x1b[2DX", "aXc"),
        ("abc\x1b[9DX", "Xbc"),
        ("abc\x1b[2jX", "aXc"),
        ("a\x1b[2CX", "a  X"),
        ("a\x1b[2aX", "a  X"),
        ("abc\x1b[GX", "Xbc"),
        ("abc\x1b[2GX", "aXc"),
        ("abc\x1b[2`X", "aXc"),
        ("a\tX\x1b[K", "a       X"),
        ("a\r\x1b[2IX", "a               X"),
        ("a\x1b[20G\x1b[ZX", "a               X"),
        ("a\x1b[20G\x1b[9ZX", "X"),
        ("abcdef\x1b[3G\x1b[K", "ab"),
        ("abcdef\x1b[3G\x1b[0K", "ab"),
        ("abcdef\x1b[3G\x1b[1K", "   def"),
        ("abcdef\x1b[3G\x1b[2KX", "  X"),
        ("abcdef\x1b[3G\x1b[P", "abdef"),
        ("abcdef\x1b[3G\x1b[2P", "abef"),
        ("abcdef\x1b[3G\x1b[99P", "ab"),
        ("abcdef\x1b[3G\x1b[@", "ab cdef"),
        ("abcdef\x1b[3G\x1b[2@X", "abX cdef"),
        ("abcdef\x1b[3G\x1b[2X", "ab  ef"),
        ("abcdef\x1b[3G\x1b[99X", "ab"),
        ("a\x1b[3b", "aaaa"),
        ("abc\x1b7\x1b[GX\x1b8Y", "XbcY"),
        ("abc\x1b[s\x1b[GX\x1b[uY", "XbcY"),
        ("abc\bX", "abX"),
        ("a\x1b[999CX", "a" + " " * (COLUMNS - 2) + "X"),
    ],
)
def test_within_a_row(sequence: str, row: str) -> None:
    assert both(sequence) == [row]


@pytest.mark.parametrize(
    ("sequence", "rows"),
    [
        ("\x1b[AX", ["one", "two  X", "three"]),
        ("\x1b[2AX", ["one  X", "two", "three"]),
        ("\x1b[99AX", ["one  X", "two", "three"]),
        ("\x1b[2kX", ["one  X", "two", "three"]),
        ("\x1b[2A\x1b[BX", ["one", "two  X", "three"]),
        ("\x1b[2A\x1b[eX", ["one", "two  X", "three"]),
        ("\x1b[2BX", ["one", "two", "three", "     X"]),
        ("\x1b[2A\x1b[EX", ["one", "Xwo", "three"]),
        ("\x1b[FX", ["one", "Xwo", "three"]),
        ("\x1b[2FX", ["Xne", "two", "three"]),
        ("\x1b[HX", ["Xne", "two", "three"]),
        ("\x1b[2;2HX", ["one", "tXo", "three"]),
        ("\x1b[2;2fX", ["one", "tXo", "three"]),
        ("\x1b[2dX", ["one", "two  X", "three"]),
        ("\x1b[2;2H\x1b[J", ["one", "t"]),
        ("\x1b[2;2H\x1b[1J", ["", "  o", "three"]),
        ("\x1b[2H\x1b[LX", ["one", "X", "two", "three"]),
        ("\x1b[1H\x1b[2L", ["one", "two", "three"]),
        ("\x1b[2H\x1b[M", ["one", "three"]),
        ("\x1b[1H\x1b[2M", ["three"]),
        ("\x1b[2;3r\x1b[2H\x1b[LX", ["one", "X", "two"]),
        ("\x1b[2;3r\x1b[2H\x1b[M", ["one", "three"]),
        ("\x1b[2;3r\x1b[3H\nX", ["one", "three", "X"]),
        ("\x1b[2;3r\x1b[S", ["one", "three"]),
        ("\x1b[2;3r\x1b[T", ["one", "two"]),
        ("\x1b[TX", ["one", "two  X", "three"]),
        ("\x1b[SX", ["one", "two", "three", "     X"]),
        ("\x1b[99SX", ["one", "two", "three", "     X"]),
        ("\x1b[H\x1bMX", ["X", "one", "two", "three"]),
        ("\x1bMX", ["one", "two  X", "three"]),
        ("\x1bDX", ["one", "two", "three", "     X"]),
        ("\x1bEX", ["one", "two", "three", "X"]),
        ("\x1b7\x1b[HX\x1b8Y", ["Xne", "two", "threeY"]),
    ],
)
def test_between_rows(sequence: str, rows: list[str]) -> None:
    """With a hidden cursor nothing is in the log before the end. Rows that nothing was written on are no lines."""
    assert both(f"\x1b[?25l{THREE}{sequence}") == rows


@pytest.mark.parametrize("clear", ["\x1b[2J", "\x1b[H\x1b[J", "\x1b[H\x1b[2J\x1b[3J", "\x1bc", "\x1b[3J"])
def test_clear_destroys_nothing(clear: str) -> None:
    found = both(f"{THREE}\nlast\r\n{clear}\x1b[Hafter\n")
    assert [line for line in found if line] == ["one", "two", "three", "last", "after"]
    hidden = both(f"\x1b[?25l{THREE}\nlast\n{clear}\x1b[Hafter\n")
    assert [line for line in hidden if line] == ["one", "two", "three", "last", "after"]


def test_a_picture_that_is_cleared_and_drawn_again_is_logged_once_and_the_last_one_whole() -> None:
    found = both("".join(f"\x1b[H\x1b[2Jtitle\ncount {number}\n" for number in (1, 1, 1, 2)))
    assert found == ["title", "count 1", "title", "count 2"]


@pytest.mark.parametrize("mode", ["47", "1047", "1049"])
def test_of_the_alternate_screen_the_last_picture_is_one_block(mode: str) -> None:
    pictures = "".join(f"\x1b[H\x1b[2Jtitle\nframe {number}\n\nend" for number in range(5))
    found = both(f"before\n\x1b[?{mode}h{pictures}\x1b[?{mode}lafter\n")
    assert found == ["before", "title", "frame 4", "", "end", "after"]
    assert both(f"before\n\x1b[?{mode}h\x1b[Hcut off") == ["before", "cut off"]


def test_text_wraps_into_one_line_unless_that_is_switched_off() -> None:
    long = "0123456789" * 25
    assert both(f"\x1b[G{long}\nx\n") == [long, "x"]
    assert both(f"\x1b[?7l{long}\nx\n") == [long[: COLUMNS - 1] + "9", "x"]
    assert both(f"\x1b[?7l{long}\n\x1b[?7h{long}\n") == [long[: COLUMNS - 1] + "9", long]


def test_the_last_column_does_not_wrap_before_the_next_character() -> None:
    full = "x" * COLUMNS
    assert both(f"\x1b[G{full}\ny\n") == [full, "y"]
    assert both(f"\x1b[G{full}\ry\n") == ["y" + full[1:]]


def test_wide_and_combining_characters_keep_their_columns() -> None:
    assert both("漢字\x1b[3GX\n") == ["漢X"]
    assert both("漢字\x1b[2GX\n") == [" X字"]
    assert both("e\u0301a\x1b[2GX\n") == ["e\u0301X"]
    assert both("🚀 go\x1b[1GX\n") == ["X  go"]
    assert both("\x1b[G" + "x" * (COLUMNS - 1) + "漢\n")[0].replace(" ", "") == "x" * (COLUMNS - 1) + "漢"


def test_colours_stay_with_their_characters() -> None:
    assert both("\x1b[31mred\x1b[0m\x1b[2GX\n") == ["\x1b[31mr\x1b[0mX\x1b[31md\x1b[0m"]
    assert both("\x1b[1;32mok\x1b[0m \x1b[5Gdone\x1b[K\n") == ["\x1b[1;32mok\x1b[0m  done"]
    assert both("a\x1b[31m\x1b7\x1b[0mb\x1b8X\n") == ["a\x1b[31mX\x1b[0m"]
    assert both("\x1b[31mred\x1b[m\x1b[2G\x1b[@\n") == ["\x1b[31mr\x1b[0m \x1b[31med\x1b[0m"]
    assert both("\x1b[31mr\x1b[32mg\x1b[m\x1b[1G\x1b[P\n") == ["\x1b[32mg\x1b[0m"]


def test_what_scrolls_off_a_region_at_the_top_is_logged() -> None:
    found = both("\x1b[1;4r\x1b[H" + "".join(f"line {number}\n" for number in range(9)) + "\x1b[r\x1b[10Hstatus")
    assert [line for line in found if line] == [*(f"line {number}" for number in range(9)), "status"]


def test_soft_reset_ends_regions_and_colours() -> None:
    assert both("\x1b[31m\x1b[2;3r\x1b[!pa\n") == ["a"]


@pytest.mark.parametrize("end", "ABCDEFGHIJKLMPSTXZ`abdefjkrsu@")
@pytest.mark.parametrize("numbers", ["", "0", "9999", "9999999999999", "9999;9999", ";", "1;2;3;4;5", "?5", ">5"])
def test_no_number_is_too_much(end: str, numbers: str) -> None:
    splitter = LineSplitter()
    splitter.feed(f"{THREE}\x1b[{numbers}{end}text\x1b[{numbers}{end}".encode())
    assert len(splitter.open_lines()) <= ROWS
    lines = splitter.finish().lines
    assert sum(map(len, lines)) <= 2 * (ROWS * COLUMNS + len(THREE))
