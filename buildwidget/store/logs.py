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

_SURELY_WHOLE: Final = MAX_LOG_LINE_BYTES // 4
"""A line of at most this many characters has not been cut for the wire."""

_HIDDEN: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What a page does not show of a line: colours, other escape sequences, control characters."""

_Line = tuple[int, str, str]


class _Block(msgspec.Struct):
    """The lines of a log event, or those of them that are asked for."""

    first: int
    lines: list[tuple[str, str]]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    def numbered(self) -> list[_Line]:
        return [(number, stream, text) for number, (stream, text) in enumerate(self.lines, start=self.first)]


_decode = msgspec.json.Decoder(_Block).decode

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
    for block in _blocks_from(connection, build_id, start):
        if page.skips(block):
            last = block.last
            continue
        for line in block.numbered():
            last = line[0]
            page.take(_whole(connection, build_id, line))
            if page.complete:
                break
        if page.complete:
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
    for block in _blocks_down_from(connection, build_id, end):
        if page.skips(block):
            first = block.first
            continue
        for line in reversed(block.numbered()):
            first = line[0]
            page.take(_whole(connection, build_id, line))
            if page.complete:
                break
        if page.complete:
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

    def take(self, line: _Line) -> None:
        """Take a line if it matches."""
        text = line[2]
        if self._q is None or self._q in _shown(text).casefold():
            self.lines.append(line)
            self._bytes += len(text)
        self._searched += 1
        self._searched_characters += len(text)

    @property
    def complete(self) -> bool:
        """Whether nothing more is to be read."""
        return len(self.lines) >= self._limit or self._bytes >= _PAGE_BYTES or self._has_searched_enough(0, 0)

    def skips(self, block: _Block) -> bool:
        """Count a block as searched if one look at all of its text shows that no line of it matches.

        It is many times quicker than line by line. Not for lines that may have been cut, and not for the block in
        which the page ends.
        """
        if self._q is None:
            return False
        texts = [text for _stream, text in block.lines]
        lengths = [len(text) for text in texts]
        size = sum(lengths)
        if self._has_searched_enough(len(texts), size) or max(lengths, default=0) > _SURELY_WHOLE:
            return False
        together = "".join(texts)
        if not together.isprintable():
            together = _HIDDEN.sub("", "\n".join(texts))  # an escape sequence ends with its line
        if self._q in together.casefold():
            return False
        self._searched += len(texts)
        self._searched_characters += size
        return True

    def _has_searched_enough(self, lines: int, characters: int) -> bool:
        """Whether a search is at its bounds after so many more."""
        return self._q is not None and (
            self._searched + lines >= _SEARCHED_LINES or self._searched_characters + characters >= _SEARCHED_CHARACTERS
        )


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


def _blocks_from(connection: Connection, build_id: str, start: int) -> Iterator[_Block]:
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
        for block in _blocks(connection, build_id, max(mark, read + 1), last):
            over = max(0, start - block.first)
            if over < len(block.lines):
                yield _Block(block.first + over, block.lines[over:]) if over else block
        read = last


def _blocks_down_from(connection: Connection, build_id: str, end: int) -> Iterator[_Block]:
    """Lines from a number on, downwards; the lines of each block are in order."""
    marks = select(events.c.seq).where(events.c.build_id == build_id, events.c.first_line <= end)
    read: int | None = None
    for mark in connection.scalars(marks.order_by(events.c.first_line.desc())):
        last = mark + MARK_EVERY - 1 if read is None else min(mark + MARK_EVERY, read) - 1
        for block in reversed(_blocks(connection, build_id, mark, last)):
            kept = min(len(block.lines), end - block.first + 1)
            if kept > 0:
                yield _Block(block.first, block.lines[:kept]) if kept < len(block.lines) else block
        read = mark


def _blocks(connection: Connection, build_id: str, first: int, last: int) -> list[_Block]:
    """What the log events of a range of seqs hold."""
    bodies = _LOGS.rows(connection, {"build": build_id, "first": first, "last": last})
    return [_decode(body) for (body,) in bodies]


def _whole(connection: Connection, build_id: str, line: _Line) -> _Line:
    """The line as it was, if it was cut for the wire."""
    number, stream, text = line
    # A line is cut at a code point, so a cut one is at most three bytes short of the limit.
    if len(text) <= _SURELY_WHOLE or len(text.encode()) < MAX_LOG_LINE_BYTES - 3:
        return line
    whole = connection.scalar(
        select(payloads.c.content).where(
            payloads.c.build_id == build_id, payloads.c.kind == "log_line", payloads.c.key == str(number)
        )
    )
    return line if whole is None else (number, stream, whole.decode())
