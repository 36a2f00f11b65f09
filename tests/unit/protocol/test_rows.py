from __future__ import annotations

from typing import NamedTuple

from buildwidget.protocol.rows import Rows


class Row(NamedTuple):
    id: str
    value: int = 0


def test_the_list_it_was_made_from_is_never_changed() -> None:
    given = [Row("a"), Row("b")]
    rows = Rows(given, "id", 3)
    assert rows.result() is given
    rows.put("a", Row("a", 1))
    rows.put("c", Row("c"))
    assert given == [Row("a"), Row("b")]
    assert rows.result() == [Row("a", 1), Row("b"), Row("c")]


def test_it_is_not_changed_by_the_first_row_either() -> None:
    given = [Row("a")]
    Rows(given, "id", 3).put("b", Row("b"))
    Rows(given, "id", 3).replace_at(0, Row("a", 1))
    assert given == [Row("a")]


def test_however_many_fell_out_each_row_is_found() -> None:
    rows: Rows[Row] = Rows([], "id", 2)
    for n in range(6):
        rows.put(f"{n}", Row(f"{n}"))
        rows.put(f"{n}", Row(f"{n}", 1))
    assert rows.result() == [Row("4", 1), Row("5", 1)]
    assert [rows.place(f"{n}") for n in range(6)] == [None, None, None, None, 0, 1]


def test_a_result_does_not_change_when_it_goes_on() -> None:
    rows: Rows[Row] = Rows([], "id", 3)
    rows.put("a", Row("a"))
    told = rows.result()
    rows.put("a", Row("a", 1))
    rows.replace_at(0, Row("a", 2))
    assert told == [Row("a")]
    assert rows.result() == [Row("a", 2)]


def test_over_the_limit_the_oldest_falls_out_and_the_others_are_found() -> None:
    rows: Rows[Row] = Rows([Row("a"), Row("b")], "id", 2)
    assert rows.put("c", Row("c")) == 1
    assert rows.put("c", Row("c", 1)) == 0
    assert (rows.get("a"), rows.get("b"), rows.get("c")) == (None, Row("b"), Row("c", 1))
    assert (rows.place("b"), rows.place("c"), len(rows)) == (0, 1, 2)
    assert rows.at(1) == Row("c", 1)
    assert rows.put("a", Row("a", 9)) == 1
    assert rows.result() == [Row("c", 1), Row("a", 9)]
