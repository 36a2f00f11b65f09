"""What holds for every log, whatever it holds (core/reducer.test.ts proves the same in TypeScript)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildwidget.protocol.bars import bar_percent, is_over
from buildwidget.protocol.codec import decode_event, decode_state, encode_state
from buildwidget.protocol.cursor import Folded, apply_batch
from buildwidget.protocol.events import ENDS, TOOL_ENDS, Event
from buildwidget.protocol.frames import Cursor
from buildwidget.protocol.reducer import StateBuilder, fold, reduce
from buildwidget.protocol.state import State, initial_state
from tests.protocol.bounds import excesses
from tests.protocol.sequences import BOUNDED, crossings, logs_of, sequences

START = initial_state(id="build", owner="owner", kind="agent", created_at=1)
METADATA = ("name", "project", "operation", "model", "tags")

few = sequences.map(lambda texts: [decode_event(text) for text in texts])
many = st.sampled_from(list(BOUNDED)).flatmap(crossings).map(lambda texts: [decode_event(text) for text in texts])
logs = st.one_of(*[few] * 15, many)
cuts = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 3_000)), max_size=3)
quick = settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def batches(log: list[Any], at: list[int]) -> list[list[Any]]:
    ends = sorted({min(cut, len(log)) for cut in at} | {0, len(log)})
    return [log[start:end] for start, end in pairwise(ends)]


def steps(log: list[Event | None]) -> list[State]:
    states = [START]
    for event in log:
        states.append(reduce(states[-1], event))
    return states


@quick
@given(logs, cuts)
def test_any_split_of_batches_gives_the_same_state(log: list[Event | None], at: list[int]) -> None:
    whole = fold(START, log)
    state = START
    for batch in batches(log, at):
        state = fold(state, batch)
    assert state == whole


@quick
@given(logs, cuts)
def test_a_state_saved_and_read_between_batches_folds_on_alike(log: list[Event | None], at: list[int]) -> None:
    state = START
    for batch in batches(log, at):
        state = decode_state(encode_state(fold(state, batch)))
    assert state == fold(START, log)


@quick
@given(logs, cuts)
def test_a_builder_tells_each_state_on_its_way_and_changes_none(log: list[Event | None], at: list[int]) -> None:
    builder = StateBuilder(START)
    told = []
    for batch in batches(log, at):
        for event in batch:
            builder.apply(event)
        state = builder.state()
        told.append((state, encode_state(state)))
        assert builder.state() is state
    assert [encode_state(state) for state, _ in told] == [json for _, json in told]
    assert builder.state() == fold(START, log)


@quick
@given(logs, st.data())
def test_batches_that_overlap_or_come_twice_change_nothing(log: list[Event | None], data: st.DataObject) -> None:
    at = Folded(Cursor("epoch", 0), START)
    while at.cursor.seq < len(log):
        first = data.draw(st.integers(1, at.cursor.seq + 1))
        last = data.draw(st.integers(first, len(log)))
        applied = apply_batch(at, "epoch", first, log[first - 1 : last])
        assert applied is not None
        assert applied.cursor.seq == max(at.cursor.seq, last)
        assert apply_batch(applied, "epoch", first, log[first - 1 : last]) is applied
        at = applied
    assert at.state == fold(START, log)


@quick
@given(few)
def test_metadata_once_set_never_becomes_empty(log: list[Event | None]) -> None:
    for before, after in pairwise(steps(log)):
        lost = [field for field in METADATA if getattr(before, field) and not getattr(after, field)]
        assert not lost
        for row in ("agent", "notebook"):
            old, new = getattr(before, row), getattr(after, row)
            assert not [
                name for name in (old.__struct_fields__ if old else ()) if getattr(old, name) and not getattr(new, name)
            ]
        assert (before.started_at is None) or before.started_at == after.started_at
        assert (before.id, before.owner, before.kind, before.created_at) == (
            after.id,
            after.owner,
            after.kind,
            after.created_at,
        )


@quick
@given(logs)
def test_a_tool_is_one_row_and_its_end_never_goes_back(log: list[Event | None]) -> None:
    for before, after in pairwise(steps(log)):
        rows = {row.id: row for row in after.tools}
        assert len(rows) == len(after.tools)
        for old in before.tools:
            new = rows.get(old.id)
            assert new is not None or after.dropped["tools"] > before.dropped.get("tools", 0)
            if new is not None and old.state in TOOL_ENDS:
                assert (new.state, new.ended_at) == (old.state, old.ended_at)
            if new is not None:
                assert (new.todo, new.started_at) == (old.todo, old.started_at)


@quick
@given(st.one_of(few, many))
def test_no_bound_is_ever_exceeded(log: list[Event | None]) -> None:
    assert excesses(fold(START, log)) == []


@quick
@given(logs)
def test_the_log_is_one_run_of_lines_and_tells_what_is_gone(log: list[Event | None]) -> None:
    state = fold(START, log)
    assert state.log.first + len(state.log.lines) - 1 == state.log.count
    assert state.dropped.get("log", 0) == state.log.first - 1
    assert all(count > 0 for count in state.dropped.values())


@quick
@given(few)
def test_percent_is_100_exactly_when_told_and_nothing_follows_an_end(log: list[Event | None]) -> None:
    for before, after in pairwise(steps(log)):
        assert after.percent is None or 0 <= after.percent <= 100
        if before.status in ENDS:
            assert after is before
        elif after.status in ENDS:
            assert after.percent == (100 if after.status == "succeeded" else before.percent)
            assert (after.ended_at is not None, after.cancelling, after.log.open) == (True, False, {})
        else:
            assert not (before.cancelling and not after.cancelling)
            assert not (before.status == "running" and after.status == "queued")


@quick
@given(logs_of("progress").map(lambda texts: [decode_event(text) for text in texts]))
def test_percent_is_that_of_an_open_bar_beside_which_none_stands(log: list[Event | None]) -> None:
    for before, after in pairwise(steps(log)):
        rows = {row.id: row for row in after.progress}
        runs = [row.run for row in rows.values()]
        assert len(set(runs)) == len(runs)
        for old in before.progress:
            new = rows[old.id]
            # A run that is over stays over; a new one is later than all before.
            assert new.run == old.run or is_over(old)
            assert new.run == old.run or new.run == max(filter(None, runs))
        shown = [row for row in rows.values() if not is_over(row) and bar_percent(row) is not None]
        first = min(shown, key=lambda row: (row.level or 0, row.run or 0), default=None)
        if after.percent is None:
            assert first is None or first.level is not None
        else:
            assert first is not None
            assert (first.level or 0, after.percent) == (0, bar_percent(first))


@quick
@given(few)
def test_the_state_that_comes_in_is_never_touched(log: list[Event | None]) -> None:
    states = steps(log)
    seen = [encode_state(state) for state in states]
    for state in states:
        fold(state, log)
    assert [encode_state(state) for state in states] == seen


@pytest.mark.parametrize("percent", range(101))
def test_a_hundredth_is_the_percent_it_reads_as(percent: int) -> None:
    text = f'{{"type": "progress", "at": 1, "id": "", "label": "", "current": {percent}, "total": 100}}'
    assert reduce(START, decode_event(text)).percent == percent
