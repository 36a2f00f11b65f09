"""Reading ranges: of events, and of terminal lines by their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from buildwidget.protocol.events import LogEvent
from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES
from buildwidget.store.entries import MARK_EVERY
from buildwidget.store.errors import NotFound
from buildwidget.store.records import EventRange, LogPage
from buildwidget.store.statements import Prepared, Transaction
from buildwidget.store.tables import builds, events, payloads

_PAGE_BYTES: Final = 16 * 1024 * 1024
"""A page of long lines ends here, even if it was asked for more lines (but it has one)."""

_SEARCHED_LINES: Final = 50_000
_SEARCHED_CHARACTERS: Final = 16 * 1024 * 1024
"""One page of a search reads at most this much, even if it found nothing; the next page goes on from there."""

_HIDDEN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a page does not show of a line: colours, other escape sequences, control characters."""

_Line = tuple[int, str, str]


class _Lines(msgspec.Struct):
    """What a log event holds, without checking what nobody asks for."""

    first: int
    lines: list[tuple[str, str]]


_decode = msgspec.json.Decoder(_Lines).decode

_LOG_TYPE: Final = str(LogEvent.__struct_config__.tag)

# They run with every batch.
_HEAD: Final = Prepared(select(builds.c.epoch, builds.c.head).where(builds.c.id == bindparam("build")))
_FOLLOWING: Final = Prepared(
    select(events.c.body)
    .where(events.c.build_id == bindparam("build"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit"))
)

_LOGS: Final = Prepared(
    select(events.c.body)
    .where(
        events.c.build_id == bindparam("build"),
        events.c.seq >= bindparam("first"),
        events.c.seq <= bindparam("last"),
        events.c.type == bindparam("type", _LOG_TYPE),
    )
    .order_by(events.c.seq)
)


def read_heads(connection: Transaction, build_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """(epoch, head) of each build; those that are deleted are missing."""
    return {build: head for build in build_ids if (head := _read_head(connection, build)) is not None}


def _read_head(connection: Transaction, build_id: str) -> tuple[str, int] | None:
    found: list[tuple[Any, ...]] = list(_HEAD.rows(connection, {"build": build_id}))
    return (found[0][0], found[0][1]) if found else None


def read_events(connection: Connection, build_id: str, after: int, limit: int, max_bytes: int | None) -> EventRange:
    """Events after a seq: at most ``limit`` and ``max_bytes``, but at least one if there is one."""
    found = _read_head(connection, build_id)
    if found is None:
        raise NotFound(build_id)
    epoch, head = found
    bodies = read_following(connection, build_id, after, limit, max_bytes)
    return EventRange(epoch, after + 1, after + len(bodies), head, bodies)


def read_following(
    connection: Transaction, build_id: str, after: int, limit: int, max_bytes: int | None
) -> list[bytes]:
    """The same of a build that is there, without its head."""
    bodies: list[bytes] = []
    size = 0
    for (body,) in _FOLLOWING.rows(connection, {"build": build_id, "after": after, "limit": limit}):
        size += len(body)
        if bodies and max_bytes is not None and size > max_bytes:
            break
        bodies.append(body)
    return bodies


def read_forward(connection: Connection, build_id: str, after: int, limit: int, q: str | None) -> LogPage:
    """The lines after number ``after``."""
    count = _count(connection, build_id)
    start = max(after, 0) + 1
    page = _Page(limit, q)
    last = start - 1
    for line in _whole(connection, build_id, _lines_from(connection, build_id, start)):
        last = line[0]
        if not page.takes(line):
            break
    if not q:
        start, last = _ends(page.lines, start)
    return LogPage(start, last, count, more=last < count, lines=page.lines)


def read_backward(connection: Connection, build_id: str, before: int | None, limit: int, q: str | None) -> LogPage:
    """The lines before number ``before``, by default the last ones; in order."""
    count = _count(connection, build_id)
    end = count if before is None else max(0, min(before - 1, count))
    page = _Page(limit, q)
    first = end + 1
    for line in _whole(connection, build_id, _lines_down_from(connection, build_id, end)):
        first = line[0]
        if not page.takes(line):
            break
    page.lines.reverse()
    if not q:
        first, end = _ends(page.lines, end + 1)
    return LogPage(first, end, count, more=first > 1, lines=page.lines)


class _Page:
    """Lines until there are enough of them, or enough was searched."""

    def __init__(self, limit: int, q: str | None) -> None:
        self.lines: list[_Line] = []
        self._limit = limit
        self._q = q.casefold() if q else None
        self._bytes = 0
        self._searched = 0
        self._searched_characters = 0

    def takes(self, line: _Line) -> bool:
        """Take a line if it matches; False when the page is complete with it."""
        text = line[2]
        if self._q is None or self._q in _shown(text).casefold():
            self.lines.append(line)
            self._bytes += len(text)
        self._searched += 1
        self._searched_characters += len(text)
        return len(self.lines) < self._limit and self._bytes < _PAGE_BYTES and (self._q is None or self._may_search_on)

    @property
    def _may_search_on(self) -> bool:
        return self._searched < _SEARCHED_LINES and self._searched_characters < _SEARCHED_CHARACTERS


def _shown(text: str) -> str:
    """The text without what a page does not show."""
    return text if text.isprintable() else _HIDDEN.sub("", text)


def _ends(lines: list[_Line], start: int) -> tuple[int, int]:
    return (lines[0][0], lines[-1][0]) if lines else (start, start - 1)


def _count(connection: Connection, build_id: str) -> int:
    found = connection.execute(select(builds.c.log_lines).where(builds.c.id == build_id)).one_or_none()
    if found is None:
        raise NotFound(build_id)
    return int(found.log_lines)


def _lines_from(connection: Connection, build_id: str, start: int) -> Iterator[_Line]:
    """Lines from a number on, upwards."""
    holder = select(func.max(events.c.first_line)).where(events.c.build_id == build_id, events.c.first_line <= start)
    floor = connection.scalar(holder) or 0
    marks = (
        select(events.c.seq)
        .where(events.c.build_id == build_id, events.c.first_line >= floor)
        .order_by(events.c.first_line)
    )
    read = 0
    for mark in connection.scalars(marks):
        last = mark + MARK_EVERY - 1
        for held in _held(connection, build_id, max(mark, read + 1), last):
            for number, (stream, text) in enumerate(held.lines, start=held.first):
                if number >= start:
                    yield number, stream, text
        read = last


def _lines_down_from(connection: Connection, build_id: str, end: int) -> Iterator[_Line]:
    """Lines from a number on, downwards."""
    marks = select(events.c.seq).where(events.c.build_id == build_id, events.c.first_line <= end)
    read: int | None = None
    for mark in connection.scalars(marks.order_by(events.c.first_line.desc())):
        last = mark + MARK_EVERY - 1 if read is None else min(mark + MARK_EVERY, read) - 1
        for held in reversed(_held(connection, build_id, mark, last)):
            for place in range(len(held.lines) - 1, -1, -1):
                if held.first + place <= end:
                    yield (held.first + place, *held.lines[place])
        read = mark


def _held(connection: Connection, build_id: str, first: int, last: int) -> list[_Lines]:
    """What the log events of a range of seqs hold."""
    bodies = _LOGS.rows(connection, {"build": build_id, "first": first, "last": last})
    return [_decode(body) for (body,) in bodies]


def _whole(connection: Connection, build_id: str, lines: Iterator[_Line]) -> Iterator[_Line]:
    """The same lines, those that were cut for the wire as they were."""
    for number, stream, text in lines:
        # A line is cut at a code point, so a cut one is at most three bytes short of the limit.
        if len(text) <= MAX_LOG_LINE_BYTES // 4 or len(text.encode()) < MAX_LOG_LINE_BYTES - 3:
            yield number, stream, text
            continue
        whole = connection.scalar(
            select(payloads.c.content).where(
                payloads.c.build_id == build_id, payloads.c.kind == "log_line", payloads.c.key == str(number)
            )
        )
        yield number, stream, text if whole is None else whole.decode()
