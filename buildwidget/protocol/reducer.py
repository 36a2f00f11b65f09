"""Events to state. The signatures are fixed; see HELPERS."""

from __future__ import annotations

from collections.abc import Iterable

from buildwidget.protocol.events import Event
from buildwidget.protocol.state import State


def reduce(state: State, event: Event) -> State:
    """The state after one event. Pure and total: never raises, never changes ``state``."""
    return fold(state, (event,))


def fold(state: State, events: Iterable[Event]) -> State:
    """The state after many events; the same as reducing them one by one, but quicker."""
    raise NotImplementedError
