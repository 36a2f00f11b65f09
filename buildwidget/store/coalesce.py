"""Fewer events for the same state: what queued together is joined before it gets its seqs. Pure.

Only text deltas, metric points, bars and log lines are joined, and only across each other: any other event is a
border. Todos, for one, decide what the texts after them belong to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from buildwidget.protocol.events import Event, LogEvent, MetricEvent, ProgressEvent, Stream, TextEvent
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

    Metrics alternate (loss, accuracy, loss ...) and have nothing to do with each other. Bars do: the build's
    percent depends on the order in which they begin and end.
    """
    kind = type(event)
    if isinstance(event, MetricEvent):
        return event.name
    return kind if kind in _JOINS else None


def join(earlier: Draft, later: Draft) -> Draft | None:
    """Both as one; None if they do not belong together or would be too long."""
    kind = type(earlier.event)
    how = _JOINS.get(kind)
    return how(earlier, later) if how is not None and type(later.event) is kind else None


def _events_only(joined: Callable[[Any, Any], Event | None]) -> Callable[[Draft, Draft], Draft | None]:
    """For kinds that have no payloads."""

    def join_drafts(earlier: Draft, later: Draft) -> Draft | None:
        event = joined(earlier.event, later.event)
        return None if event is None else Draft(event, (), earlier.clean and later.clean)

    return join_drafts


def _join_logs(earlier: Draft, later: Draft) -> Draft | None:
    first, second = earlier.event, later.event
    assert isinstance(first, LogEvent)
    assert isinstance(second, LogEvent)
    partial = first.partial if second.partial is None else second.partial
    rows = first.open if second.open is None else second.open
    size = _text_size(first) + _text_size(second) + _rows_size(rows)
    if len(first.lines) + len(second.lines) > MAX_LINES or (size > MAX_TEXT and first.lines):
        return None
    shift = first.first + len(first.lines) - second.first
    moved = later.payloads if shift == 0 else tuple(_moved(payload, shift) for payload in later.payloads)
    lines = [*first.lines, *second.lines]
    event = LogEvent(at=second.at, first=first.first, lines=lines, partial=partial, open=rows)
    return Draft(event, earlier.payloads + moved, clean=earlier.clean and later.clean)


def _text_size(event: LogEvent) -> int:
    return sum([len(text) for _stream, text in event.lines])


def _rows_size(rows: dict[Stream, list[str]] | None) -> int:
    return sum([len(text) for texts in rows.values() for text in texts]) if rows else 0


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
    return TextEvent(at=second.at, id=first.id, kind=first.kind, delta=delta, text=first.text)


def _join_metrics(first: MetricEvent, second: MetricEvent) -> MetricEvent | None:
    if first.name != second.name or len(first.points) + len(second.points) > MAX_POINTS:
        return None
    return MetricEvent(at=second.at, name=first.name, points=[*first.points, *second.points])


def _join_bars(first: ProgressEvent, second: ProgressEvent) -> ProgressEvent | None:
    # A run's end and the next one's beginning count, so they stay two events.
    if first.id != second.id or (first.done, first.closed) != (second.done, second.closed):
        return None
    if first.closed and second.done is False:
        # The bar was over after the first event, so the second one begins a run.
        return None
    return msgspec.structs.replace(
        second,
        total=first.total if second.total is None else second.total,
        unit=first.unit if second.unit is None else second.unit,
        level=first.level if second.level is None else second.level,
    )


_JOINS: Final[dict[type, Callable[[Draft, Draft], Draft | None]]] = {
    LogEvent: _join_logs,
    TextEvent: _events_only(_join_texts),
    MetricEvent: _events_only(_join_metrics),
    ProgressEvent: _events_only(_join_bars),
}
