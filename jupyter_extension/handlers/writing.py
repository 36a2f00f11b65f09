"""Writing to a connection's stream; without a future where the operating system takes all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from tornado.iostream import IOStream, SSLIOStream, StreamClosedError

from buildwidget.hub import SinkClosed


def write(stream: IOStream, data: bytes) -> Awaitable[None] | None:
    """None if the operating system has taken all of it; else what is done when it has.

    Tornado's own ``write`` makes a future and two callbacks for each message, which takes longer than to send one.

    Raises:
        SinkClosed: the connection is gone; perhaps only when awaited.
    """
    try:
        # What TLS began to send must go on as it began, which only Tornado knows.
        at_once = not (stream.closed() or stream.writing() or isinstance(stream, SSLIOStream))
        sent = stream.write_to_fd(data) if at_once else 0  # type: ignore[arg-type] # a socket takes bytes too
    except OSError:
        sent = 0  # full, or broken: Tornado runs into the same, and knows what to do
    if sent == len(data):
        return None
    try:
        # At once: a ping must not come into the middle of a frame.
        return _taken(stream.write(memoryview(data)[sent:]))
    except StreamClosedError:
        raise SinkClosed from None


async def _taken(written: Awaitable[None]) -> None:
    try:
        # Who waits may be cancelled; Tornado's own future may not be: its callback would fail, with a traceback.
        await asyncio.shield(written)
    except StreamClosedError:
        raise SinkClosed from None
