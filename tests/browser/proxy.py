"""A proxy as some companies have: it passes no upgrade of our WebSocket, and hands a response on when it is whole.

``python -m tests.browser.proxy <port>`` runs it before a server on that port, in a process of its own; it writes its
own port, and then a line for each stream that it holds back.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

SOCKET_ROUTE = b"/buildwidget/ws"
STREAM_ROUTE = b"/buildwidget/api/stream"


@dataclass
class Proxy:
    port: int
    output: IO[str]

    def wait_until_held_back(self) -> None:
        """Returns when a stream is being held back."""
        assert self.output.readline() == "held back\n"


@contextlib.contextmanager
def proxy_before(upstream: int) -> Iterator[Proxy]:
    """The proxy while the block runs."""
    command = [sys.executable, "-m", "tests.browser.proxy", str(upstream)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Proxy(int(process.stdout.readline()), process.stdout)
        finally:
            process.kill()


async def _run(upstream: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            await _serve(reader, writer, upstream)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: int) -> None:
    """One request; each gets a connection of its own."""
    head = await reader.readuntil(b"\r\n\r\n")
    path = head.split(b" ", 2)[1]
    from_server, to_server = await asyncio.open_connection("127.0.0.1", upstream)
    with contextlib.closing(to_server):
        to_server.write(_rewritten(head, passes_upgrade=SOCKET_ROUTE not in path))
        up = asyncio.ensure_future(_copy(reader, to_server))
        if STREAM_ROUTE in path:
            print("held back", flush=True)
            await from_server.read()  # to its end, which a stream does not have
        else:
            await _copy(from_server, writer)
        up.cancel()


def _rewritten(head: bytes, *, passes_upgrade: bool) -> bytes:
    first, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    is_upgrade = any(field.lower().startswith(b"upgrade:") for field in fields)
    if not (is_upgrade and passes_upgrade):
        fields = [field for field in fields if not field.lower().startswith((b"connection:", b"upgrade:"))]
        fields.append(b"Connection: close")
    return b"\r\n".join([first, *fields]) + b"\r\n\r\n"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
