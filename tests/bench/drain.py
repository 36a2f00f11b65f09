"""Takes what a server sends on many sockets, in a process of its own, so that its work is not the server's.

Its commands:
``{"connect": port, "count": n, "hello": text}``: opens so many sockets and sends the text on each; answers when each
has got something back (with no text: at once).
``{"send": hex}``: sends the bytes on each.
``{"until": text}``: answers when the last thing that each got has the text near its end.
``{"bytes": n}``: answers when each has got so many bytes since the last command ``bytes``.
The answer is the number of bytes each socket has got since then: the fewest and the most.
"""

from __future__ import annotations

import resource
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from tests.bench.child import Child, serve

TAIL: Final = 400
PATIENCE: Final = 30.0


class _Taker:
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._tails: dict[socket.socket, bytes] = {}
        self._sizes: dict[socket.socket, int] = {}
        self._room = bytearray(1 << 18)

    def obey(self, command: dict[str, Any]) -> list[int]:
        if "connect" in command:
            self._connect(command["connect"], command["count"], command["hello"].encode())
        elif "send" in command:
            for connection in self._tails:
                connection.sendall(bytes.fromhex(command["send"]))
        elif "until" in command:
            mark = command["until"].encode()
            self._take(lambda: all(mark in tail for tail in self._tails.values()))
        else:
            self._take(lambda: all(size >= command["bytes"] for size in self._sizes.values()))
            found = [min(self._sizes.values()), max(self._sizes.values())]
            self._sizes = dict.fromkeys(self._sizes, 0)
            return found
        return [min(self._sizes.values()), max(self._sizes.values())]

    def _connect(self, port: int, count: int, hello: bytes) -> None:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(hello)
            self._tails[connection] = b""
            self._sizes[connection] = 0
            self._selector.register(connection, selectors.EVENT_READ)
        if hello:
            self._take(lambda: all(size for size in self._sizes.values()))

    def _take(self, enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not enough():
            if time.monotonic() > deadline:
                sizes = sorted(self._sizes.values())
                raise AssertionError(f"waited {PATIENCE} s; they have got from {sizes[0]} to {sizes[-1]} bytes")
            for key, _ in self._selector.select(0.5):
                self._read(key.fileobj)  # type: ignore[arg-type] # sockets are all there is

    def _read(self, connection: socket.socket) -> None:
        size = connection.recv_into(self._room)
        if not size:
            raise AssertionError("the server closed a connection")
        self._sizes[connection] += size
        self._tails[connection] = self._tails[connection][-TAIL:] + bytes(self._room[max(0, size - TAIL) : size])


class Drain(Child):
    """The process, and what it can be told."""

    def __init__(self) -> None:
        super().__init__("tests.bench.drain")

    def connect(self, port: int, count: int, hello: str = "") -> None:
        """So many more connections to 127.0.0.1."""
        self._tell(connect=port, count=count, hello=hello)

    def send(self, data: bytes) -> None:
        """On every connection."""
        self._tell(send=data.hex())

    def until(self, mark: str) -> tuple[int, int]:
        """Wait until every connection has got the mark last."""
        return self._tell(until=mark)

    def until_bytes(self, size: int) -> tuple[int, int]:
        """Wait until every connection has got so much since the last call."""
        return self._tell(bytes=size)

    def _tell(self, **command: Any) -> tuple[int, int]:
        least, most = self.ask(**command)
        return least, most


def main() -> None:
    """Obey until the end of the input."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    serve(_Taker().obey)


if __name__ == "__main__":
    main()
