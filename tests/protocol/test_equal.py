"""Both reducers are one function: Hypothesis writes logs, both languages fold them, the states are equal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildwidget.protocol.codec import decode_event, encode_state
from buildwidget.protocol.events import Event, LogEvent
from buildwidget.protocol.reducer import fold
from buildwidget.protocol.state import State, initial_state
from tests.protocol.bounds import excesses
from tests.protocol.node_fold import NodeFold, node_fold
from tests.protocol.sequences import BOUNDED, HUGE, crossings, sequences

SEQUENCES = 2_000
PARTS = 5
"""Of the sequences: each test has its own time limit, and workers share them."""

IDENTITY = {"id": "build", "owner": "owner", "kind": "agent", "created_at": 1}


@pytest.fixture(scope="module")
def in_typescript() -> Iterator[NodeFold]:
    with node_fold() as fold_in_node:
        yield fold_in_node


def assert_equal(in_typescript: NodeFold, texts: list[str], split: int) -> tuple[State, list[Event | None]]:
    events = [decode_event(text) for text in texts]
    state = fold(initial_state(**IDENTITY), events)
    in_node, decoded = in_typescript(IDENTITY, texts, split)
    assert decoded == [event is not None for event in events]
    assert in_node == json.loads(encode_state(state))
    return state, events


@pytest.mark.parametrize("part", range(PARTS))
def test_both_languages_fold_every_log_to_the_same_state(in_typescript: NodeFold, part: int) -> None:
    folded = with_open = bounded_open = 0
    types: Counter[type] = Counter()

    @settings(max_examples=SEQUENCES // PARTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(sequences, st.integers(0, 20))
    def both_fold(texts: list[str], split: int) -> None:
        nonlocal folded, with_open, bounded_open
        state, events = assert_equal(in_typescript, texts, split)
        folded += 1
        last = next((event.open for event in events[::-1] if isinstance(event, LogEvent) and event.open), None)
        with_open += bool(state.log.open)
        bounded_open += bool(state.log.open) and state.log.open != last
        types.update(map(type, events))

    both_fold()
    assert folded >= SEQUENCES // PARTS, part
    # The sequences prove nothing about what they do not hold: every type of event, and malformed ones.
    assert types.keys() == {*get_args(Event), NoneType}
    assert with_open > 0
    assert bounded_open > 0


@pytest.mark.parametrize("field", BOUNDED)
def test_both_languages_keep_the_same_rows_within_a_bound(in_typescript: NodeFold, field: str) -> None:
    crossed = 0

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(crossings(field), st.integers(0, 3_000))
    def both_fold(texts: list[str], split: int) -> None:
        nonlocal crossed
        state, _ = assert_equal(in_typescript, texts, split)
        assert excesses(state) == []
        crossed += is_crossed(state, field)

    both_fold()
    assert crossed > 0


@pytest.mark.parametrize(
    "text",
    [*HUGE, *(text * 40_000 for text in ("a", "é€", "a😀", "\ud800")), "€" * 1_700],
    ids=lambda text: text[:2].encode("unicode_escape").decode(),
)
def test_both_languages_cut_texts_alike(in_typescript: NodeFold, text: str) -> None:
    error = {"kind": text, "message": text, "traceback": text}
    prompt = {"request_id": text, "tool": text, "input": [text], "options": [text]}
    events: list[dict[str, Any]] = [
        {"type": "meta", "name": text, "agent": {"id": text}, "notebook": {"path": text, "cell": text}, "tags": [text]},
        {"type": "todos", "todos": [{"id": text, "content": text, "status": "in_progress", "active_form": text}]},
        {"type": "tool", "id": text, "name": text, "parent": text, "input": text, "output": {text: 1}},
        *({"type": "text", "id": text, "kind": "answer", "delta": part} for part in ("a", text, "b")),
        {"type": "log", "first": 1, "lines": [["stdout", text], ["stderr", "a" + text]], "partial": {"system": text}},
        {"type": "log", "first": 3, "lines": [], "open": {"stdout": [text, "", "a" + text], "stderr": [text]}},
        {"type": "progress", "id": text, "label": text, "current": 1, "unit": text},
        {"type": "display", "id": text, "mime": text, "size": 1, "title": text},
        {"type": "artifact", "name": text, "path": text, "mime": text},
        {"type": "metric", "name": text, "points": []},
        {"type": "permission", **prompt},
        {"type": "status", "status": "failed", "summary": text, "error": error},
    ]
    state, decoded = assert_equal(in_typescript, [json.dumps({"at": 1, **event}) for event in events], 0)
    assert None not in decoded
    assert excesses(state) == []


def is_crossed(state: State, field: str) -> bool:
    if field == "points":
        return any(row.count > len(row.points) for row in state.metrics)
    if field == "previews":
        return any(row.truncated for row in state.tools)
    return state.dropped.get(field, 0) > 0
