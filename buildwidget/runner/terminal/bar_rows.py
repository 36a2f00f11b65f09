"""Where bars stand on the terminal: which sight is of which bar, and which bar is no longer there. Pure.

tqdm draws each bar so many rows below the row on which the cursor rests, and goes back up. That distance (``up``)
stays the same however many lines are printed in between, and the bar on the resting row itself is always the
outermost one. It is how bars that look alike are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from buildwidget.runner.terminal.bar_formats import Bar

_MAX_ROWS: Final = 64
"""Rows whose bars are remembered; more than a screen has."""

_MAX_LABELS: Final = 4
"""Labels of one bar that are remembered; the latest ones, since a label is seldom one of long ago."""


class Place(NamedTuple):
    """The row that a text stood on, and how far the cursor went up from it."""

    row: int
    up: int


@dataclass(slots=True, eq=False)
class _Seat:
    name: str
    labels: list[str]  # the identities it was drawn under
    bar: Bar
    place: Place
    gone: bool = False
    rewritten: bool = False

    @property
    def over(self) -> bool:
        return self.gone or _at_end(self.bar)


class BarRows:
    """The seats of one stream's bars."""

    def __init__(self) -> None:
        self._seats: dict[str, _Seat] = {}
        self._alike: dict[str, list[_Seat]] = {}  # by identity
        self._on_row: dict[int, str] = {}
        self._erased_on: dict[int, str] = {}

    @property
    def last_row(self) -> int:
        """The lowest row on the screen that has a bar; -1 where there is none."""
        return max(self._on_row, default=-1)

    def at(self, row: int) -> str | None:
        """The bar that was drawn last on the row, if it has not been taken since."""
        return self._on_row.get(row)

    def name_of(self, identity: str, bar: Bar, place: Place) -> str:
        """The name of the bar that is drawn: its identity, with a number if another one looks the same."""
        alike = self._alike.get(identity)
        if not alike:
            return self._relabelled(identity, bar, place) or identity
        if bar.family != "tqdm":
            return alike[0].name
        same_place = next((seat for seat in alike if seat.place.up == place.up), None)
        if place.up == 0 and _at_end(bar):
            # An inner bar that is kept draws its end on the resting row, where its text stays.
            ending = [seat for seat in alike if seat.place.up and not seat.over and seat.bar.current <= bar.current]
            inner = max(ending, key=lambda seat: seat.bar.current, default=None)
            if inner and (same_place is None or same_place.over or same_place.bar.current < inner.bar.current):
                return inner.name
        free = [seat for seat in alike if seat.over]
        if same_place or free:
            return (same_place or free[0]).name
        numbers = (f"{identity}#{number}" for number in range(2, len(alike) + 3))
        return next(name for name in numbers if name not in self._seats)

    def _relabelled(self, identity: str, bar: Bar, place: Place) -> str | None:
        """A bar that goes on in its place under another label, as after ``set_description``, is the same one."""
        seat = self._seats.get(self._on_row.get(place.row) or self._erased_on.get(place.row, ""))
        if seat is None or _at_end(seat.bar) or seat.place != place or seat.bar.family != bar.family:
            return None
        if seat.bar.total != bar.total or (bar.total is None and bar.current < seat.bar.current):
            return None
        self._alike[identity] = [seat]
        seat.labels.append(identity)
        self._forget_labels(seat, _MAX_LABELS)
        return seat.name

    def put(self, name: str, identity: str, bar: Bar, place: Place, *, begins: bool) -> list[str]:
        """Notes where a bar was drawn; the names of the bars that are not drawn any more, since this one begins."""
        seat = self._seats.get(name)
        if seat is None:
            seat = self._seats[name] = _Seat(name, [identity], bar, place)
            self._alike.setdefault(identity, []).append(seat)
        elif self._on_row.get(seat.place.row) == name:
            del self._on_row[seat.place.row]
        end_of_inner = place.up == 0 and seat.place.up > 0 and _at_end(bar)
        seat.rewritten = seat.place == place and not begins
        seat.bar, seat.gone = bar, False
        seat.place = Place(place.row, seat.place.up) if end_of_inner else place
        self._on_row[place.row] = name
        self._erased_on.pop(place.row, None)
        if len(self._on_row) > _MAX_ROWS:
            del self._on_row[next(iter(self._on_row))]
        return self._leave_behind(seat) if begins and bar.family == "tqdm" and not _at_end(bar) else []

    def _leave_behind(self, fresh: _Seat) -> list[str]:
        """Only one bar is rewritten on the resting row: one that was on an earlier row was left unfinished."""
        if fresh.place.up:
            return []
        left = [
            seat
            for seat in self._seats.values()
            if seat.bar.family == "tqdm" and seat.rewritten and not seat.over and not seat.place.up
        ]
        left = [seat for seat in left if seat.place.row < fresh.place.row]
        for seat in left:
            seat.gone = True
        return [seat.name for seat in left]

    def is_below_ended(self, place: Place) -> bool:
        """Whether the bar on the row where the cursor rests has reached its end, and is held there for bars below."""
        resting = place.row - place.up
        return place.up > 0 and any(
            _at_end(seat.bar) and not seat.gone and seat.place == (resting, 0) for seat in self._seats.values()
        )

    def take(self, place: Place, text: str) -> str | None:
        """The bar that is gone, because another text, or a blank one, stands in its place."""
        name = self._on_row.pop(place.row, None)
        if name is not None and not text:
            self._erased_on[place.row] = name
            if len(self._erased_on) > _MAX_ROWS:
                del self._erased_on[next(iter(self._erased_on))]
        if name is None and text and text.isspace():
            # tqdm wipes where a bar would be drawn next, which is further down if lines were printed.
            name = next((it.name for it in self._seats.values() if self._is_wiped(it, place)), None)
        seat = self._seats.get(name or "")
        if seat is not None:
            seat.gone = True
        return name

    def _is_wiped(self, seat: _Seat, place: Place) -> bool:
        return seat.bar.family == "tqdm" and not seat.over and seat.place.up == place.up and seat.place.row < place.row

    def close(self, name: str) -> None:
        """The bar that was erased is not drawn again: what is drawn in its place is another one."""
        for row in [row for row, erased in self._erased_on.items() if erased == name]:
            del self._erased_on[row]

    def forget(self, name: str) -> None:
        """The bar is not followed any more."""
        seat = self._seats.pop(name, None)
        if seat is None:
            return
        self.close(name)
        if self._on_row.get(seat.place.row) == name:
            del self._on_row[seat.place.row]
        self._forget_labels(seat, 0)

    def _forget_labels(self, seat: _Seat, kept: int) -> None:
        for identity in seat.labels[: max(len(seat.labels) - kept, 0)]:
            self._alike[identity].remove(seat)
            if not self._alike[identity]:
                del self._alike[identity]
        del seat.labels[: max(len(seat.labels) - kept, 0)]


def _at_end(bar: Bar) -> bool:
    return bar.total is not None and bar.current >= bar.total
