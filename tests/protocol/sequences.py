"""Event sequences as raw JSON texts, for Hypothesis: valid ones, and everything a reader may meet.

Unknown types and fields, malformed fields, cut texts, NaN, lone surrogates, ``__proto__``, 2^53 and its
neighbours, characters of all UTF-8 lengths across every byte bound, huge strings, deep JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from buildwidget.protocol import limits

HUGE = [
    f"<{character * count}>" for character, count in [("x", 5_000), ("é", 40_000), ("😀", 1_025), ("€\ufeff", 25_000)]
]
IDS = ["a", "b", "2", "10", "__proto__", "constructor", "toString", "é", "😀", "\ud800", "\ufeff", ""]
TOKENS = ["1e999", "-1e999", "1.0", "-0.0", "1e2", "5e-324", "1E400", "9007199254740991.0", "0.1e1"]
INTEGERS = [0, 1, 3, 50, 100, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**25, 10**400, -1, -(2**53)]

ids = st.sampled_from(["a"] * 8 + IDS)
short_texts = st.text(st.characters(exclude_categories=()), max_size=6)
texts = st.one_of(st.sampled_from([*IDS * 12, *HUGE]), short_texts)
tokens = st.sampled_from([f"@@{token}@@" for token in TOKENS])
numbers: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 120),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*INTEGERS, "NaN", "Infinity", "-Infinity"]),
    tokens,
)
counts = st.one_of(st.integers(0, 2_000), st.sampled_from(INTEGERS), tokens)
times = st.integers(0, 2_000_000_000_000)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=5,
)
deep_values = st.sampled_from([61, 62, 63, 64, 65, 500]).map(lambda depth: json.loads("[" * depth + "]" * depth))
contents = st.one_of(values, values, values, deep_values)
streams = st.sampled_from(["stdout", "stderr", "system"])
lines = st.tuples(streams, texts)
open_rows = st.dictionaries(
    streams,
    st.one_of(
        st.lists(texts, max_size=6),
        st.builds(
            lambda count, text, size: [f"{n}" + text * size for n in range(count)],
            st.integers(0, 2 * limits.MAX_OPEN_ROWS),
            st.sampled_from(["", "x", "é", "😀"]),
            st.integers(0, 400),
        ),
    ),
    max_size=3,
)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, strategy, strategy, st.none())


def event(type: str, required: dict[str, Any], **others: Any) -> st.SearchStrategy[Any]:
    optionals = {name: optional(strategy) for name, strategy in others.items()}
    return st.fixed_dictionaries({"type": st.just(type), "at": times, **required}, optional=optionals)


agents = st.fixed_dictionaries({"id": ids}, optional={"version": optional(ids), "session": optional(texts)})
errors = st.fixed_dictionaries(
    {"kind": texts, "message": texts},
    optional={
        "traceback": optional(texts),
        "launcher": optional(texts),
        "line": optional(st.integers(1, 2**53 - 1)),
    },
)
todos = st.fixed_dictionaries(
    {"id": ids, "content": texts, "status": st.sampled_from(["pending", "in_progress", "completed", "cancelled"])},
    optional={"active_form": optional(texts)},
)
EVENTS: dict[str, st.SearchStrategy[Any]] = {
    "status": event(
        "status",
        {
            "status": st.sampled_from(
                ["queued", "running", "running", "running", "succeeded", "failed", "cancelled", "lost"]
            )
        },
        cancelling=st.booleans(),
        exit_code=st.integers(-9, 255),
        summary=texts,
        error=errors,
        pid=counts,
        host=texts,
    ),
    "meta": event(
        "meta",
        {},
        name=texts,
        project=texts,
        operation=texts,
        agent=agents,
        model=texts,
        notebook=st.fixed_dictionaries({"path": texts}, optional={"cell": texts}),
        tags=st.lists(texts, max_size=4),
    ),
    "todos": event("todos", {"todos": st.lists(todos, max_size=6)}),
    "tool": event(
        "tool",
        {"id": ids},
        name=texts,
        parent=ids,
        state=st.sampled_from(["input_streaming", "running", "succeeded", "failed", "denied"]),
        input=contents,
        output=contents,
        truncated=st.lists(st.sampled_from(["input", "output", "other"]), max_size=2),
    ),
    "text": event(
        "text",
        {"id": ids, "kind": st.sampled_from(["answer", "reasoning", "plan"])},
        delta=texts,
        text=texts,
    ),
    "log": event(
        "log",
        {"first": st.one_of(st.integers(1, 12), counts), "lines": st.lists(lines, max_size=5)},
        partial=st.dictionaries(streams, texts, max_size=3),
        open=open_rows,
    ),
    "progress": event(
        "progress",
        {"id": ids, "label": texts, "current": numbers},
        total=numbers,
        unit=texts,
        done=st.booleans(),
        closed=st.booleans(),
        level=st.one_of(st.integers(0, 3), counts),
    ),
    "metric": event(
        "metric", {"name": ids, "points": st.lists(st.tuples(optional(numbers), numbers, times), max_size=4)}
    ),
    "display": event("display", {"id": ids, "mime": texts, "size": counts}, title=texts),
    "artifact": event("artifact", {"name": texts, "path": texts}, mime=texts, size=counts),
    "usage": event("usage", {}, input_tokens=counts, output_tokens=counts, cost_usd=numbers, turns=counts),
    "permission": event(
        "permission",
        {"request_id": ids, "tool": texts},
        input=contents,
        options=st.lists(texts, max_size=3),
        decision=st.sampled_from(["allow", "deny", "timeout"]),
    ),
}


@st.composite
def odd_events(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> Any:
    """A valid event with one field added, taken away, or of any value at all."""
    fields = dict(draw(valid))
    name = draw(st.sampled_from([*fields, "seq", "extra", "__proto__"]))
    if draw(st.booleans()):
        fields.pop(name, None)
    else:
        fields[name] = draw(contents)
    return fields


def to_json(value: Any) -> str:
    """``value`` as JSON text, with the tokens that no Python number is written as."""
    return re.sub(r'"@@(.*?)@@"', r"\1", json.dumps(value))


@st.composite
def cut_texts(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> str:
    """What is left of an event whose write was cut off."""
    text = to_json(draw(valid))
    return text[: draw(st.integers(0, len(text)))]


NOT_EVENTS = [
    "",
    "null",
    "[]",
    "1",
    "NaN",
    '"x"',
    "{}",
    '{"type": 1}',
    '{"type": "later", "at": 1}',
    '{"type": "constructor"}',
]


def many(kind: str, count: int, size: int) -> list[str]:
    """``count`` rows of one kind (or lines, points, tags ... in one event), of texts of ``size`` characters."""
    if kind in WHOLE:
        rows = [WHOLE[kind](range(count), size)]
    elif kind == "tool":
        rows = [{"id": f"{n}", "input": {"n": n}, "output": "o" * size} for n in range(count)]
        rows.append({"id": "1", "state": "failed", "output": "late"})
    else:
        fields = {
            "label": "l",
            "current": 1,
            "total": 3,
            "points": [],
            "mime": "m",
            "size": 1,
            "tool": "t",
            "kind": "plan",
        }
        keys = ("id", "name", "path", "request_id")
        rows = [{**fields, **dict.fromkeys(keys, f"{n}"), "text": "€" * size} for n in range(count)]
    return [json.dumps({"type": kind, "at": 5, **row}) for row in rows]


WHOLE: dict[str, Callable[[range, int], dict[str, Any]]] = {
    "log": lambda numbers, size: {"first": 1, "lines": [["stdout", f"{n} " + "é" * size] for n in numbers]},
    "points": lambda numbers, _: {"type": "metric", "name": "a", "points": [[None, n, 1] for n in numbers]},
    "todos": lambda numbers, _: {"todos": [{"id": f"{n}", "content": "c", "status": "completed"} for n in numbers]},
    "meta": lambda numbers, size: {"tags": [f"{n}" + "t" * size for n in numbers]},
}


def logs_of(*types: str) -> st.SearchStrategy[list[str]]:
    valid = st.one_of(*(EVENTS[name] for name in types))
    written = valid.map(to_json)
    odd = st.one_of(odd_events(valid).map(to_json), cut_texts(valid), st.sampled_from(NOT_EVENTS))
    return st.lists(st.one_of(written, written, written, written, odd), min_size=3, max_size=16)


def in_a_row(steps: list[tuple[int, list[Any], Any, Any]]) -> list[str]:
    """Log events that follow each other, but for what the first number of a step says."""
    events, following = [], 1
    for gap, given, partial, drawn in steps:
        first = max(1, following + gap)
        written = {"type": "log", "at": 1, "first": first, "lines": given, "partial": partial, "open": drawn}
        events.append(to_json(written))
        following = first + len(given)
    return events


gaps = st.sampled_from([0, 0, 0, 0, 1, -1, -2, -9])
partials = optional(st.dictionaries(streams, texts, max_size=2))

sequences = st.one_of(
    logs_of(*EVENTS),
    # Of a few types only, so that the events meet the same rows again and again.
    logs_of("tool"),
    logs_of("tool", "todos", "text"),
    st.lists(st.tuples(gaps, st.lists(lines, max_size=4), partials, optional(open_rows)), max_size=16).map(in_a_row),
    logs_of("log", "status"),
    logs_of("todos", "progress", "status"),
    logs_of("meta", "status"),
    logs_of("display", "artifact", "permission"),
    logs_of("progress"),
    logs_of("usage", "metric"),
)
"""Raw event texts in order."""

BOUNDED: dict[str, tuple[str, int]] = {
    "tools": ("tool", limits.MAX_TOOLS),
    "log": ("log", limits.MAX_LOG_LINES),
    "todos": ("todos", limits.MAX_TODOS),
    "tags": ("meta", limits.MAX_TAGS),
    "texts": ("text", limits.MAX_TEXTS),
    "progress": ("progress", limits.MAX_PROGRESS),
    "metrics": ("metric", limits.MAX_METRICS),
    "displays": ("display", limits.MAX_DISPLAYS),
    "artifacts": ("artifact", limits.MAX_ARTIFACTS),
    "permissions": ("permission", limits.MAX_PERMISSIONS),
    "previews": ("tool", limits.MAX_TOOL_PREVIEWS),
    "points": ("points", limits.MAX_METRIC_POINTS),
}
"""What is bounded: the kind of event that fills it (see ``many``), and how many a state keeps."""


def crossings(field: str) -> st.SearchStrategy[list[str]]:
    """Sequences with more rows of ``field`` in their middle than a state keeps."""
    kind, most = BOUNDED[field]
    bulk = st.builds(many, st.just(kind), st.integers(most + 1, most + most // 5), st.integers(0, 300))
    return st.tuples(sequences, bulk, sequences).map(lambda parts: [text for part in parts for text in part])
