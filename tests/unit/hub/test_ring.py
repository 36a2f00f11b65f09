from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.hub.ring import Ring

EVENTS = st.lists(st.binary(min_size=1, max_size=9), max_size=6)
STEPS = st.lists(st.tuples(st.sampled_from(["append", "prepend"]), EVENTS), max_size=12)


def ring_of(*sizes: int, base: int = 0, max_events: int = 100, max_bytes: int = 1000) -> Ring:
    ring = Ring(max_events=max_events, max_bytes=max_bytes, base=base)
    ring.append([bytes([65 + place]) * size for place, size in enumerate(sizes)])
    return ring


def test_an_empty_ring_ends_where_it_begins() -> None:
    ring = ring_of(base=7)
    assert (ring.base, ring.last, ring.size) == (7, 7, 0)
    assert ring.take(7, 9, max_events=5, max_bytes=5) == []
    assert ring.bytes_after(7) == 0
    assert ring.bytes_after(9) == 0


def test_take_gives_what_follows_up_to_the_bounds() -> None:
    ring = ring_of(2, 3, 4, base=10)
    assert ring.take(10, 13, max_events=9, max_bytes=99) == [b"AA", b"BBB", b"CCCC"]
    assert ring.take(11, 13, max_events=1, max_bytes=99) == [b"BBB"]
    assert ring.take(10, 12, max_events=9, max_bytes=99) == [b"AA", b"BBB"]
    assert ring.take(10, 13, max_events=9, max_bytes=5) == [b"AA", b"BBB"]
    assert ring.take(10, 13, max_events=9, max_bytes=4) == [b"AA"]


def test_take_gives_one_event_even_if_it_is_over_the_bound() -> None:
    assert ring_of(50).take(0, 1, max_events=9, max_bytes=5) == [b"A" * 50]


def test_the_oldest_fall_out_over_the_count() -> None:
    ring = ring_of(1, 1, 1, 1, max_events=3)
    assert (ring.base, ring.last, ring.size) == (1, 4, 3)


def test_the_oldest_fall_out_over_the_bytes_but_the_newest_stays() -> None:
    ring = ring_of(4, 4, 4, max_bytes=9)
    assert (ring.base, ring.size) == (1, 8)
    ring.append([b"x" * 50])
    assert (ring.base, ring.last, ring.size) == (3, 4, 50)


@given(STEPS, st.integers(1, 8), st.integers(1, 30))
def test_it_holds_a_bounded_end_of_the_log(
    steps: list[tuple[str, list[bytes]]], max_events: int, max_bytes: int
) -> None:
    ring = Ring(max_events=max_events, max_bytes=max_bytes, base=1000)
    model: dict[int, bytes] = {}
    for what, events in steps:
        if what == "append":
            model.update(enumerate(events, start=ring.last + 1))
            ring.append(events)
        else:
            model.update(enumerate(events, start=ring.base - len(events) + 1))
            ring.prepend(events)
        kept = ring.take(ring.base, ring.last, max_events=99, max_bytes=999)
        assert kept == [model[seq] for seq in range(ring.base + 1, ring.last + 1)]
        assert ring.size == sum(map(len, kept))
        assert len(kept) <= max_events
        assert ring.size <= max_bytes or len(kept) == 1
        for seq in range(ring.base, ring.last + 1):
            assert ring.bytes_after(seq) == sum(map(len, kept[seq - ring.base :]))
