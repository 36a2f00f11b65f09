"""What a page does with its connection, as a script: frames in, frames out, a cursor and a log per build."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import websocket

from tests.server.jupyter_process import Client, JupyterServer


def handshake(server: JupyterServer, headers: Mapping[str, str] | None = None, query: str = "") -> websocket.WebSocket:
    """A raw WebSocket; WebSocketBadStatusException if it is refused. Sends no Origin unless it is in the headers."""
    given = dict(headers or {})
    origin = given.pop("Origin", None)
    return websocket.create_connection(
        server.websocket_url + query,
        header=given,
        origin=origin,
        suppress_origin=origin is None,
        timeout=10,
    )


class Page:
    """A WebSocket of a page that follows builds, and checks that no event is missing or comes twice."""

    def __init__(self, client: Client, cursors: dict[str, tuple[str, int]] | None = None) -> None:
        self.socket = handshake(client.server, client.headers)
        self.frames: list[dict[str, Any]] = []
        self.cursors = cursors if cursors is not None else {}
        self.logs: dict[str, list[dict[str, Any]]] = {}

    def send(self, type: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": type, **fields}))

    def subscribe(self, build: str, *, resume: bool = False) -> None:
        epoch, seq = self.cursors.get(build, (None, None)) if resume else (None, None)
        self.send("subscribe", build=build, epoch=epoch, seq=seq)

    def receive(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(self.socket.recv())
        self.frames.append(frame)
        if frame["type"] == "snapshot":
            self.cursors[frame["build"]] = (frame["epoch"], frame["seq"])
        elif frame["type"] == "batch":
            self._apply(frame)
        return frame

    def until(self, condition: Callable[[dict[str, Any]], Any], *, timeout: float = 15) -> dict[str, Any]:
        """The first frame of which the condition holds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            frame = self.receive()
            if condition(frame):
                return frame
        raise AssertionError(f"not among {self.types()}")

    def until_seq(self, build: str, seq: int) -> None:
        while self.cursors.get(build, ("", -1))[1] < seq:
            self.receive()

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    def closed_with(self) -> tuple[int, str]:
        """The code and the reason of the server's close frame, after whatever comes before it."""
        while True:
            opcode, data = self.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big"), data[2:].decode()

    def close(self) -> None:
        """Vanish, as a page does that is closed."""
        self.socket.shutdown()  # type: ignore[no-untyped-call] # the library says nothing

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _apply(self, frame: dict[str, Any]) -> None:
        build = frame["build"]
        epoch, seq = self.cursors.get(build, (frame["epoch"], frame["from"] - 1))
        assert (frame["epoch"], frame["from"]) == (epoch, seq + 1)
        assert [event["seq"] for event in frame["events"]] == list(range(frame["from"], frame["to"] + 1))
        self.logs.setdefault(build, []).extend(frame["events"])
        self.cursors[build] = (epoch, frame["to"])


class Stream:
    """An event stream, read line by line."""

    def __init__(self, client: Client, query: str, headers: Mapping[str, str] | None = None) -> None:
        self.ids: list[str] = []
        self.comments = 0
        self.frames: list[dict[str, Any]] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=10)
        target = f"{client.server.base_url}buildwidget/api/stream?{query}"
        self._connection.request("GET", target, headers={**client.headers, **(headers or {})})
        self.response = self._connection.getresponse()

    def receive(self) -> dict[str, Any] | None:
        """The next frame; None at the end."""
        while line := self.response.readline().decode():
            if line.startswith("id: "):
                self.ids.append(line[4:].strip())
            elif line.startswith(":"):
                self.comments += 1
            elif line.startswith("data: "):
                frame: dict[str, Any] = json.loads(line[6:])
                self.frames.append(frame)
                return frame
        return None

    def until(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first frame of which the condition holds."""
        while (frame := self.receive()) is not None:
            if condition(frame):
                return frame
        raise AssertionError(f"the stream ended after {self.frames}")

    def rest(self) -> str:
        """What comes before the end of the response."""
        return self.response.read().decode().strip()

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
