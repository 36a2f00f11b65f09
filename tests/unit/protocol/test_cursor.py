from __future__ import annotations

import pytest

from buildwidget.protocol.cursor import Folded, apply_batch
from buildwidget.protocol.events import MetaEvent
from buildwidget.protocol.frames import Cursor
from buildwidget.protocol.state import initial_state

LOG = [MetaEvent(at=1, name="one"), None, MetaEvent(at=1, name="three")]
START = Folded(Cursor("e", 0), initial_state(id="b", owner="o", kind="agent", created_at=1))


@pytest.mark.parametrize(
    ("first", "last", "seq", "name"), [(1, 1, 1, "one"), (1, 2, 2, "one"), (1, 3, 3, "three"), (1, 0, 0, "")]
)
def test_a_batch_moves_the_cursor_by_its_events(first: int, last: int, seq: int, name: str) -> None:
    applied = apply_batch(START, "e", first, LOG[first - 1 : last])
    assert applied is not None
    assert (applied.cursor, applied.state.name) == (Cursor("e", seq), name)


def test_what_it_has_is_skipped() -> None:
    at = apply_batch(START, "e", 1, LOG[:2])
    assert at is not None
    assert apply_batch(at, "e", 1, LOG[:1]) is at
    assert apply_batch(at, "e", 3, []) is at
    applied = apply_batch(at, "e", 1, [MetaEvent(at=1, name="again"), None, LOG[2]])
    assert applied is not None
    assert (applied.cursor.seq, applied.state.name) == (3, "three")


def test_a_batch_past_the_next_event_or_of_another_history_is_a_gap() -> None:
    assert apply_batch(START, "e", 2, LOG[1:]) is None
    assert apply_batch(START, "other", 1, LOG) is None
    assert apply_batch(START, "e", 2, []) is None
