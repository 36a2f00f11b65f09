"""Clients that leave in the middle of a frame, or are closed because they do not read: the server's log stays clean."""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from buildwidget.store.store import Store
from tests.server.jupyter_process import Client, JupyterServer
from tests.server.raw_socket import DEFLATE, RawSocket, connected
from tests.server.stored import StoredBuild
from tests.waiting import wait_until

BUILDS = 40
RECEIVE_BUFFER = 4_096
CLIENTS = 10
REPLIES = 300
"""More than a server keeps for a client that does not read (``max_queued_replies``)."""


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server that waits but half a second for a client that does not read."""
    config = {"BuildwidgetApp": {"write_timeout_ms": 500, "heartbeat_ms": 1000, "comment_seconds": 0.2}}
    server = JupyterServer(tmp_path_factory.mktemp("server"), config=config).start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def builds(slow_server: JupyterServer) -> Iterator[list[str]]:
    """Builds whose snapshots together are more than any socket's buffer."""
    with Store.open(slow_server.database_url) as store:
        yield [big_build(store) for _ in range(BUILDS)]


def big_build(store: Store) -> str:
    """A build whose snapshot has 256 KiB, which do not deflate to less than half."""
    return StoredBuild(store).log(*(secrets.token_hex(2_000) for _ in range(70))).id


def a_page(client: Client, builds: list[str], offer: str | None) -> socket.socket:
    page = RawSocket(client, offer, receive_buffer=RECEIVE_BUFFER)
    for build in builds:
        page.send(b'{"type":"subscribe","build":"%b"}' % build.encode())
    return page._socket


def a_stream(client: Client, builds: list[str], _offer: str | None) -> socket.socket:
    line = connected(client.server.port, RECEIVE_BUFFER)
    query = "&".join(f"build={build}" for build in builds)
    request = [f"GET {client.server.base_url}buildwidget/api/stream?{query} HTTP/1.1", "Host: 127.0.0.1"]
    request += [f"{name}: {value}" for name, value in client.headers.items()]
    line.sendall(("\r\n".join(request) + "\r\n\r\n").encode())
    assert line.recv(15) == b"HTTP/1.1 200 OK"
    return line


def does_not_read(line: socket.socket) -> None:
    line.setblocking(False)


def asks_and_does_not_read(line: socket.socket) -> None:
    masked_ping = b'{"type":"ping","n":1}'
    for _ in range(REPLIES):
        line.sendall(bytes([0x81, 0x80 | len(masked_ping)]) + b"\0\0\0\0" + masked_ping)


def leaves(line: socket.socket) -> None:
    line.close()


def resets(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


@pytest.mark.parametrize("end", [does_not_read, asks_and_does_not_read, leaves, resets])
@pytest.mark.parametrize(
    ("connect", "offer"),
    [(a_page, None), (a_page, DEFLATE), (a_stream, None)],
    ids=["plain", "deflated", "stream"],
)
def test_no_end_of_a_client_is_a_traceback(
    slow_server: JupyterServer,
    builds: list[str],
    connect: Callable[[Client, list[str], str | None], socket.socket],
    offer: str | None,
    end: Callable[[socket.socket], None],
) -> None:
    if connect is a_stream and end is asks_and_does_not_read:
        return  # a stream cannot ask
    client, before = slow_server.with_token(), len(slow_server.log)
    lines = [connect(client, builds, offer) for _ in range(CLIENTS)]
    try:
        wait_until(lambda: client.get("status").json()["connections"] == CLIENTS, what="all clients")
        for line in lines:
            end(line)
        wait_until(lambda: client.get("status").json()["connections"] == 0, timeout=20, what="their ends")
    finally:
        for line in lines:
            line.close()
    said = slow_server.log[before:]
    assert "Traceback" not in said, said[-3000:]
    assert "Exception" not in said, said[-3000:]


def test_a_server_that_stops_while_clients_do_not_read_says_nothing(
    start_server: Callable[..., JupyterServer], tmp_path: Path
) -> None:
    server = start_server(config={"BuildwidgetApp": {"shutdown_seconds": 1}})
    with Store.open(server.database_url) as store:
        builds = [big_build(store) for _ in range(BUILDS)]
    client = server.with_token()
    lines = [a_page(client, builds, None), a_stream(client, builds, None)]
    try:
        wait_until(lambda: client.get("status").json()["connections"] == 2, what="both clients")
        server.stop()
    finally:
        for line in lines:
            line.close()
    assert "Traceback" not in server.log, server.log[-3000:]
