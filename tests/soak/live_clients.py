"""Clients whom the server sends frames: over a WebSocket, and over an event stream."""

from __future__ import annotations

import asyncio
import zlib
from typing import Final
from urllib.parse import urlencode

from tests.soak.client import Client
from tests.soak.frames import Frame, read, write
from tests.soak.wire import Fate, Line, RefusedError, body, chunk, frame, masked, request, upgrade

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_COME_BACK: Final = frozenset({1000, 1001, 1006, 1012, 4100, 4101, 4102})
_AGAIN_AFTER: Final = 0.5
"""Seconds until a build that the server could not read is asked for again."""


class FrameClient(Client):
    """What both do with a frame."""

    def take(self, got: Frame) -> None:
        """Apply one frame after the welcome."""
        replica = self.follows.get(got.build) if got.build is not None else None
        match got.type:
            case "snapshot" if replica is not None:
                replica.snapshot(got.epoch, got.seq, bytes(got.state))
            case "batch" if replica is not None:
                replica.batch(got.epoch, got.first, got.last, got.bodies)
            case "heartbeat":
                for build, head in got.heads.items():
                    if build in self.follows:
                        self.follows[build].heartbeat(head)
            case "deleted" if replica is not None:
                self.told_missing(replica.build)
            case "error":
                self._take_error(got)

    def unavailable(self, build: str) -> None:
        """The server could not read a build, and has ended its subscription."""

    def _take_error(self, got: Frame) -> None:
        self.count(f"error {got.code}")
        if got.code == "not_found" and got.build in self.follows:
            self.told_missing(got.build)
        elif got.code == "unavailable":
            if got.build in self.follows:
                self.unavailable(got.build)
        elif got.code != "not_found":
            self.fault(f"the server sent an error {got.code}: {got.message}")


class WebSocketClient(FrameClient):
    """Subscribes after the welcome, changes its subscriptions now and then, and answers pings."""

    way = "WebSocket"
    _line: Line
    _had: set[str]

    async def converse(self, fate: Fate) -> None:
        """One socket."""
        self._line = line = await Line.open(self.world.port, fate, self.count)
        try:
            deflates = self.rng.random() < 0.5
            head = await request(line, "/buildwidget/ws", upgrade(self.world.headers, deflates=deflates))
            if head.status != 101:
                raise RefusedError(head.status, await body(line, head))
            await self._follow()
        finally:
            line.reset()

    async def _follow(self) -> None:
        welcome = await self._receive()
        if welcome is None:
            return
        if welcome.type != "welcome":
            self.fault(f"the first frame is a {welcome.type}")
        self.welcomed(welcome.history)
        self._had = set()
        for build in list(self.follows):
            self._subscribe(build)
        while (got := await self._receive()) is not None:
            self.take(got)
            if got.type == "heartbeat" and not self.world.calm:
                self._change()

    async def _receive(self) -> Frame | None:
        while True:
            opcode, deflated, payload = await frame(self._line)
            if opcode == _TEXT:
                return read(zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff") if deflated else payload)
            if opcode == _PING:
                self._line.send(masked(_PONG, payload))
            elif opcode == _CLOSE:
                self._closed(int.from_bytes(payload[:2], "big") if payload else 1006)
                return None

    def _closed(self, code: int) -> None:
        self.count(f"close {code}")
        if code not in _COME_BACK:
            self.fault(f"the server closed with {code}")

    def _subscribe(self, build: str, *, again: bool = False) -> None:
        replica = self.follows[build]
        replica.overlaps = again
        cursor = replica.cursor
        place = {} if cursor is None else {"epoch": cursor.epoch, "seq": cursor.seq}
        self._had.add(build)
        self._line.send(masked(_TEXT, write(type="subscribe", build=build, **place)))

    def _change(self) -> None:
        """What a page does while it is open."""
        rng = self.rng
        if self.follows and rng.random() < 0.2:
            self.count("subscribed again")
            self._subscribe(rng.choice(list(self.follows)), again=True)
        before = set(self.follows)
        # Frames of a build that it had on this socket may still be on their way.
        new = self.adopt(but=self._had)
        for build in before - self.follows.keys():
            self._line.send(masked(_TEXT, write(type="unsubscribe", build=build)))
        for build in new:
            self._subscribe(build)
        if rng.random() < 0.05:
            half = masked(_TEXT, write(type="subscribe", build="half a frame"))
            self._line.send(half[: len(half) // 2])
            self._line.reset("cut while sending")

    def unavailable(self, build: str) -> None:
        """Ask for it again on the same socket."""
        line = self._line

        def again() -> None:
            if line is self._line and build in self.follows:
                self._subscribe(build)

        asyncio.get_running_loop().call_later(_AGAIN_AFTER, again)


class StreamClient(FrameClient):
    """Names its cursors in the URL; where the welcome shows another history it comes back without."""

    way = "event stream"

    async def converse(self, fate: Fate) -> None:
        """One response."""
        line = await Line.open(self.world.port, fate, self.count)
        try:
            path, headers = self._question()
            head = await request(line, path, {**self.world.headers, **headers})
            if head.status != 200:
                raise RefusedError(head.status, await body(line, head))
            await self._follow(line)
        finally:
            line.reset()

    def unavailable(self, build: str) -> None:
        """A stream cannot ask again, so a new one does."""
        raise EOFError

    def _question(self) -> tuple[str, dict[str, str]]:
        """The path, and the header of a browser's own EventSource where it can be used."""
        places = {build: replica.cursor for build, replica in self.follows.items()}
        if len(places) == 1 and self.rng.random() < 0.5:
            [(build, cursor)] = places.items()
            seen = {} if cursor is None else {"Last-Event-ID": f"{cursor.epoch}:{cursor.seq}"}
            return f"/buildwidget/api/stream?build={build}", seen
        asked = [
            build if cursor is None else f"{build}:{cursor.epoch}:{cursor.seq}" for build, cursor in places.items()
        ]
        return f"/buildwidget/api/stream?{urlencode([('build', ask) for ask in asked])}", {}

    async def _follow(self, line: Line) -> None:
        rest, id_line, is_first = b"", "", True
        while piece := await chunk(line):
            *rows, rest = (rest + piece).split(b"\n")
            for row in rows:
                if row.startswith(b"id: "):
                    id_line = row[4:].decode()
                elif row.startswith(b"data: "):
                    got = read(row[6:])
                    if is_first and self.welcomed(got.history):
                        return
                    if not is_first:
                        self.take(got)
                        self._check_id(got, id_line)
                    is_first, id_line = False, ""

    def _check_id(self, got: Frame, id_line: str) -> None:
        """With a single build the id of each of its frames is the cursor after it."""
        if id_line and got.type in ("batch", "snapshot") and got.build in self.follows:
            cursor = self.follows[got.build].cursor
            if cursor is not None and id_line != f"{cursor.epoch}:{cursor.seq}":
                self.fault(f"a {got.type} has the id {id_line} at {cursor}")
