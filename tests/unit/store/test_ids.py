from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.store.ids import new_build_id, new_database_id, new_epoch, new_request_id

_times = st.integers(0, 2**48)
_chance = st.integers(0, 2**50 - 1)


@given(_times, _times, _chance, _chance)
def test_ids_sort_as_their_times(one: int, other: int, chance: int, more: int) -> None:
    ids = [new_build_id(now_ms=one, randomness=chance), new_build_id(now_ms=other, randomness=more)]
    assert all(re.fullmatch("[0-9a-z]{20}", made) for made in ids)
    if one != other:
        assert (ids[0] < ids[1]) == (one < other)


def test_ids_are_new() -> None:
    for make in (new_build_id, new_epoch, new_database_id, new_request_id):
        assert len({make() for _ in range(100)}) == 100
