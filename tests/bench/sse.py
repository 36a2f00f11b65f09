"""The peer of the wire: server-sent events, one for each chunk, as the predecessor (and many a chat page) sent them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable


class EventSource:
    """A server with one client: what is sent to it, counted where it arrives."""

    def __init__(self) -> None:
        self.received = 0
        self.messages = 0
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._client = socket.create_connection(listener.getsockname())
            self._server, _ = listener.accept()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def send(self, event: bytes) -> None:
        """One event."""
        self._server.sendall(b"data: %b\n\n" % event)

    def end(self) -> None:
        """Wait until all has arrived."""
        self._server.close()
        self._reading.join()
        self._client.close()

    def _read(self) -> None:
        got = bytearray()
        while data := self._client.recv(1 << 18):
            got += data
        self.received, self.messages = len(got), got.count(b"\n\n")


def sent(events: Iterable[bytes]) -> EventSource:
    """A stream of these events that has ended."""
    source = EventSource()
    for event in events:
        source.send(event)
    source.end()
    return source
