from __future__ import annotations

import pytest

from buildwidget.runner.terminal.controls import (
    CONTROL,
    Control,
    control_at,
    find_character,
    find_escape,
    find_unusual,
    parsed,
    split_cut_sequence,
)


@pytest.mark.parametrize(
    ("sequence", "control"),
    [
        ("\x1b[A", Control("A", (0,))),
        ("\x1b[12;3H", Control("H", (12, 3))),
        ("\x1b[;5f", Control("f", (0, 5))),
        ("\x1b[?25l", Control("?l", (25,))),
        ("\x1b[?1049;25h", Control("?h", (1049, 25))),
        ("\x1b[>4;2m", Control(">m", (4, 2))),
        ("\x1b[!p", Control("!p", (0,))),
        ("\x1b[2 q", Control(" q", (2,))),
        ("\x1b7", Control("\x1b7")),
        ("\x1bM", Control("\x1bM")),
        ("\x1b(B", Control("\x1b(B")),
        ("\x1b]0;a long title\x07", Control("\x1b]")),
        ("\b", Control("\b")),
        ("\x1b[99999999999A", Control("A", (9999,))),
        ("\x1b[1:2A", Control("A", (0,))),
    ],
)
def test_what_a_sequence_says(sequence: str, control: Control) -> None:
    match = CONTROL.match(sequence)
    assert match is not None
    assert match[0] == sequence
    assert parsed(sequence) == control


def test_a_parameter_that_is_missing_or_zero_has_its_default() -> None:
    control = Control("H", (0, 7))
    assert (control.number(), control.number(1), control.number(2), control.number(0, 5)) == (1, 7, 1, 5)


@pytest.mark.parametrize(
    ("text", "whole", "held"),
    [
        ("a\x1b", "a", "\x1b"),
        ("a\x1b[", "a", "\x1b["),
        ("a\x1b[12;", "a", "\x1b[12;"),
        ("a\x1b[12;3H", "a\x1b[12;3H", ""),
        ("a\x1b(", "a", "\x1b("),
        ("a\x1b]0;title", "a", "\x1b]"),
        ("a\x1b]0;title\x1b", "a", "\x1b]\x1b"),
        ("a\x1b]0;title\x07", "a\x1b]0;title\x07", ""),
        ("a\x1b]0;title\nb", "a\x1b]0;title\nb", ""),
        ("a\x1b[" + "1" * 300, "a\x1b[" + "1" * 300, ""),
        ("a", "a", ""),
    ],
)
def test_a_cut_sequence_waits_for_its_rest(text: str, whole: str, held: str) -> None:
    assert split_cut_sequence(text) == (whole, held)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("text\twith\n\x1b[31mcolours\x1b[38:5:1m", None),
        ("ab\r", 2),
        ("\x1b[31ma\x1b[K", 6),
        ("\x1b[31ma\x07\x1b[K", 6),
        ("a\x1b[>4m", 1),
        ("a\x85", 1),
        ("a\x1b", 1),
    ],
)
def test_where_text_is_more_than_lines_and_colours(text: str, place: int | None) -> None:
    assert find_unusual(text) == place


def test_the_next_control_that_is_no_colour() -> None:
    text = "a\x1b[31mb\x1b[Kc\td"
    assert find_character(text, 0) == text.index("\t")
    assert find_character(text, text.index("d")) == len(text)
    assert find_escape(text, 0, len(text)) == text.index("\x1b[K")
    assert find_escape(text, 0, 7) == 7
    assert control_at(text, text.index("\x1b[K")) == "\x1b[K"
    assert control_at(text, text.index("\t")) == "\t"
