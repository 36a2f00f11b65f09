"""Rows in order of first sight, found by key, at most so many: what the reducer's sections are made of."""

from __future__ import annotations

from typing import Generic, TypeVar

RowT = TypeVar("RowT")


class Rows(Generic[RowT]):
    """A bounded list of rows while it is being folded; the list it was made from is never changed.

    Rows are counted from the first that ever stood here, so that a place stays right when the oldest fall out.
    """

    def __init__(self, rows: list[RowT], key: str, limit: int) -> None:
        self._rows = rows
        self._key = key
        self._limit = limit
        self._gone = 0
        self._places: dict[str, int] | None = None
        self._copied = False

    def place(self, key: str) -> int | None:
        """How far from the first row the row of ``key`` stands now; None where there is none."""
        at = self._index().get(key)
        return None if at is None else at - self._gone

    def get(self, key: str) -> RowT | None:
        """The row of ``key``."""
        at = self.place(key)
        return None if at is None else self._rows[at]

    def at(self, place: int) -> RowT:
        """The row at ``place``."""
        return self._rows[place]

    def put(self, key: str, row: RowT) -> int:
        """Sets the row of ``key``, at the end where it is new; how many rows fell out for it (0 or 1)."""
        self._own()
        places = self._index()
        at = places.get(key)
        if at is not None:
            self._rows[at - self._gone] = row
            return 0
        places[key] = self._gone + len(self._rows)
        self._rows.append(row)
        if len(self._rows) <= self._limit:
            return 0
        del places[getattr(self._rows.pop(0), self._key)]
        self._gone += 1
        return 1

    def replace_at(self, place: int, row: RowT) -> None:
        """Sets the row at ``place`` to another of the same key."""
        self._own()
        self._rows[place] = row

    def __len__(self) -> int:
        return len(self._rows)

    def now(self) -> list[RowT]:
        """The rows so far; not to be changed or kept."""
        return self._rows

    def result(self) -> list[RowT]:
        """The rows; the very list this was made from where nothing changed. Later changes do not show in it."""
        self._copied = False
        return self._rows

    def _own(self) -> None:
        if not self._copied:
            self._rows = list(self._rows)
            self._copied = True

    def _index(self) -> dict[str, int]:
        if self._places is None:
            self._places = {getattr(row, self._key): place for place, row in enumerate(self._rows, self._gone)}
        return self._places
