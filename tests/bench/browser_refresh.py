"""A refresh in a real browser: from the mounted view to a painted, live one, beside the same log as a plain output."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from buildwidget.protocol.events import Event, LogEvent, MetricEvent, ProgressEvent, Todo, TodosEvent, ToolEvent
from buildwidget.store.store import Store
from tests.bench.browser import BrowserPage
from tests.bench.figures import Figure, Samples, Scale, Side
from tests.server.jupyter_process import JupyterServer
from tests.server.stored import StoredBuild, now

TODOS: Final = 20
NOTEBOOK: Final = "plain.ipynb"


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """First paint, and the longest task of the page's main thread."""
    lines, tools = scale.of(5_000, 300), scale.of(500, 30)
    server = JupyterServer(directory)
    with BrowserPage() as page:
        try:
            server.start()
            with Store.open(server.database_url) as store:
                build = _build(store, lines, tools)
                (server.root_dir / NOTEBOOK).write_text(json.dumps(_notebook(lines)))
                page.open(server.url, server.token)
                rounds = [_round(page, [build.id, store.database_id, lines]) for _ in range(scale.of(12, 1) + 1)]
        finally:
            server.stop(signal.SIGKILL)
    # The first one finds the browser cold.
    return _figures(rounds[1:], f"with {lines:,} log lines and {tools} tool calls")


@dataclass(frozen=True)
class Round:
    """One refresh of each side, all in ms: until something was painted, and the longest task meanwhile."""

    header: float
    whole: float
    longest: float
    plain: float
    plain_longest: float


def _round(page: BrowserPage, mounted: list[Any]) -> Round:
    page.call("reload")
    page.call("trace")
    found = page.evaluate("(arguments) => bench.mount(...arguments)", mounted)
    longest = _longest(page)
    page.call("reload")
    page.call("trace")
    plain = page.evaluate("(notebook) => bench.mountOutput(notebook)", NOTEBOOK)
    return Round(found["header"], found["whole"], longest, plain["whole"], _longest(page))


def _figures(rounds: list[Round], what: str) -> list[Figure]:
    whole = _samples(rounds, "whole")
    longest = _samples(rounds, "longest")
    return [
        Figure(
            what=f"refresh in the browser, {what}: from the mounted view to its painted log",
            unit="ms",
            ours=Side.of("widget", whole),
            peer=Side.of("plain output", _samples(rounds, "plain")),
            judged=whole.median,
            bound=150.0,
            judged_as="ours",
            note=f"the header was painted after {_samples(rounds, 'header').median:.0f} ms; the plain output has no "
            "tool calls, and is made into HTML with less work than JupyterLab takes",
        ),
        Figure(
            what=f"refresh in the browser, {what}: the longest task of the main thread",
            unit="ms",
            ours=Side.of("widget", longest),
            peer=Side.of("plain output", _samples(rounds, "plain_longest")),
            judged=longest.median,
            bound=50.0,
            judged_as="ours",
            note=f"the worst of {len(rounds)} was {max(longest.values):.0f} ms",
        ),
    ]


def _samples(rounds: list[Round], name: str) -> Samples:
    return Samples(tuple(getattr(each, name) for each in rounds))


def _longest(page: BrowserPage) -> float:
    return float(max(task["ms"] for task in page.call("tasks")))


def _build(store: Store, lines: int, tools: int) -> StoredBuild:
    """A running build with a plan, tools under its todos, a metric, a bar and a log."""
    build = StoredBuild(store, kind="agent", name="A long build", project="bench")
    events: list[Event] = []
    for place in range(TODOS):
        events.append(_todos(place))
        events += _tools(range(place * tools // TODOS, (place + 1) * tools // TODOS))
    events.append(ProgressEvent(at=now(), id="epoch", label="epoch", current=7, total=TODOS))
    events.append(MetricEvent(at=now(), name="loss", points=[(step, 1 / (step + 1), now()) for step in range(300)]))
    texts = [log_line(number) for number in range(1, lines + 1)]
    for first in range(0, lines, 100):
        chunk: list[Any] = [("stdout", text) for text in texts[first : first + 100]]
        events.append(LogEvent(at=now(), first=first + 1, lines=chunk))
    for first in range(0, len(events), 200):
        build.append(*events[first : first + 200])
    return build


def _todos(active: int) -> TodosEvent:
    return TodosEvent(
        at=now(),
        todos=[
            Todo(
                id=str(place),
                content=f"Step {place} of the plan",
                status="completed" if place < active else "in_progress" if place == active else "pending",
            )
            for place in range(TODOS)
        ],
    )


def _tools(calls: range) -> list[Event]:
    events: list[Event] = []
    for call in calls:
        command = {"command": f"python -m pytest -q tests/unit/test_part_{call}.py"}
        events.append(ToolEvent(at=now(), id=f"call-{call}", name="Bash", state="running", input=command))
        output = f"tests/unit/test_part_{call}.py ......  [100%]\n" * 12
        events.append(ToolEvent(at=now(), id=f"call-{call}", state="succeeded", output=output))
    return events


def log_line(number: int) -> str:
    """A line of some eighty characters, a word of it coloured."""
    return f"\x1b[32mok\x1b[0m {number} step {number % 977} of 977: loss={1 / number:.6f} at 812.4 it/s"


def _notebook(lines: int) -> dict[str, Any]:
    text = [log_line(number) + "\n" for number in range(1, lines + 1)]
    cell = {
        "cell_type": "code",
        "id": "one",
        "source": "train()",
        "metadata": {},
        "execution_count": 1,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": text}],
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
