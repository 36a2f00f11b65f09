from __future__ import annotations

import msgspec

from buildwidget.protocol.codec import encode_event, encode_state, with_seq
from buildwidget.protocol.events import MetaEvent
from buildwidget.protocol.frames import Batch, Snapshot, batch_frame, snapshot_frame
from buildwidget.protocol.state import initial_state


def test_a_spliced_snapshot_is_the_frame_of_the_schema() -> None:
    state = initial_state(id='"b"', owner="o", kind="agent", created_at=1)
    frame = msgspec.json.decode(snapshot_frame('"b"', "é", 7, encode_state(state)), type=Snapshot)
    assert frame == Snapshot(build='"b"', epoch="é", seq=7, state=state)


def test_a_spliced_batch_is_the_frame_of_the_schema() -> None:
    events = [with_seq(encode_event(MetaEvent(at=1, name="n")), seq) for seq in (5, 6)]
    frame = msgspec.json.decode(batch_frame("b", "e", 5, events), type=Batch)
    written = [{"type": "meta", "at": 1, "seq": seq, "name": "n"} for seq in (5, 6)]
    assert frame == Batch(build="b", epoch="e", first=5, last=6, events=written)


def test_an_empty_batch_ends_before_it_starts() -> None:
    frame = msgspec.json.decode(batch_frame("b", "e", 5, []), type=Batch)
    assert (frame.first, frame.last, frame.events) == (5, 4, [])
