"""What the hub's tests are made of: builds in a real store, and clients that apply what they are sent."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable
from typing import Any

import msgspec

from buildwidget.hub import Connection, Hub, SinkClosed
from buildwidget.protocol.codec import decode_event, decode_state
from buildwidget.protocol.events import Event, LogEvent, MetaEvent, StatusEvent, TodosEvent
from buildwidget.protocol.frames import Cursor, Subscribe
from buildwidget.protocol.reducer import fold
from buildwidget.protocol.state import State
from buildwidget.store.appender import Appender
from buildwidget.store.ids import new_build_id
from buildwidget.store.process import ProcessIdentity
from buildwidget.store.records import Draft, NewBuild
from buildwidget.store.store import Store

OWNER = "ada"


async def until(condition: Callable[[], Any], *, timeout: float = 10.0, what: str = "") -> None:
    """Let the loop run until the condition holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what or condition}")
        await asyncio.sleep(0.002)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Work:
    """A build with its writer."""

    def __init__(self, store: Store, *, owner: str = OWNER, project: str | None = None) -> None:
        self.id = new_build_id()
        self.store = store
        self._lines = itertools.count(1)
        first: list[Event] = [StatusEvent(at=now_ms(), status="queued")]
        if project is not None:
            first.append(MetaEvent(at=now_ms(), project=project))
        store.create(
            NewBuild(self.id, owner, "command", now_ms(), {}, slotted=False), [Draft(event) for event in first]
        )
        self.appender: Appender = store.claim(self.id, ProcessIdentity.of(os.getpid()))

    @property
    def head(self) -> int:
        return self.appender.head

    def append(self, *events: Event) -> None:
        self.appender.append([Draft(event) for event in events])

    def lines(self, count: int = 1, size: int = 10) -> None:
        """So many events of one line each."""
        self.append(
            *(LogEvent(at=now_ms(), first=next(self._lines), lines=[("stdout", "x" * size)]) for _ in range(count))
        )

    def todos(self) -> None:
        self.append(TodosEvent(at=now_ms(), todos=[]))

    def end(self) -> None:
        self.append(StatusEvent(at=now_ms(), status="succeeded"))


class Client:
    """A sink that applies every frame as a page does; ``taking`` False: its transport takes nothing more."""

    def __init__(self, hub: Hub, **connect: Any) -> None:
        self.frames: list[bytes] = []
        self.seen: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self.cursors: dict[str, Cursor] = {}
        self.states: dict[str, State] = {}
        self.logs: dict[str, list[int]] = {}
        self.wanted: list[str] = []
        self.broken: list[str] = []
        self.dead = False
        self._may_take = asyncio.Event()
        self._may_take.set()
        self.connection: Connection = hub.connect(self, **connect)

    # The sink

    async def send(self, frame: bytes) -> None:
        if self.dead:
            raise SinkClosed
        self.frames.append(frame)
        try:
            self._apply(frame)
        except AssertionError as wrong:
            self.broken.append(str(wrong))
            raise
        await self._may_take.wait()

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    # The page

    def stall(self) -> None:
        self._may_take.clear()

    def go_on(self) -> None:
        self._may_take.set()

    def subscribe(self, build: str, cursor: Cursor | None = None) -> None:
        epoch, seq = (cursor.epoch, cursor.seq) if cursor else (None, None)
        if build not in self.wanted:
            self.wanted.append(build)
        self.connection.handle(Subscribe(build, epoch, seq))

    def forget(self, build: str) -> None:
        """Go on from any cursor, with no state to fold into."""
        self.states.pop(build, None)
        self.cursors.pop(build, None)

    def inherit(self, other: Client) -> None:
        """The same page on a new connection."""
        self.cursors = other.cursors
        self.states = other.states
        self.broken = other.broken

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.seen]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.seen if frame["type"] == kind]

    def seq(self, build: str) -> int:
        return self.cursors[build].seq if build in self.cursors else -1

    def _apply(self, frame: bytes) -> None:
        content = msgspec.json.decode(frame)
        self.seen.append(content)
        if content["type"] == "snapshot":
            raw = msgspec.json.decode(frame, type=_Snapshot)
            self.cursors[content["build"]] = Cursor(content["epoch"], content["seq"])
            self.states[content["build"]] = decode_state(bytes(raw.state))
        elif content["type"] == "batch":
            self._apply_batch(content, msgspec.json.decode(frame, type=_Batch).events)

    def _apply_batch(self, content: dict[str, Any], raw: list[msgspec.Raw]) -> None:
        build = content["build"]
        assert len(raw) == content["to"] - content["from"] + 1
        assert [event["seq"] for event in content["events"]] == list(range(content["from"], content["to"] + 1))
        self.logs.setdefault(build, []).extend(range(content["from"], content["to"] + 1))
        if build not in self.cursors:
            self.cursors[build] = Cursor(content["epoch"], content["from"] - 1)
        cursor = self.cursors[build]
        assert content["epoch"] == cursor.epoch
        assert content["from"] == cursor.seq + 1, "a batch must follow what was sent"
        if build in self.states:
            events = [decode_event(bytes(event)) for event in raw]
            self.states[build] = fold(self.states[build], [event for event in events if event is not None])
        self.cursors[build] = Cursor(cursor.epoch, content["to"])


class _Snapshot(msgspec.Struct):
    state: msgspec.Raw


class _Batch(msgspec.Struct):
    events: list[msgspec.Raw]
