"""The bounds of a log's open rows. ``core/fold/open-rows.ts`` is this file in TypeScript; the two change together."""

from __future__ import annotations

from buildwidget.protocol.events import Stream
from buildwidget.protocol.limits import MAX_LOG_LINE_BYTES, MAX_OPEN_BYTES, MAX_OPEN_ROWS
from buildwidget.protocol.text import byte_length, keep_start


def bounded_open(rows: dict[Stream, list[str]]) -> dict[Stream, list[str]]:
    """The newest rows that MAX_OPEN_ROWS and MAX_OPEN_BYTES allow, each cut to MAX_LOG_LINE_BYTES.

    The last row of the last stream is the newest. What is before the first row without room is left out, as is a stream
    without rows.
    """
    kept: dict[Stream, list[str]] = {}
    count = size = 0
    for stream, texts in reversed(rows.items()):
        newest: list[str] = []
        for text in reversed(texts):
            row = keep_start(text, MAX_LOG_LINE_BYTES)
            count += 1
            size += byte_length(row)
            if count > MAX_OPEN_ROWS or size > MAX_OPEN_BYTES:
                break
            newest.append(row)
        if newest:
            kept[stream] = newest[::-1]
        if len(newest) < len(texts):
            break
    return dict(reversed(kept.items()))
