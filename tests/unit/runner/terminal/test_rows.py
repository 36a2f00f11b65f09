from __future__ import annotations

import pytest

from buildwidget.runner.terminal import rows
from buildwidget.runner.terminal.rows import FILLER, Cells, Clusters, Row, joined
from buildwidget.runner.terminal.styles import DEFAULT


def row_of(*puts: tuple[int, str, str]) -> Row:
    row = Row()
    for put in puts:
        row.put(*put)
    return row


def test_cells_are_written_where_they_belong() -> None:
    row = row_of((0, "abc", DEFAULT), (5, "x", DEFAULT), (1, "B", DEFAULT))
    assert (row.cells, row.styles) == ("aBc  x", "")
    assert row.dirty
    assert row.touched


def test_a_row_has_styles_from_its_first_colour_on() -> None:
    row = row_of((0, "ab", DEFAULT), (4, "xy", "rg"), (0, "A", DEFAULT))
    assert row.cells == "Ab  xy"
    assert row.styles == DEFAULT * 4 + "rg"


def test_columns_are_erased() -> None:
    row = row_of((0, "abcdef", "rrrggg"))
    row.erase(1, 3)
    assert (row.cells, row.styles) == ("a  def", f"r{DEFAULT * 2}ggg")
    row.erase(3, 120)
    assert (row.cells, row.styles) == ("a  ", f"r{DEFAULT * 2}")
    row.erase(50, 60)
    assert row.cells == "a  "


@pytest.mark.parametrize(("column", "cells"), [(0, "x " + "b"), (1, " xb"), (2, f"漢{FILLER}x")])
def test_half_a_wide_character_is_none(column: int, cells: str) -> None:
    row = row_of((0, f"漢{FILLER}b", DEFAULT), (column, "x", DEFAULT))
    assert row.cells == cells
    assert len(row.cells) == 3


def test_rows_that_wrapped_are_one() -> None:
    first, second = row_of((0, "ab", DEFAULT)), row_of((0, "cd", "rr"))
    whole = joined([first, second], 4)
    assert (whole.cells, whole.styles) == ("ab  cd", DEFAULT * 4 + "rr")
    assert joined([first], 4) is first


def test_cells_become_text_with_colours() -> None:
    cells = Cells()
    red, green = (cells.styles.after(DEFAULT, f"\x1b[{code}m") for code in (31, 32))
    assert cells.text("ab  ", "") == "ab"
    assert cells.text("abcd", f"{red}{red}{green}{DEFAULT}") == "\x1b[31mab\x1b[0;32mc\x1b[0md"
    assert cells.text(f"漢{FILLER}", red * 2) == "\x1b[31m漢\x1b[0m"


def test_text_with_colours_becomes_cells() -> None:
    cells = Cells()
    red = cells.styles.after(DEFAULT, "\x1b[31m")
    assert cells.styled(DEFAULT, "a\x1b[31mbc\x1b[0md") == ("abcd", f"{DEFAULT}{red}{red}{DEFAULT}", DEFAULT)
    assert cells.styled(DEFAULT, "\x1b[0mab") == ("ab", DEFAULT, DEFAULT)
    assert cells.styled(red, "ab\x1b[0m") == ("ab", red * 2, DEFAULT)
    assert cells.styled(DEFAULT, "\x1b[31m漢").cells == ""


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MAX_STYLED", 3)
    monkeypatch.setattr(rows, "_MAX_CLUSTERS", 2)
    cells, clusters = Cells(), Clusters()
    for number in range(10):
        assert cells.styled(DEFAULT, f"\x1b[31m{number}").cells == str(number)
        assert len(cells._styled) <= 3
    names = [clusters.name(f"{letter}\u0301") for letter in "abcd"]
    assert [clusters.text(name) for name in names] == ["a\u0301", "b\u0301", "c", "d"]
    assert clusters.name("a\u0301") == names[0]
