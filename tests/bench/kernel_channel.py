"""A page's channel to a kernel, through a real Jupyter server: what a notebook has without us.

The messages travel as JupyterLab 4 sends them (``v1.kernel.websocket.jupyter.org``), and the server's limits of what a
kernel may publish are its defaults.
"""

from __future__ import annotations

import ast
import itertools
import json
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

import websocket

from tests.server.jupyter_process import JupyterServer

SUBPROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
PATIENCE: Final = 60.0
"""Seconds within which a kernel answers."""

QUICKACK: Final = getattr(socket, "TCP_QUICKACK", None)
"""The server leaves Nagle's algorithm on for this channel: of several small messages the second waits until the first
is acknowledged, up to 40 ms. That would hide what is measured, so they are acknowledged at once (on Linux)."""


@dataclass(frozen=True)
class Message:
    """What came from a kernel.

    Attributes:
        channel: ``shell``, ``iopub`` or ``control``.
        kind: its type, e.g. ``stream``.
        parent: the id of the request it belongs to.
        content: its content.
        at: seconds since the epoch when it was here.
        size: bytes of the WebSocket message.
    """

    channel: str
    kind: str
    parent: str
    content: dict[str, Any]
    at: float
    size: int


class Channel:
    """One WebSocket to a kernel, as a page has it; another session id is another page (or the same one reloaded)."""

    def __init__(self, server: JupyterServer, kernel: str, session: str | None = None) -> None:
        self.session = session or uuid.uuid4().hex
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}{server.base_url}api/kernels/{kernel}/channels?session_id={self.session}",
            header={"Authorization": f"token {server.token}"},
            subprotocols=[SUBPROTOCOL],
            suppress_origin=True,
            timeout=PATIENCE,
        )
        assert self._socket.getsubprotocol() == SUBPROTOCOL

    def request(self, kind: str, content: dict[str, Any]) -> str:
        """Asks on the shell channel; the request's id."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self.session,
            "username": "",
            "date": "",
            "version": "5.4",
        }
        parts = [b"shell", *(json.dumps(part).encode() for part in (header, {}, {}, content))]
        self._socket.send_binary(_joined(parts))
        return str(header["msg_id"])

    def execute(self, code: str, **expressions: str) -> str:
        """Runs code; what the expressions are worth then, stands in the reply."""
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        return self.request("execute_request", {**content, "user_expressions": expressions})

    def receive(self, timeout: float = PATIENCE) -> Message | None:
        """The next message; None if none comes within so many seconds."""
        self._socket.settimeout(timeout)
        if QUICKACK is not None and self._socket.sock is not None:
            self._socket.sock.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)  # it does not stay set
        try:
            data = self._socket.recv()
        except websocket.WebSocketTimeoutException:
            return None
        assert isinstance(data, bytes), data
        at = time.time()
        channel, header, parent, _, content, *_ = _parts(data)
        return Message(
            channel=channel.decode(),
            kind=json.loads(header)["msg_type"],
            parent=json.loads(parent).get("msg_id", ""),
            content=json.loads(content),
            at=at,
            size=len(data),
        )

    def messages(self, quiet: float) -> Iterator[Message]:
        """What comes, until nothing comes for so many seconds."""
        while (message := self.receive(quiet)) is not None:
            yield message

    def reply(self, request: str, heard: Callable[[Message], object] = lambda _: None) -> dict[str, Any]:
        """The content of a request's reply; ``heard`` gets every message before it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.receive()
            assert message is not None, "the kernel does not answer"
            if message.channel == "shell" and message.parent == request:
                assert message.content["status"] == "ok", message.content
                return message.content
            heard(message)
        raise AssertionError("the kernel does not answer")

    def run(self, code: str, **expressions: str) -> dict[str, Any]:
        """Runs code to its end; what the expressions are worth then."""
        return values(self.reply(self.execute(code, **expressions)))

    def close(self) -> None:
        """Vanish, as a page does that is closed."""
        self._socket.shutdown()  # type: ignore[no-untyped-call] # the library says nothing

    def __enter__(self) -> Channel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def kernel(server: JupyterServer) -> Iterator[str]:
    """A kernel of the server, ready; its id. Ends with the block."""
    client = server.with_token()
    answer = client.post("/api/kernels", {"name": "python3"})
    assert answer.status == 201, answer.body
    identity = str(answer.json()["id"])
    try:
        with Channel(server, identity) as channel:
            channel.run("pass")
        yield identity
    finally:
        client.delete(f"/api/kernels/{identity}")


def values(reply: dict[str, Any]) -> dict[str, Any]:
    """What the expressions of a request are worth, from its reply: numbers and texts."""
    found = reply["user_expressions"]
    assert all(each["status"] == "ok" for each in found.values()), found
    return {name: ast.literal_eval(each["data"]["text/plain"]) for name, each in found.items()}


def _joined(parts: list[bytes]) -> bytes:
    offsets = [8 * (2 + len(parts))]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join([number.to_bytes(8, "little") for number in (len(offsets), *offsets)] + parts)


def _parts(data: bytes) -> list[bytes]:
    count = int.from_bytes(data[:8], "little")
    offsets = [int.from_bytes(data[8 * place : 8 * place + 8], "little") for place in range(1, count + 1)]
    return [data[start:end] for start, end in itertools.pairwise(offsets)]
