"""Whatever becomes of a stream on its way, its build has each row once, and ends."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.events import ENDS, TOOL_ENDS, Event, StatusEvent
from buildwidget.runner.agents.ending import end_of
from tests.agents.replay import NAMES, SESSIONS, events_of, lines_of, numbered, session_of, state_of

LINES = {name: lines_of(name) for name in NAMES}


@st.composite
def mangled(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A recorded stream of which lines are repeated, reordered, cut or left out."""
    name = draw(st.sampled_from(NAMES))
    lines = LINES[name]
    places = st.integers(0, len(lines) - 1)
    kept = [place for place in range(len(lines)) if place not in set(draw(st.lists(places, max_size=5)))]
    for place in draw(st.lists(places, max_size=10)):
        kept.insert(draw(st.integers(0, len(kept))), place)
    shuffled, cut = draw(st.booleans()), draw(st.booleans())
    if shuffled:
        kept = list(draw(st.permutations(kept)))
    kept = kept[: draw(st.integers(0, len(kept)))]
    result = [lines[place] for place in kept]
    if result and cut:
        result[-1] = result[-1][: draw(st.integers(0, len(result[-1])))]
    return name, result


def driven(draw: st.DataObject, name: str, lines: list[str]) -> list[Event]:
    """The events of a build that is interrupted and whose prompts are answered at any moment, some of them twice."""
    session = session_of(name)
    events: list[Event] = [StatusEvent(at=1, status="running"), *session.start().events]
    for line in lines:
        events += session.feed(line).events
        act = draw.draw(st.sampled_from(["", "", "", "interrupt", "allow", "deny", "timeout"]))
        if act == "interrupt":
            events += session.interrupt().events
        elif act:
            for request in [*session.open_prompts, *session.open_prompts, "unknown"]:
                events += session.answer(request, act).events  # type: ignore[arg-type]  # one of three decisions
    return numbered([*events, *session.close().events, end_of(session, 0, "", now_ms=2_000_000)])


def rows_once(rows: list[Any], key: str) -> bool:
    keys = [getattr(row, key) for row in rows]
    return len(keys) == len(set(keys))


def test_every_kind_of_stream_is_mangled() -> None:
    assert {prefix for prefix in SESSIONS for name in NAMES if name.startswith(prefix)} == set(SESSIONS)


@given(mangled())
@settings(max_examples=150, deadline=None)
def test_any_mangled_stream_ends_with_each_row_once(case: tuple[str, list[str]]) -> None:
    name, lines = case
    state = state_of(events_of(session_of(name), lines))
    assert state.status in ENDS
    assert rows_once(state.tools, "id")
    assert rows_once(state.texts, "id")
    assert rows_once(state.todos, "id")
    assert rows_once(state.artifacts, "path")
    assert all(tool.state in TOOL_ENDS for tool in state.tools)
    assert all(bar.done for bar in state.progress)
    assert all(row.decision for row in state.permissions)


def test_a_call_of_which_only_output_was_heard_ends_with_its_agent() -> None:
    name = "codex-app-server-0.169.0/plan"
    lines = [line for line in LINES[name] if '"item/started"' not in line and '"item/completed"' not in line]
    tools = state_of(events_of(session_of(name), lines)).tools
    assert [(tool.name, tool.state) for tool in tools] == [("tool", "failed")]
    assert "done" in tools[0].output


@given(mangled(), st.data())
@settings(max_examples=60, deadline=None)
def test_answers_and_interrupts_at_any_moment(case: tuple[str, list[str]], data: st.DataObject) -> None:
    state = state_of(driven(data, *case))
    assert state.status in ENDS
    assert rows_once(state.tools, "id")
    assert rows_once(state.permissions, "request_id")
    assert all(row.decision for row in state.permissions)
    assert all(tool.state in TOOL_ENDS for tool in state.tools)


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=100, deadline=None)
def test_repeated_lines_change_nothing(name: str, data: st.DataObject) -> None:
    lines = LINES[name]
    repeats = data.draw(st.lists(st.integers(1, 3), min_size=len(lines), max_size=len(lines)))
    repeated = [line for line, times in zip(lines, repeats, strict=True) for _ in range(times)]
    once, again = (state_of(events_of(session_of(name), each)) for each in (lines, repeated))
    assert [tool.id for tool in again.tools] == [tool.id for tool in once.tools]
    assert [tool.state for tool in again.tools] == [tool.state for tool in once.tools]
    assert [(text.id, text.text) for text in again.texts] == [(text.id, text.text) for text in once.texts]
    assert again.todos == once.todos
    assert again.usage == once.usage
    assert (again.status, again.summary) == (once.status, once.summary)


@given(
    st.lists(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str)), max_size=20)
)
@settings(max_examples=30, deadline=None)
def test_nonsense_becomes_log_lines(lines: list[str]) -> None:
    for name in ("claude", "codex-app-server", "codex-exec"):
        assert state_of(events_of(session_of(name), lines)).status == "failed"
