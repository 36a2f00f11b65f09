"""Writes to a client that does not take them."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tornado.iostream import IOStream

from buildwidget.hub import SinkClosed
from jupyter_extension.handlers.writing import write

MORE_THAN_THE_SYSTEM_TAKES = b"x" * 16 * 1024 * 1024


async def test_a_write_that_is_given_up_makes_no_noise_when_the_connection_ends() -> None:
    """A slow client is closed in the middle of one."""
    noise: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: noise.append(context))
    ours, theirs = socket.socketpair()
    with theirs:
        stream = IOStream(ours)
        written = write(stream, MORE_THAN_THE_SYSTEM_TAKES)
        assert written is not None
        waiting = asyncio.ensure_future(written)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        stream.close()
        for _ in range(3):
            await asyncio.sleep(0)  # callbacks of callbacks
    assert noise == []


async def test_a_write_to_a_client_that_vanished_says_so() -> None:
    ours, theirs = socket.socketpair()
    stream = IOStream(ours)
    written = write(stream, MORE_THAN_THE_SYSTEM_TAKES)
    assert written is not None
    theirs.close()
    with pytest.raises(SinkClosed):
        await written
    stream.close()
