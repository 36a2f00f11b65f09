from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from buildwidget.protocol.events import (
    Event,
    LogEvent,
    MetricEvent,
    Number,
    ProgressEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State, initial_state
from buildwidget.store.coalesce import MAX_LINES, MAX_POINTS, MAX_TEXT, coalesce, join
from buildwidget.store.drafts import draft
from buildwidget.store.entries import enter
from buildwidget.store.records import Draft


def log(*texts: str, first: int = 1, partial: str | None = None, rows: list[str] | None = None) -> LogEvent:
    return LogEvent(
        at=1,
        first=first,
        lines=[("stdout", text) for text in texts],
        partial=None if partial is None else {"stdout": partial},
        open=None if rows is None else {"stdout": rows},
    )


def text(delta: str, id: str = "t") -> TextEvent:
    return TextEvent(at=1, id=id, kind="answer", delta=delta)


def bar(id: str, current: Number, total: int | None = None) -> ProgressEvent:
    return ProgressEvent(at=1, id=id, label=id, current=current, total=total)


def points(name: str, *values: float) -> MetricEvent:
    return MetricEvent(at=1, name=name, points=[(None, value, 1) for value in values])


def joined(*events: Event) -> list[Event]:
    return [draft.event for draft in coalesce(map(draft, events))]


def test_lines_are_joined_and_the_last_partial_is_kept() -> None:
    assert joined(log("a", partial="b"), log("b", "c", first=2, partial=""), log("d")) == [
        log("a", "b", "c", "d", partial="")
    ]


def test_lines_are_joined_and_the_last_open_rows_are_kept() -> None:
    assert joined(log("a", rows=["x", "y"]), log("b", rows=["z"]), log("c")) == [log("a", "b", "c", rows=["z"])]
    assert joined(log("a", rows=["x"]), log("b")) == [log("a", "b", rows=["x"])]
    assert joined(log("a", rows=["x"]), LogEvent(at=1, first=1, lines=[], open={})) == [
        LogEvent(at=1, first=1, lines=[("stdout", "a")], open={})
    ]


@pytest.mark.parametrize("over", [0, 1])
def test_open_rows_count_for_the_size_of_what_is_joined(over: int) -> None:
    rows = ["y" * (MAX_TEXT // 4 - 5)] * 3 + ["y" * (MAX_TEXT // 4 - 5 + over)]
    assert len(joined(log("x" * 10), log("x" * 10, rows=rows))) == 1 + over
    assert len(joined(log("x" * 10, rows=rows), log("x" * 10))) == 1 + over
    # What is replaced does not count, and without lines only the last picture is left.
    assert len(joined(log("x" * 10, rows=rows), log("x" * 10, rows=["z"]))) == 1
    assert joined(log(rows=rows), log(rows=rows), log(rows=["z"])) == [log(rows=["z"])]


def test_deltas_points_and_bars_are_joined_across_each_other() -> None:
    events: list[Event] = [
        text("a"), points("m", 1), bar("b", 1, 9), log("x"), points("n", 5),
        text("b"), points("m", 2), bar("b", 2), log("y"), points("n", 6),
    ]  # fmt: skip
    assert joined(*events) == [text("ab"), points("m", 1, 2), bar("b", 2, 9), log("x", "y"), points("n", 5, 6)]


def test_other_texts_and_bars_are_left_apart() -> None:
    texts: list[Event] = [text("a", "1"), text("b", "2"), text("c", "1")]
    assert joined(*texts) == texts
    bars: list[Event] = [bar("a", 1, 2), bar("b", 1, 2), bar("a", 2)]
    assert joined(*bars) == bars


def test_the_end_of_a_bar_s_run_is_not_joined_with_the_next_run() -> None:
    runs = [structs.replace(bar("a", current, 9), done=done) for current, done in ((8, False), (9, True), (0, False))]
    assert joined(*runs, structs.replace(bar("a", 1, 9), done=False)) == [
        *runs[:2],
        structs.replace(bar("a", 1, 9), done=False),
    ]


def test_a_closed_bar_that_begins_again_and_is_closed_again_has_two_runs() -> None:
    closed = structs.replace(bar("a", 0, 9), done=False, closed=True)
    assert joined(closed, closed) == [closed, closed]
    goes_on = structs.replace(closed, done=None)
    assert joined(goes_on, goes_on) == [goes_on]


def test_bars_that_are_joined_keep_what_the_later_one_lacks() -> None:
    first = ProgressEvent(at=1, id="b", label="x", current=1, total=9, unit="files")
    bare = ProgressEvent(at=2, id="b", label="y", current=2)
    assert joined(first, bare) == [ProgressEvent(at=2, id="b", label="y", current=2, total=9, unit="files")]
    other = ProgressEvent(at=3, id="b", label="y", current=3, total=9, unit="MB")
    assert joined(first, other) == [other]


def test_nothing_is_joined_across_a_border() -> None:
    todos = TodosEvent(at=1, todos=[])
    assert joined(text("a"), todos, text("b")) == [text("a"), todos, text("b")]


def test_events_of_two_kinds_and_of_kinds_that_stay_alone_do_not_belong_together() -> None:
    tool = draft(ToolEvent(at=1, id="t", name="n"))
    assert join(tool, tool) is None
    assert join(draft(text("a")), draft(log("a"))) is None
    assert join(draft(log("a")), tool) is None


@pytest.mark.parametrize("unclean_first", [True, False])
def test_what_nobody_cleaned_is_still_cleaned_after_it_is_joined(unclean_first: bool) -> None:
    for unclean, clean in ((log("\ud800"), log("b")), (text("\ud800"), text("b"))):
        drafts = [Draft(unclean), draft(clean)] if unclean_first else [draft(clean), Draft(unclean)]
        state = _fold(coalesce(drafts))
        found = [row.text for row in state.texts] or [line for _stream, line in state.log.lines]
        assert sorted("".join(found)) == ["b", "\ufffd"]


def test_a_whole_text_replaces_what_came_before() -> None:
    whole = TextEvent(at=2, id="t", kind="answer", text="whole")
    assert joined(text("a"), whole, text("!")) == [TextEvent(at=1, id="t", kind="answer", text="whole", delta="!")]


def test_events_do_not_grow_without_bound() -> None:
    found = joined(*(log("x") for _ in range(MAX_LINES + 1)))
    assert [len(event.lines) for event in found if isinstance(event, LogEvent)] == [MAX_LINES, 1]
    assert len(joined(text("x" * MAX_TEXT), text("y"))) == 2
    assert len(joined(text("x" * (MAX_TEXT - 1)), text("y"))) == 1
    assert len(joined(points("m", *range(MAX_POINTS)), points("m", 1))) == 2
    assert len(joined(points("m", *range(MAX_POINTS - 1)), points("m", 1))) == 1


@pytest.mark.parametrize(
    ("size", "lines"), [(MAX_TEXT // 4, [4, 4, 2]), (MAX_TEXT // 5, [5, 5]), (MAX_TEXT // 5 + 1, [4, 4, 2])]
)
def test_lines_are_joined_up_to_their_size(size: int, lines: list[int]) -> None:
    found = joined(*(log("x" * size) for _ in range(10)))
    assert [len(event.lines) for event in found if isinstance(event, LogEvent)] == lines


def test_long_lines_keep_their_payloads() -> None:
    [both] = coalesce([draft(log("a", "b" * 5000)), draft(log("c" * 5000, first=1))])
    found = [(payload.kind, payload.key, payload.mime, payload.content[:1]) for payload in both.payloads]
    assert found == [("log_line", "2", "text/plain", b"b"), ("log_line", "3", "text/plain", b"c")]
    [next_to_it] = coalesce([draft(log("a")), draft(log("c" * 5000))])
    assert [payload.key for payload in next_to_it.payloads] == ["2"]


_ids = st.sampled_from("ab")
_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        log,
        st.text(max_size=3),
        partial=st.none() | st.text(max_size=2),
        rows=st.none() | st.lists(st.text(max_size=2), max_size=2),
    ),
    st.builds(text, st.text(max_size=3), _ids),
    st.builds(lambda key, whole: TextEvent(at=1, id=key, kind="answer", text=whole), _ids, st.text(max_size=3)),
    st.builds(bar, _ids, st.integers(0, 9) | st.just("NaN"), st.none() | st.integers(0, 9)),
    st.builds(
        lambda whole, done, closed, level: structs.replace(whole, done=done, closed=closed, level=level),
        st.builds(bar, _ids, st.integers(0, 9), st.just(9)),
        st.none() | st.booleans(),
        st.none() | st.booleans(),
        st.none() | st.integers(0, 1),
    ),
    st.builds(points, _ids, st.integers(0, 9)),
    st.builds(lambda key: ToolEvent(at=1, id=key, name="n"), _ids),
    st.builds(lambda key: TodosEvent(at=1, todos=[Todo(id=key, content="c", status="in_progress")]), _ids),
)


def _fold(drafts: list[Draft]) -> State:
    before = initial_state(id="b", owner="ann", kind="command", created_at=1)
    return enter(StateBuilder(before), before.id, 0, drafts).state


@given(st.lists(_events, max_size=30))
def test_joining_changes_nothing_in_the_state(events: list[Event]) -> None:
    drafts = [draft(event) for event in events]
    assert _fold(coalesce(drafts)) == _fold(drafts)
