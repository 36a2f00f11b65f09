"""TCP connections that come to grief as planned, and the little HTTP and WebSocket that is needed on them."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_PIECE: Final = 16 * 1024
_SEGMENT: Final = 1_460
_OPEN_WITHIN: Final = 10.0
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: the close is a reset."""


class RefusedError(OSError):
    """The server answered with another status than was wanted."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body[:200]!r}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Fate:
    """What happens to one connection. Sizes are bytes received, times seconds; None: it does not happen.

    ``cut_after``: reset once so much was received, mostly inside a frame. ``leaves_after``: reset after a time,
    mostly in the middle of silence. ``stalls_after``: stop reading for ``stalls_for``. ``window``: the size of the
    receive buffer; a small one makes the server feel a stall soon.
    """

    cut_after: int | None = None
    leaves_after: float | None = None
    stalls_after: int | None = None
    stalls_for: float = 0.0
    window: int | None = None


class Line:
    """One connection to the server. Reading raises EOFError or OSError when it is over, for whatever reason."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        fate: Fate,
        count: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._fate = fate
        self._count = count
        self._received = 0
        self._stalls_at = fate.stalls_after
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        if fate.leaves_after is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(fate.leaves_after, self.reset, "left")

    @classmethod
    async def open(cls, port: int, fate: Fate, count: Callable[[str], None]) -> Line:
        """Connect to a port of 127.0.0.1; ``count`` is called with the name of each fault."""
        raw = socket.socket()
        try:
            raw.setblocking(False)
            if fate.window is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, fate.window)
                # As on a network; with the segments of a loopback the system takes megabytes for a client that stalls.
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port)), _OPEN_WITHIN)
            reader, writer = await asyncio.open_connection(sock=raw, limit=_PIECE)
        except BaseException:
            raw.close()
            raise
        return cls(reader, writer, fate, count)

    def send(self, data: bytes) -> None:
        """Write; what is sent here is small, so nobody waits until it has left. After the end it does nothing."""
        if not self._writer.transport.is_closing():
            self._writer.write(data)

    async def exactly(self, count: int) -> bytes:
        """The next bytes."""
        while len(self._buffer) < count:
            await self._more()
        return self._take(count)

    async def until(self, mark: bytes) -> bytes:
        """The bytes up to a mark, which is passed over."""
        looked = 0
        while (found := self._buffer.find(mark, looked)) < 0:
            looked = max(0, len(self._buffer) - len(mark))
            await self._more()
        return self._take(found + len(mark))[: -len(mark)]

    async def rest(self) -> bytes:
        """All that comes until the other side ends it."""
        try:
            while True:
                await self._more()
        except EOFError:
            return self._take(len(self._buffer))

    def reset(self, why: str | None = None) -> None:
        """End it with a TCP reset, counted if it has a reason; whatever waits for it gets EOFError."""
        if self._timer is not None:
            self._timer.cancel()
        if self._writer.transport.is_closing():
            return
        if why is not None:
            self._count(why)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _more(self) -> None:
        if self._stalls_at is not None and self._received >= self._stalls_at:
            self._stalls_at = None
            self._count("stalled")
            await asyncio.sleep(self._fate.stalls_for)
        room = _PIECE if self._fate.cut_after is None else min(_PIECE, self._fate.cut_after - self._received)
        if room <= 0:
            self.reset("cut")
            raise EOFError
        data = await self._reader.read(room)
        if not data:
            raise EOFError
        self._received += len(data)
        self._buffer += data


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer; names in lower case."""

    status: int
    headers: Mapping[str, str]


async def request(line: Line, path: str, headers: Mapping[str, str]) -> Head:
    """Send a GET and read the head of its answer."""
    rows = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    line.send(("\r\n".join(rows) + "\r\n\r\n").encode())
    status, *found = (await line.until(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (row.partition(":") for row in found)
    return Head(int(status.split()[1]), {name.lower(): value.strip() for name, _, value in pairs})


async def body(line: Line, head: Head) -> bytes:
    """The whole body of an answer."""
    if head.headers.get("transfer-encoding") == "chunked":
        pieces = []
        while piece := await chunk(line):
            pieces.append(piece)
        return b"".join(pieces)
    if "content-length" in head.headers:
        return await line.exactly(int(head.headers["content-length"]))
    return await line.rest()


async def chunk(line: Line) -> bytes:
    """The next piece of a chunked body; empty at its end."""
    size = int(await line.until(b"\r\n"), 16)
    return (await line.exactly(size + 2))[:-2]


def upgrade(host: Mapping[str, str], *, deflates: bool) -> dict[str, str]:
    """The headers of a WebSocket's handshake."""
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"} if deflates else {}
    return {
        **host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **offer,
    }


async def frame(line: Line) -> tuple[int, bool, bytes]:
    """The next WebSocket frame: its opcode, whether it is deflated, its payload."""
    first, second = await line.exactly(2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(await line.exactly(2 if size == 126 else 8), "big")
    assert first & 0x80, "the server sends whole messages"
    assert not second & 0x80, "a server masks nothing"
    return first & 0xF, bool(first & 0x40), await line.exactly(size)


def masked(opcode: int, payload: bytes) -> bytes:
    """A WebSocket frame of a client; the mask of zeros changes nothing, which spares the work."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload
