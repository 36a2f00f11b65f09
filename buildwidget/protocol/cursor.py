"""Applying batches to a state at a cursor: what a client, or a widget in the kernel, does with what it is sent.

``core/cursor.ts`` is this file in TypeScript.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from buildwidget.protocol.events import Event
from buildwidget.protocol.frames import Cursor
from buildwidget.protocol.reducer import fold
from buildwidget.protocol.state import State


class Folded(NamedTuple):
    """A state and the place in the log it is the fold of."""

    cursor: Cursor
    state: State


def apply_batch(at: Folded, epoch: str, first: int, events: Sequence[Event | None]) -> Folded | None:
    """What the events numbered ``first`` and on of history ``epoch`` make of it, skipping those it has.

    None on a gap: a batch of another epoch, or one that starts past the next event, changes nothing, and one
    subscribes again. Pure. Applying a batch twice is applying it once. None among the events (malformed, unknown)
    counts as its seq and no more.
    """
    if epoch != at.cursor.epoch or first > at.cursor.seq + 1:
        return None
    new = events[at.cursor.seq + 1 - first :]
    return Folded(Cursor(epoch, at.cursor.seq + len(new)), fold(at.state, new)) if new else at
