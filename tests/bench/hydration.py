"""Hydration: a long log beside a short one of the same state, through the server, and in the middle of a burst."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from buildwidget.protocol.events import Event, ProgressEvent
from buildwidget.store.appender import Appender
from buildwidget.store.drafts import draft
from buildwidget.store.store import Store
from tests.bench.event_mix import MIX, events
from tests.bench.figures import Figure, Samples, Scale, Side, interleave, percentile
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.store.making import started, status

_SHORT: Final = 1_000
_BATCH: Final = 200
_RATIO: Final = 1.5
_MILLISECONDS: Final = 30.0
_BURST_SECONDS: Final = 0.07
"""No divisor of a second, at which the state is saved: the samples lie anywhere between two saves."""

Seconds = Callable[[], float]


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Milliseconds until the state of a build is there."""
    rounds = scale.of(40, 3)
    server = JupyterServer(directory)
    try:
        server.start()
        with Store.open(server.database_url) as store:
            short = _ended(store, 0)
            long = _ended(store, scale.of(99_000, 2_000))
            _check_same(store, short, long)
            direct = interleave({name: _hydrating(store, build) for name, build in (("s", short), ("l", long))}, rounds)
            through = interleave(_requests(server.with_token(), short, long), rounds)
            tails = _bursts(store, scale.of(30, 3))
        return [_of_length(direct, scale), _of_server(through), _of_burst(tails)]
    finally:
        server.stop()


def _of_length(found: dict[str, Samples], scale: Scale) -> Figure:
    return Figure(
        what=f"hydration of a build with {scale.of(100_000, 3_000):,} events (Store.hydrate)",
        unit="ms",
        ours=Side.of("saved state", found["l"], 1e3),
        floor=Side.of(f"{_SHORT:,} events, same state", found["s"], 1e3),
        judged=found["l"].median / found["s"].median,
        judged_as="ours / floor",
        bound=_RATIO,
        note=f"The last {_SHORT:,} events are the same in both: {MIX}.",
    )


def _of_server(found: dict[str, Samples]) -> Figure:
    ours = Side.of("GET builds/{id}", found["long"], 1e3)
    return Figure(
        what="the same build through a Jupyter server, as the client sees it",
        unit="ms",
        ours=ours,
        floor=Side.of("a request for no events", found["nothing"], 1e3),
        judged=ours.value,
        judged_as="ours",
        bound=_MILLISECONDS,
        note="Each request on a connection of its own.",
        extra={"short_ms": found["short"].median * 1e3, "tool_ms": found["tool"].median * 1e3},
    )


def _of_burst(tails: list[float]) -> Figure:
    slow = Side(f"90th percentile of {len(tails)}", percentile(tails, 0.9) * 1e3)
    return Figure(
        what="hydration of a running build in the middle of a burst (Store.hydrate)",
        unit="ms",
        ours=slow,
        judged=slow.value,
        judged_as="ours",
        bound=_MILLISECONDS,
        note=f"Events are appended flat out in batches of {_BATCH}; every {_BURST_SECONDS * 1e3:.0f} ms one hydrates.",
        extra={"median_ms": percentile(tails, 0.5) * 1e3, "slowest_ms": max(tails) * 1e3},
    )


def _ended(store: Store, before: int) -> str:
    """A build that succeeded, with ``before`` events of a bar ahead of the mix; its id."""
    appender = started(store, owner=OWNER)
    for batch in _batches(itertools.chain(_bar(before), events(_SHORT))):
        appender.append([draft(event) for event in batch])
    appender.append([draft(status("succeeded"))])
    return appender.build_id


def _bar(count: int) -> Iterator[Event]:
    """Steps of the bar that the mix begins with, so that they leave no trace of their own."""
    return (ProgressEvent(at=number, id="epoch 0", label="epoch 0", current=number % 1000) for number in range(count))


def _batches(made: Iterator[Event]) -> Iterator[list[Event]]:
    while batch := list(itertools.islice(made, _BATCH)):
        yield batch


def _check_same(store: Store, *builds: str) -> None:
    states: list[dict[str, Any]] = [json.loads(store.hydrate(build).state) for build in builds]
    for state in states:
        for field in ("id", "created_at", "started_at", "ended_at"):
            del state[field]
    assert states[0] == states[1]


def _hydrating(store: Store, build: str) -> Seconds:
    return lambda: _timed(lambda: store.hydrate(build))


def _requests(client: Client, short: str, long: str) -> dict[str, Seconds]:
    def request(path: str, **query: Any) -> Seconds:
        def answered() -> None:
            assert client.get(path, **query).status == 200

        return lambda: _timed(answered)

    return {
        "long": request(f"builds/{long}"),
        "short": request(f"builds/{short}"),
        "nothing": request(f"builds/{long}/events", after=10_000_000),
        "tool": request(f"builds/{long}/tools/call-3"),
    }


def _bursts(store: Store, count: int) -> list[float]:
    appender = started(store, owner=OWNER)
    made = [draft(event) for event in events(4_000)]
    batches = itertools.cycle([made[start : start + _BATCH] for start in range(0, len(made), _BATCH)])
    with Store.open(store.url) as reader:
        return [_after_a_burst(appender, batches, reader) for _ in range(count)]


def _after_a_burst(appender: Appender, batches: Iterator[Any], reader: Store) -> float:
    until = time.perf_counter() + _BURST_SECONDS
    while time.perf_counter() < until:
        appender.append(next(batches))
    took = _timed(lambda: reader.hydrate(appender.build_id))
    assert reader.hydrate(appender.build_id).seq == appender.head
    return took


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
