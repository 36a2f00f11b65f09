"""A page that follows one build: every batch is checked for gaps and folded, as the front end does it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

import msgspec

from buildwidget.protocol.codec import decode_event, decode_state
from buildwidget.protocol.frames import Cursor
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import State
from tests.server.jupyter_process import Client
from tests.server.page import handshake

PATIENCE: Final = 60.0


class _Frame(msgspec.Struct, tag_field=None):
    type: str
    epoch: str = ""
    seq: int = 0
    state: msgspec.Raw = msgspec.Raw()
    first: int = msgspec.field(default=0, name="from")
    last: int = msgspec.field(default=0, name="to")
    events: list[msgspec.Raw] = []


_decode: Final = msgspec.json.Decoder(_Frame).decode


class Viewer:
    """One WebSocket and one build's state.

    Args:
        client: who it is.
        build: the build's id.
        before: the same page before it went away, whose state and cursor it has.
    """

    def __init__(self, client: Client, build: str, before: Viewer | None = None) -> None:
        self.build = build
        self.cursor: Cursor | None = before.cursor if before else None
        self.snapshots = 0
        self.batches = 0
        self._builder: StateBuilder | None = before._builder if before else None
        self._socket = handshake(client.server, client.headers)
        self.opened_at = time.time()
        epoch, seq = (self.cursor.epoch, self.cursor.seq) if self.cursor else (None, None)
        self._socket.send(json.dumps({"type": "subscribe", "build": build, "epoch": epoch, "seq": seq}))

    @property
    def seq(self) -> int:
        """What it has."""
        return self.cursor.seq if self.cursor else 0

    @property
    def state(self) -> State:
        """What it shows; there must have been a snapshot."""
        assert self._builder is not None
        return self._builder.state()

    def receive(self, timeout: float = PATIENCE) -> None:
        """Takes the next frame; TimeoutError if none comes within so many seconds."""
        self._socket.settimeout(timeout)
        frame = _decode(self._socket.recv())
        assert frame.type != "error", frame
        if frame.type == "snapshot":
            self.snapshots += 1
            self._builder = StateBuilder(decode_state(bytes(frame.state)))
            self.cursor = Cursor(frame.epoch, frame.seq)
        elif frame.type == "batch":
            self._apply(frame)

    def until(self, condition: Callable[[Viewer], bool], timeout: float = PATIENCE) -> float:
        """Takes frames until the condition holds; when that was (seconds since the epoch)."""
        deadline = time.monotonic() + timeout
        while not condition(self):
            assert time.monotonic() < deadline, "what was waited for did not come"
            self.receive()
        return time.time()

    def until_seq(self, seq: int) -> float:
        """Takes frames until it has the event; when that was."""
        return self.until(lambda viewer: viewer.seq >= seq)

    def close(self) -> None:
        """Vanish, as a page does that is closed."""
        self._socket.shutdown()  # type: ignore[no-untyped-call] # the library says nothing

    def _apply(self, frame: _Frame) -> None:
        cursor = self.cursor or Cursor(frame.epoch, frame.first - 1)
        assert (frame.epoch, frame.first) == (cursor.epoch, cursor.seq + 1), "nothing is missing, nothing comes twice"
        assert len(frame.events) == frame.last - frame.first + 1
        assert self._builder is not None, "a page without a state asks for a snapshot"
        for event in frame.events:
            self._builder.apply(decode_event(bytes(event)))
        self.batches += 1
        self.cursor = Cursor(frame.epoch, frame.last)

    def __enter__(self) -> Viewer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
