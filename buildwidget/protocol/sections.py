"""The sections of a state that take more than an upsert: tools, texts and the log; metrics.py has the metrics.

Each is made from what a state holds, takes events, and gives back what the next state holds: the very same
object where nothing changed. ``core/fold/sections.ts`` is this file in TypeScript; the two change together.
"""

from __future__ import annotations

from typing import Any, Final

from buildwidget.protocol.events import (
    TOOL_ENDS,
    LogEvent,
    LogLine,
    Stream,
    TextEvent,
    ToolEvent,
)
from buildwidget.protocol.limits import (
    MAX_LOG_BYTES,
    MAX_LOG_LINE_BYTES,
    MAX_LOG_LINES,
    MAX_SAFE_INTEGER,
    MAX_TEXT_BYTES,
    MAX_TEXTS,
    MAX_TOOL_CONTENT_WEIGHT,
    MAX_TOOL_PREVIEWS,
    MAX_TOOLS,
)
from buildwidget.protocol.metadata import label
from buildwidget.protocol.open_rows import bounded_open
from buildwidget.protocol.rows import Rows
from buildwidget.protocol.state import Log, TextRow, ToolRow
from buildwidget.protocol.text import byte_length, keep_end, keep_start, weight

_COLLECTED_EVENTS: Final = 64
"""Log events whose lines are looked at together, at most."""

_RANK: Final = {"input_streaming": 0, "running": 1, "succeeded": 2, "failed": 2, "denied": 2}


class ToolSection:
    """Tool calls: one row per id whatever is repeated; a row's state only moves up, and its first end stays.

    Only the newest MAX_TOOL_PREVIEWS rows keep input and output; an older row's are named in ``truncated``.
    A row that fell out (over MAX_TOOLS) and is heard of again is a new row.
    """

    def __init__(self, rows: list[ToolRow]) -> None:
        self._rows = Rows(rows, "id", MAX_TOOLS)

    def apply(self, event: ToolEvent, active_todo: str | None) -> int:
        """Takes one event; how many rows fell out."""
        key = label(event.id)
        place = self._rows.place(key)
        if place is not None:
            row = _merge_tool(self._rows.at(place), event)
            self._rows.replace_at(place, row if self._keeps_content(place) else _without_content(row))
            return 0
        fell_out = self._rows.put(key, _merge_tool(_new_tool(key, event, active_todo), event))
        oldest = len(self._rows) - MAX_TOOL_PREVIEWS - 1
        if oldest >= 0:
            self._rows.replace_at(oldest, _without_content(self._rows.at(oldest)))
        return fell_out

    def _keeps_content(self, place: int) -> bool:
        return place >= len(self._rows) - MAX_TOOL_PREVIEWS

    def result(self) -> list[ToolRow]:
        """The rows for the next state."""
        return self._rows.result()


def _new_tool(key: str, event: ToolEvent, active_todo: str | None) -> ToolRow:
    state = event.state or "running"
    return ToolRow(
        id=key,
        name="",
        state=state,
        truncated=[],
        started_at=event.at,
        todo=active_todo,
        ended_at=event.at if state in TOOL_ENDS else None,
    )


def _merge_tool(row: ToolRow, event: ToolEvent) -> ToolRow:
    moves = event.state is not None and _RANK[event.state] > _RANK[row.state]
    state = event.state if moves and event.state else row.state
    input_kept, input_marked = _merge_content(row, event, "input")
    output_kept, output_marked = _merge_content(row, event, "output")
    return ToolRow(
        id=row.id,
        name=label(event.name) if event.name else row.name,
        state=state,
        truncated=_marks(input_marked, output_marked),
        started_at=row.started_at,
        parent=label(event.parent) if event.parent else row.parent,
        todo=row.todo,
        input=input_kept,
        output=output_kept,
        ended_at=event.at if moves and state in TOOL_ENDS else row.ended_at,
    )


def _merge_content(row: ToolRow, event: ToolEvent, field: str) -> tuple[Any, bool]:
    """A tool's input or output after the event, and whether it is marked as truncated."""
    value = getattr(event, field)
    named = event.truncated is not None and field in event.truncated
    if value is None:
        return getattr(row, field), named or field in row.truncated
    if weight(value) > MAX_TOOL_CONTENT_WEIGHT:
        return None, True
    return value, named


def _without_content(row: ToolRow) -> ToolRow:
    if row.input is None and row.output is None:
        return row
    return ToolRow(
        id=row.id,
        name=row.name,
        state=row.state,
        truncated=_marks(
            row.input is not None or "input" in row.truncated, row.output is not None or "output" in row.truncated
        ),
        started_at=row.started_at,
        parent=row.parent,
        todo=row.todo,
        ended_at=row.ended_at,
    )


def _marks(input: bool, output: bool) -> list[str]:
    return (["input"] if input else []) + (["output"] if output else [])


class TextSection:
    """Pieces of text: ``text`` replaces, then ``delta`` appends; over MAX_TEXT_BYTES the end is kept.

    What is appended to the text that grows is joined when it is asked for: joining each delta would copy up to
    MAX_TEXT_BYTES for a word.
    """

    def __init__(self, rows: list[TextRow]) -> None:
        self._rows = Rows(rows, "id", MAX_TEXTS)
        self._growing: TextRow | None = None  # the row that the deltas belong to, as it stands in the rows
        self._deltas: list[str] = []
        self._length = 0

    def apply(self, event: TextEvent, active_todo: str | None) -> int:
        """Takes one event; how many rows fell out."""
        key = label(event.id)
        growing = self._growing
        if growing is not None and growing.id == key and growing.kind == event.kind and event.text is None:
            self._grow(event.delta or "")
            return 0
        self._join()
        row = self._rows.get(key)
        text = event.text if event.text is not None else row.text if row else ""
        text = keep_end(text + event.delta if event.delta else text, MAX_TEXT_BYTES)
        todo = row.todo if row else active_todo
        self._growing = TextRow(id=key, kind=event.kind, text=text, todo=todo)
        return self._rows.put(key, self._growing)

    def _grow(self, delta: str) -> None:
        self._deltas.append(delta)
        self._length += len(delta)
        if self._length > MAX_TEXT_BYTES:
            self._join()

    def _join(self) -> None:
        row = self._growing
        if row is not None and self._deltas:
            text = keep_end("".join([row.text, *self._deltas]), MAX_TEXT_BYTES)
            self._growing = TextRow(id=row.id, kind=row.kind, text=text, todo=row.todo)
            self._rows.put(row.id, self._growing)
            self._deltas = []
            self._length = 0

    def result(self) -> list[TextRow]:
        """The rows for the next state."""
        self._join()
        return self._rows.result()


class LogSection:
    """The end of the log. Lines it has are skipped; a hole drops what is kept, since lines stand side by side.

    A present ``partial`` replaces the unfinished lines of all streams, a present ``open`` the open rows; an empty one
    is none. Lines that follow are only collected at first: to look at those of many events at once costs a fraction.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lines = log.lines
        self._first = log.first
        self._count = log.count
        self._partial = log.partial
        self._open = log.open
        self._changed = False
        self._bytes: int | None = None
        self._collected: list[list[LogLine]] = []

    @property
    def count(self) -> int:
        """How many lines there have been."""
        return self._count

    def apply(self, event: LogEvent) -> None:
        """Takes one event."""
        if event.first - 1 > MAX_SAFE_INTEGER - len(event.lines):
            return
        if event.first > self._count + 1:
            self._start_again(event.first)
        known = self._count + 1 - event.first
        if known < len(event.lines):
            self._collect(event.lines[known:] if known else event.lines)
        if event.partial is not None:
            self._partial = _partial(event.partial)
            self._changed = True
        if event.open is not None:
            self._open = bounded_open(event.open)
            self._changed = True

    def end(self) -> None:
        """The end of the build: nothing is drawn any more. What still stood there was written as lines before."""
        if self._open:
            self._open = {}
            self._changed = True

    def _collect(self, lines: list[LogLine]) -> None:
        self._collected.append(lines)
        self._count += len(lines)
        self._changed = True
        if len(self._collected) >= _COLLECTED_EVENTS:
            self._take_collected()

    def _take_collected(self) -> None:
        if self._collected:
            self._own()
            self._append([line for lines in self._collected for line in lines])
            self._collected = []

    def _start_again(self, first: int) -> None:
        self._collected = []
        self._lines = []
        self._bytes = 0
        self._first = first
        self._count = first - 1
        self._changed = True

    def _append(self, fresh: list[LogLine]) -> None:
        texts = [text for _, text in fresh]
        if max(map(len, texts)) * 4 > MAX_LOG_LINE_BYTES:
            texts = [keep_start(text, MAX_LOG_LINE_BYTES) for text in texts]
            fresh = [(stream, text) for (stream, _), text in zip(fresh, texts, strict=True)]
        self._lines += fresh
        # Joined first: one look at many short lines takes a tenth of many looks.
        self._bytes = (self._bytes or 0) + byte_length("".join(texts))
        if len(self._lines) > 2 * MAX_LOG_LINES or self._bytes > 2 * MAX_LOG_BYTES:
            self._trim()

    def _trim(self) -> None:
        """Lets go of what is over the bounds. Any number of events may come between: the end they leave is the same."""
        total = self._bytes or 0
        gone = max(0, len(self._lines) - MAX_LOG_LINES)
        total -= _text_bytes(self._lines[:gone])
        while total > MAX_LOG_BYTES:
            total -= byte_length(self._lines[gone][1])
            gone += 1
        del self._lines[:gone]
        self._first += gone
        self._bytes = total

    def _own(self) -> None:
        if self._lines is self._log.lines:
            self._lines = list(self._lines)
        if self._bytes is None:
            self._bytes = _text_bytes(self._lines)

    def result(self) -> Log:
        """The log for the next state."""
        if self._changed:
            self._take_collected()
            if self._bytes is not None:  # else the lines are still those of the log before
                self._trim()
            self._log = Log(
                first=self._first, count=self._count, lines=self._lines, partial=self._partial, open=self._open
            )
            self._changed = False
        return self._log


def _text_bytes(lines: list[LogLine]) -> int:
    return byte_length("".join([text for _, text in lines]))


def _partial(partial: dict[Stream, str]) -> dict[Stream, str]:
    return {stream: keep_start(text, MAX_LOG_LINE_BYTES) for stream, text in partial.items() if text}
