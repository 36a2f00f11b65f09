"""Memory of a real server: what a very long log costs it, and each page that follows a build."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import websocket

from buildwidget.protocol.events import LogEvent
from buildwidget.protocol.limits import MAX_LOG_LINES
from buildwidget.store.drafts import draft
from buildwidget.store.store import Store
from tests.bench.event_mix import events
from tests.bench.figures import Figure, Scale, Side
from tests.bench.one_server import running
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import handshake
from tests.store.making import later, started

_LOG_MEGABYTES: Final = 16.0
_SUBSCRIBER_KILOBYTES: Final = 60.0
_LINES: Final = 200
"""Lines of one event, as many as a writer joins."""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Growth of the server's resident memory."""
    return [
        _long_log(scale, directory / "log", scale.of(1_000_000, 10_000)),
        _subscribers(scale, directory / "subscribers", scale.of(300, 20)),
    ]


def _long_log(scale: Scale, directory: Path, lines: int) -> Figure:
    with running(scale, directory) as server:
        client = server.with_token()
        with Store.open(server.database_url) as store:
            short, long = _logging(store, 5 * MAX_LOG_LINES), _logging(store, lines)
        for _ in range(3):  # whatever is loaded and cached once
            _look(client, short, 5 * MAX_LOG_LINES)
        before = _resident(server)
        most = max(_look(client, long, lines) for _ in range(3))
    grown = Side("hydrated, subscribed, paged", max(0.0, (most - before) / 1e6))
    return Figure(
        what=f"server memory for a build with {lines:,} log lines",
        unit="MB",
        ours=grown,
        judged=grown.value,
        judged_as="ours",
        bound=_LOG_MEGABYTES,
        note="Resident memory beyond that of a server that did the same with a short log: GET, a WebSocket's snapshot, "
        "pages of 1,000 lines from the start, the middle and the end, and a search without a hit.",
    )


def _subscribers(scale: Scale, directory: Path, count: int) -> Figure:
    with running(scale, directory) as server, contextlib.ExitStack() as opened:
        client = server.with_token()

        def subscribe(count: int) -> None:
            for _ in range(count):
                opened.callback(_subscribed(client, appender.build_id).shutdown)

        with Store.open(server.database_url) as store:
            appender = started(store, owner=OWNER)
            appender.append([draft(event) for event in events(200)])
        subscribe(20)  # whatever is loaded and cached once
        before = _resident(server)
        subscribe(count)
        grown = Side("one WebSocket, subscribed", max(0.0, (_resident(server) - before) / count / 1e3))
    return Figure(
        what="server memory a subscriber",
        unit="kB",
        ours=grown,
        judged=grown.value,
        judged_as="ours",
        bound=_SUBSCRIBER_KILOBYTES,
        note=f"{count} pages beyond 20 on one running build, each after its snapshot; compression is offered, as by a "
        "browser. All of it is in the figure: Tornado's connection too.",
    )


def _logging(store: Store, lines: int) -> str:
    """A running build with so many lines; its id."""
    appender = started(store, owner=OWNER)
    numbers = iter(range(lines))
    while batch := list(itertools.islice(_log_events(numbers), 50)):
        appender.append([draft(event) for event in batch])
    assert appender.state.log.count == lines
    return appender.build_id


def _log_events(numbers: Iterator[int]) -> Iterator[LogEvent]:
    while part := list(itertools.islice(numbers, _LINES)):
        texts = [f"[{number:07d}] compiling module_{number % 997}.c with all warnings on" for number in part]
        yield LogEvent(at=later(), first=1, lines=[("stdout", text) for text in texts])


def _look(client: Client, build: str, lines: int) -> int:
    """What a page of the build does; the server's resident bytes while the page is there."""
    assert client.get(f"builds/{build}").json()["state"]["log"]["count"] == lines
    subscribed = _subscribed(client, build)
    try:
        pages: tuple[dict[str, Any], ...] = ({"after": 0}, {"after": lines // 2}, {"before": lines}, {})
        for query in pages:
            assert len(client.get(f"builds/{build}/log", limit=1000, **query).json()["lines"]) > 0
        assert client.get(f"builds/{build}/log", after=0, q="no line has this").json()["lines"] == []
        return _resident(client.server)
    finally:
        subscribed.shutdown()  # type: ignore[no-untyped-call] # the library says nothing


def _subscribed(client: Client, build: str) -> websocket.WebSocket:
    """A connection that has got the snapshot of the build and reads no more."""
    offers = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    opened = handshake(client.server, {**client.headers, **offers})
    opened.send(json.dumps({"type": "subscribe", "build": build, "epoch": None, "seq": None}))
    raw = opened.sock
    assert raw is not None
    # The welcome is short; the snapshot, compressed or not, is what comes with more than a packet.
    got = 0
    while got < 2_000:
        got += len(raw.recv(1 << 20))
    raw.settimeout(0.02)
    try:
        while raw.recv(1 << 20):
            pass
    except TimeoutError:
        return opened
    raise AssertionError("the server closed the connection")


def _resident(server: JupyterServer) -> int:
    return int(psutil.Process(server.pid).memory_info().rss)
