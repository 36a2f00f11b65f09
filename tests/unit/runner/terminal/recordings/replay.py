"""Plays a recording to the parts of a runner that read bars, at the recorded times."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import ProgressEvent, StatusEvent
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State, initial_state
from buildwidget.runner.command import IDLE_SECONDS
from buildwidget.runner.terminal.bars import BarReader
from buildwidget.runner.terminal.lines import LineSplitter

HERE: Final = Path(__file__).parent
NAMES: Final = sorted(path.stem for path in HERE.glob("*.json"))

Read = tuple[float, bytes]


def load(name: str) -> list[Read]:
    """The reads of a recording: seconds since the start, and the bytes."""
    reads = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return [(at, text.encode()) for at, text in reads]


def play(reads: Iterable[Read]) -> Iterator[ProgressEvent]:
    """The events of the bars, as a runner writes them; ``at`` is in milliseconds since the start."""
    now = 0.0
    reader, splitter = BarReader(clock=lambda: now), LineSplitter()
    for at, data in reads:
        while at - now > IDLE_SECONDS:
            now += IDLE_SECONDS
            yield from reader.flush(int(now * 1000))
        now = max(now, at)
        yield from reader.feed(splitter.feed(data), int(now * 1000))
    yield from reader.feed(splitter.finish(), int(now * 1000))
    yield from reader.finish(int(now * 1000))


def states(events: Iterable[ProgressEvent]) -> list[tuple[int, State]]:
    """The time of each event and the state after it, then the state of the build that succeeded."""
    builder = StateBuilder(initial_state(id="b", owner="o", kind="command", created_at=0))
    passed = []
    for event in events:
        builder.apply(event)
        passed.append((event.at, builder.state()))
    at = passed[-1][0] if passed else 0
    builder.apply(StatusEvent(at=at, status="succeeded"))
    return [*passed, (at, builder.state())]
