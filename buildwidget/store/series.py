"""The whole series of a metric, read from the log a page at a time."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, select

from buildwidget.protocol import codec
from buildwidget.protocol.events import MetricEvent, MetricPoint
from buildwidget.protocol.metadata import label
from buildwidget.store.columns import Columns, value_of
from buildwidget.store.engine import Database
from buildwidget.store.errors import NotFound
from buildwidget.store.logs import read_heads
from buildwidget.store.statements import Prepared
from buildwidget.store.tables import events

_PAGE_EVENTS: Final = 5_000
_PAGE_BYTES: Final = 512 * 1024
"""What one transaction reads at most: this many events of all types, or metric events of about this size."""

MIN_POINTS: Final = 8
MAX_POINTS: Final = 10_000
DEFAULT_POINTS: Final = 4_000
DEFAULT_WIDTH: Final = 600
"""What a picture may be asked for; by default a drawing 600 pixels wide, whatever gaps it has."""

_CACHED_SERIES: Final = 32
_CACHED_BYTES: Final = 48 * 1024 * 1024
"""What is kept of series that were asked for, so that a running build is read on and not anew."""

_PAGE: Final = Prepared(
    select(events.c.seq, events.c.body)
    .where(
        events.c.build_id == bindparam("build"),
        events.c.seq > bindparam("after"),
        events.c.seq <= bindparam("last"),
        events.c.type == bindparam("type", str(MetricEvent.__struct_config__.tag)),
    )
    .order_by(events.c.seq)
)


class _Metric(msgspec.Struct):
    """What is read of a metric event."""

    name: str
    points: list[MetricPoint]


_decode: Final = msgspec.json.Decoder(_Metric).decode


@dataclass(frozen=True, slots=True)
class MetricPicture:
    """A metric as a drawing shows it: ``points`` of the ``count`` that were reported up to (``epoch``, ``seq``).

    ``range``: the least and the greatest step, over all points; None without any.
    """

    name: str
    epoch: str
    seq: int
    count: int
    range: tuple[float, float] | None
    points: list[MetricPoint]


class _Pages:
    """The points of one metric, in the order in which they were reported."""

    def __init__(self, database: Database, build_id: str, name: str) -> None:
        self.epoch = ""
        self.seq = 0
        self.head = 0
        self.found = False
        self.starts = 0
        self._database = database
        self._build_id = build_id
        self._name = name
        # Most metric events of another name are passed over for the price of a search in their bytes.
        self._word = f'"{name}"'.encode() if re.fullmatch(r"[\w .:/@-]{1,200}", name, re.ASCII) else b""

    def read(self) -> list[list[MetricPoint]]:
        """The next page, by event, which may hold nothing. At the end ``seq`` is ``head``.

        Where the log is another than before it starts again: its ``epoch`` is new, or the database was restored to an
        earlier state.

        Raises:
            NotFound: the build is gone.
        """
        with self._database.reading() as connection:
            heads = read_heads(connection, [self._build_id])
            if self._build_id not in heads:
                raise NotFound(self._build_id)
            epoch, self.head = heads[self._build_id]
            if epoch != self.epoch or self.head < self.seq:
                self.epoch, self.seq, self.found = epoch, 0, False
                self.starts += 1
            last = min(self.head, self.seq + _PAGE_EVENTS)
            page, size = [], 0
            for seq, body in _PAGE.rows(connection, {"build": self._build_id, "after": self.seq, "last": last}):
                if self._word in body:
                    page.append(body)
                    size += len(body)
                    if size >= _PAGE_BYTES:
                        last = seq
                        break
            self.seq = last
        read = [points for body in page if (points := self._points_of(body)) is not None]
        self.found = self.found or bool(read)
        return read

    def _points_of(self, body: bytes) -> list[MetricPoint] | None:
        event: Any
        try:
            event = _decode(body)
        except (msgspec.DecodeError, UnicodeError):
            event = codec.decode_event(body)
            if not isinstance(event, MetricEvent):
                return None
        return event.points if label(event.name) == self._name else None


class MetricSeries:
    """One metric of a build for drawings, as far as it was read. May be used from several threads."""

    def __init__(self, database: Database, build_id: str, name: str) -> None:
        self._build_id = build_id
        self._name = name
        self._pages = _Pages(database, build_id, name)
        self._columns = Columns()
        self._starts = 0
        self._turn = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return self._columns.size

    def advance(self) -> tuple[int, int]:
        """Read one page on, in a short transaction; the seq that was reached, and the head of the log then.

        Raises:
            NotFound: the build is gone.
        """
        with self._turn:
            page = self._pages.read()
            if self._pages.starts != self._starts:
                self._starts, self._columns = self._pages.starts, Columns()
            self._columns.add(list(chain.from_iterable(page)))
            return self._pages.seq, self._pages.head

    def picture(self, points: int, width: int) -> MetricPicture:
        """What was read so far; see ``Columns.points``.

        Raises:
            NotFound: the build has no such metric.
        """
        with self._turn:
            if not self._pages.found:
                raise NotFound(self._build_id, "metric", self._name)
            columns, pages = self._columns, self._pages
            kept = columns.points(points, width)
            return MetricPicture(self._name, pages.epoch, pages.seq, columns.count, columns.range, kept)


class SeriesCache:
    """The series that were asked for last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._series: OrderedDict[tuple[str, str], MetricSeries] = OrderedDict()
        self._turn = threading.Lock()

    def series(self, build_id: str, name: str) -> MetricSeries:
        """The series of a metric, as far as somebody has read it."""
        key = (build_id, name)
        with self._turn:
            found = self._series.pop(key, None) or MetricSeries(self._database, build_id, name)
            self._series[key] = found
            total = sum(series.size for series in self._series.values())
            while len(self._series) > 1 and (len(self._series) > _CACHED_SERIES or total > _CACHED_BYTES):
                _, oldest = self._series.popitem(last=False)
                total -= oldest.size
            return found


def read_points(database: Database, build_id: str, name: str) -> Iterator[MetricPoint]:
    """Every point of a metric, in the order in which they were reported, read page by page as they are taken.

    An absent step is None; values (and steps) that are not finite are floats.

    Raises:
        NotFound: the build is gone, or has no such metric.
    """
    pages = _Pages(database, build_id, name)
    head = None
    while head is None or pages.seq < head:
        for points in pages.read():
            for step, value, at in points:
                yield step if step is None else _as_given(step), _as_given(value), at
        head = pages.head if head is None else head
    if not pages.found:
        raise NotFound(build_id, "metric", name)


def _as_given(number: Any) -> Any:
    return value_of(number) if type(number) is str else number
