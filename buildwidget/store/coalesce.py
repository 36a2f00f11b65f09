"""Fewer events for the same state: what queued together is joined before it gets its seqs. Pure.

Only text deltas, metric points, bars and log lines are joined, and only across each other: any other event is a
border. Todos, for one, decide what the texts after them belong to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from buildwidget.protocol.events import Event, LogEvent, MetricEvent, ProgressEvent, TextEvent
from buildwidget.store.records import Draft, Payload

MAX_LINES: Final = 200
MAX_TEXT: Final = 16 * 1024
MAX_POINTS: Final = 200
"""An event grows by joining up to this many lines, characters or points, so that batches can still be cut well."""


def coalesce(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts, in order, with those joined that may be."""
    joined: list[Draft] = []
    # The place of the event that the next of its kind may join, since the last border.
    places: dict[object, int] = {}
    for draft in drafts:
        kind = _kind(draft.event)
        if kind is None:
            places.clear()
            joined.append(draft)
            continue
        place = places.get(kind)
        both = None if place is None else join(joined[place], draft)
        if place is not None and both is not None:
            joined[place] = both
        else:
            places[kind] = len(joined)
            joined.append(draft)
    return joined


def _kind(event: Event) -> object:
    """What an event may join; None: nothing, and it is a border.

    Metrics alternate (loss, accuracy, loss ...) and have nothing to do with each other. Bars do: which one changed
    last is the build's percent.
    """
    if isinstance(event, MetricEvent):
        return event.name
    return type(event) if isinstance(event, (LogEvent, TextEvent, ProgressEvent)) else None


def join(earlier: Draft, later: Draft) -> Draft | None:
    """Both as one; None if they do not belong together or would be too long."""
    first, second = earlier.event, later.event
    if isinstance(first, LogEvent) and isinstance(second, LogEvent):
        return _join_logs(first, second, earlier, later)
    if isinstance(first, TextEvent) and isinstance(second, TextEvent):
        return _kept_clean(_join_texts(first, second), earlier, later)
    if isinstance(first, MetricEvent) and isinstance(second, MetricEvent):
        return _kept_clean(_join_metrics(first, second), earlier, later)
    if isinstance(first, ProgressEvent) and isinstance(second, ProgressEvent):
        return _kept_clean(_join_bars(first, second), earlier, later)
    return None


def _kept_clean(event: Event | None, earlier: Draft, later: Draft) -> Draft | None:
    return None if event is None else Draft(event, clean=earlier.clean and later.clean)


def _join_logs(first: LogEvent, second: LogEvent, earlier: Draft, later: Draft) -> Draft | None:
    size = _text_size(first) + _text_size(second)
    if len(first.lines) + len(second.lines) > MAX_LINES or (size > MAX_TEXT and first.lines):
        return None
    shift = first.first + len(first.lines) - second.first
    moved = later.payloads if shift == 0 else tuple(_moved(payload, shift) for payload in later.payloads)
    partial = first.partial if second.partial is None else second.partial
    event = LogEvent(at=second.at, first=first.first, lines=[*first.lines, *second.lines], partial=partial)
    return Draft(event, earlier.payloads + moved, clean=earlier.clean and later.clean)


def _text_size(event: LogEvent) -> int:
    return sum(len(text) for _stream, text in event.lines)


def _moved(payload: Payload, shift: int) -> Payload:
    return Payload(payload.kind, str(int(payload.key) + shift), payload.mime, payload.content)


def _join_texts(first: TextEvent, second: TextEvent) -> TextEvent | None:
    if (first.id, first.kind) != (second.id, second.kind):
        return None
    if second.text is not None:
        return second
    delta = (first.delta or "") + (second.delta or "")
    if len(delta) > MAX_TEXT:
        return None
    return msgspec.structs.replace(first, at=second.at, delta=delta)


def _join_metrics(first: MetricEvent, second: MetricEvent) -> MetricEvent | None:
    if first.name != second.name or len(first.points) + len(second.points) > MAX_POINTS:
        return None
    return msgspec.structs.replace(first, at=second.at, points=[*first.points, *second.points])


def _join_bars(first: ProgressEvent, second: ProgressEvent) -> ProgressEvent | None:
    # Where the later one has no percent (a current that is no number, another total) the earlier one's stands.
    if first.id != second.id or isinstance(second.current, str) or second.total not in (None, first.total):
        return None
    return msgspec.structs.replace(
        second,
        total=first.total if second.total is None else second.total,
        unit=first.unit if second.unit is None else second.unit,
        done=first.done if second.done is None else second.done,
    )
