"""A WebSocket byte by byte: what was agreed, which frames came in how many bytes; and frames that no library sends."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from tests.server.jupyter_process import Client

TEXT, CONTINUATION, CLOSE = 0x1, 0x0, 0x8
DEFLATE = "permessage-deflate; client_max_window_bits"
"""What Chromium offers."""


@dataclass(frozen=True)
class Frame:
    """One frame as it came; ``deflated``: its RSV1 bit."""

    opcode: int
    final: bool
    deflated: bool
    payload: bytes

    @property
    def content(self) -> bytes:
        """Inflated by itself, whatever came before."""
        return inflate(self.payload) if self.deflated else self.payload


class RawSocket:
    """A WebSocket to ``buildwidget/ws``, or to another path below the base URL.

    ``offer``: extensions. ``receive_buffer``: bytes that the system takes in while nobody reads.
    """

    def __init__(
        self,
        client: Client,
        offer: str | None = None,
        path: str = "buildwidget/ws",
        *,
        receive_buffer: int | None = None,
    ) -> None:
        server = client.server
        self._socket = connected(server.port, receive_buffer)
        headers = {
            "Host": f"127.0.0.1:{server.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **client.headers,
            **({"Sec-WebSocket-Extensions": offer} if offer else {}),
        }
        lines = [f"GET {server.base_url}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.received = 0
        self._buffer = b""
        self.answer = self._read_answer()
        self.received = len(self._buffer)

    @property
    def agreed(self) -> str | None:
        """The extensions the server agreed to."""
        return self.answer.get("sec-websocket-extensions")

    def receive(self) -> Frame:
        """The next frame; EOFError at the end."""
        first, second = self._take(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
        assert not second & 0x80, "a server masks nothing"
        return Frame(first & 0xF, bool(first & 0x80), bool(first & 0x40), self._take(size))

    def message(self) -> bytes:
        """The content of the next text frame."""
        while (frame := self.receive()).opcode != TEXT:
            assert frame.opcode != CLOSE, frame.payload
        return frame.content

    def closed_with(self) -> int:
        """The code of the server's close frame; 1006 if the connection just ended."""
        try:
            while (frame := self.receive()).opcode != CLOSE:
                pass
        except (EOFError, ConnectionError):
            return 1006
        return int.from_bytes(frame.payload[:2], "big")

    def send(self, payload: bytes, *, opcode: int = TEXT, final: bool = True, deflated: bool = False) -> None:
        """One masked frame."""
        mask = os.urandom(4)
        size = len(payload)
        header = bytes([opcode | final << 7 | deflated << 6])
        header += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
        self._socket.sendall(header + mask + _masked(payload, mask))

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> RawSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_answer(self) -> Mapping[str, str]:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        status, *lines = head.decode().split("\r\n")
        assert status.split()[1] == "101", status
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _more(self) -> None:
        data = self._socket.recv(1 << 18)
        if not data:
            raise EOFError
        self.received += len(data)
        self._buffer += data


def connected(port: int, receive_buffer: int | None = None) -> socket.socket:
    """A socket to a server on this machine."""
    line = socket.socket()
    if receive_buffer is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)  # counts only before the connect
    line.settimeout(30)
    line.connect(("127.0.0.1", port))
    return line


def deflate(content: bytes) -> bytes:
    """A message as RFC 7692 wants it, independent of any other."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(content) + compressor.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


def inflate(payload: bytes) -> bytes:
    """What a deflated message holds, with nothing known of the messages before."""
    return zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")


def _masked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    repeated = mask * (size // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:size], "big")).to_bytes(size, "big")
