from __future__ import annotations

import unicodedata

import pytest

from buildwidget.runner.terminal.widths import is_simple, width


@pytest.mark.parametrize(
    ("character", "columns"),
    [
        ("a", 1),
        ("é", 1),
        ("█", 1),
        ("⠋", 1),
        ("漢", 2),
        ("가", 2),
        ("\uff21", 2),
        ("🚀", 2),
        ("\u0301", 0),
        ("\u200d", 0),
    ],
)
def test_columns_of_a_character(character: str, columns: int) -> None:
    assert width(character) == columns


@pytest.mark.parametrize("text", ["", "abc", "é ñ", "━━╸╺", "█▏▎", "⠋⠙", "─│┌", "→ … •", "€"])
def test_text_of_one_column_a_character_is_seen_cheaply(text: str) -> None:
    assert is_simple(text)
    assert all(width(character) == 1 for character in text)


@pytest.mark.parametrize("text", ["漢", "a\u0301", "🚀", "a\u200b", "\U00100000"])
def test_other_text_is_looked_at_closely(text: str) -> None:
    assert not is_simple(text)


def test_what_is_simple_has_one_column() -> None:
    for code in range(0x80, 0x3000):
        character = chr(code)
        if is_simple(character) and unicodedata.category(character) != "Cn":  # no character of this Unicode
            assert width(character) == 1, hex(code)
