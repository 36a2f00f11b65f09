"""A real Jupyter server that can be asked from inside (``probe``), and raw WebSockets to it."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.server.jupyter_process import OTHER_EXTENSIONS, JupyterServer


@dataclass(frozen=True)
class Told:
    """What the server's process tells.

    Attributes:
        cpu: seconds of processor time since its start, all threads.
        late: how late its loop was, seconds, once per look.
        queries: statements on the builds database since its start, whoever made them.
    """

    cpu: float
    late: list[float]
    queries: int


class ProbedServer:
    """A server with the probe, with or without our extension; a context manager."""

    def __init__(self, directory: Path, *, ours: bool = True, **settings: Any) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        extensions = {"tests.bench.probe": True, "jupyter_extension": ours, **dict.fromkeys(OTHER_EXTENSIONS, False)}
        self.server = JupyterServer(
            directory,
            config={"ServerApp": {"jpserver_extensions": extensions}, "BuildwidgetApp": settings},
        )
        self._ours = ours

    def __enter__(self) -> ProbedServer:
        self.server.start(until="status" if self._ours else "/api/status")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def probe(self, late: str = "") -> Told:
        """Ask; ``late`` start or stop also starts or stops looking at the loop's lateness."""
        answer = self.server.with_token().get("/bench/probe", late=late)
        assert answer.status == 200, answer.body
        return Told(**json.loads(answer.body))

    def hello(self) -> str:
        """What opens a WebSocket, as text on a new connection."""
        return hello(self.server)


def hello(server: JupyterServer) -> str:
    """What opens a WebSocket to a server, as text on a new connection."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    lines = [
        f"GET {server.base_url}buildwidget/ws HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: token {server.token}",
    ]
    return "\r\n".join([*lines, "", ""])


def client_frame(**fields: Any) -> bytes:
    """A frame of our protocol as a client sends it on the wire: masked."""
    content = json.dumps(fields).encode()
    assert len(content) < 1 << 16
    mask = os.urandom(4)
    size = bytes([0x80 | len(content)]) if len(content) < 126 else bytes([0xFE]) + len(content).to_bytes(2, "big")
    return b"\x81" + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(content))
