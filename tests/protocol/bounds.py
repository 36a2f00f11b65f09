"""What a state may never exceed, and the size of what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from buildwidget.protocol import limits
from buildwidget.protocol.state import State
from buildwidget.protocol.text import byte_length, weight


def excesses(state: State) -> list[str]:
    """Every bound that ``state`` exceeds, as a sentence."""
    return [f"{what}: {size} > {most}" for what, size, most in _measures(state) if size > most]


def _measures(state: State) -> Iterator[tuple[str, int, int]]:
    for field in ("todos", "tools", "texts", "metrics", "progress", "displays", "artifacts", "permissions", "tags"):
        yield field, len(getattr(state, field)), getattr(limits, f"MAX_{field.upper()}")
    yield from _tools(state)
    yield from _log(state)
    for text in state.texts:
        yield "text", byte_length(text.text), limits.MAX_TEXT_BYTES
    for metric in state.metrics:
        yield "points", len(metric.points), limits.MAX_METRIC_POINTS
    for permission in state.permissions:
        yield "permission input", weight(permission.input), limits.MAX_PERMISSION_INPUT_WEIGHT
        yield "options", len(permission.options), limits.MAX_OPTIONS
    yield from _short_texts(state)


def _tools(state: State) -> Iterator[tuple[str, int, int]]:
    with_content = [place for place, row in enumerate(state.tools) if (row.input, row.output) != (None, None)]
    for place in with_content[:1]:
        yield "rows since the oldest preview", len(state.tools) - place, limits.MAX_TOOL_PREVIEWS
    for place in with_content:
        row = state.tools[place]
        yield "content", max(weight(row.input), weight(row.output)), limits.MAX_TOOL_CONTENT_WEIGHT


def _log(state: State) -> Iterator[tuple[str, int, int]]:
    texts = [text for _, text in state.log.lines]
    yield "lines", len(texts), limits.MAX_LOG_LINES
    yield "bytes of lines", sum(map(byte_length, texts)), limits.MAX_LOG_BYTES
    drawn = [text for rows in state.log.open.values() for text in rows]
    yield "open rows", len(drawn), limits.MAX_OPEN_ROWS
    yield "bytes of open rows", sum(map(byte_length, drawn)), limits.MAX_OPEN_BYTES
    for text in [*texts, *drawn, *state.log.partial.values()]:
        yield "line", byte_length(text), limits.MAX_LOG_LINE_BYTES


def _short_texts(state: State) -> Iterator[tuple[str, int, int]]:
    yield "summary", byte_length(state.summary or ""), limits.MAX_SUMMARY_BYTES
    if state.error:
        yield "message", byte_length(state.error.message), limits.MAX_SUMMARY_BYTES
        yield "launcher", byte_length(state.error.launcher or ""), limits.MAX_SUMMARY_BYTES
        yield "traceback", byte_length(state.error.traceback or ""), limits.MAX_TRACEBACK_BYTES
    rows: list[Any] = [*state.todos, *state.progress, *state.displays, *state.artifacts, state.agent, state.notebook]
    fields = [
        *(value for row in rows if row is not None for value in msgspec.structs.astuple(row)),
        *(value for tool in state.tools for value in (tool.id, tool.name, tool.parent)),
        *(text.id for text in state.texts),
        *(metric.name for metric in state.metrics),
        *(value for row in state.permissions for value in (row.request_id, row.tool, *row.options)),
        *(state.name, state.project, state.operation, state.model, *state.tags),
    ]
    for text in fields:
        if isinstance(text, str):
            yield "short text", byte_length(text), limits.MAX_LABEL_BYTES
