"""The frames of the hub as server-sent events, for pages whose WebSocket cannot be opened."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from tornado.iostream import StreamClosedError

from buildwidget.hub import Connection, HubFull, SinkClosed
from buildwidget.protocol import close_codes
from buildwidget.protocol.frames import Subscribe, Watch
from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.expiry import may_stay
from jupyter_extension.handlers.writing import done

LAST_EVENT_ID: Final = "Last-Event-ID"


class _RetryHint(msgspec.Struct):
    retry_ms: int


class StreamSink:
    """The hub's side of an event stream. One write at a time: the frames' or a comment."""

    def __init__(self, handler: StreamHandler, only_build: str | None) -> None:
        self.connection: Connection | None = None
        self._handler = handler
        self._only_build = only_build
        self._writing = asyncio.Lock()
        self._closed = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        """Returns when the operating system has taken the frame. JSON has no line breaks, so one line holds it."""
        await self._write(b"%bdata: %b\n\n" % (self._id_line(), frame))

    def close(self, code: int, reason: str) -> None:
        """End the response; a client that does not read is cut off."""
        if self._closed.is_set():
            return
        self._closed.set()
        if code == close_codes.SHUTTING_DOWN.code:
            self._handler.write(b"retry: %d\n\n" % msgspec.json.decode(reason, type=_RetryHint).retry_ms)
        else:
            self._handler.request.connection.stream.close()  # type: ignore[union-attr] # set while a request runs

    def gone(self) -> None:
        """The client has left."""
        self._closed.set()

    async def comment_until_closed(self, seconds: float) -> None:
        """Keep proxies from taking the silence for an end, and notice clients that are gone or logged out."""
        while not self._closed.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._closed.wait(), seconds)
                return
            if not await may_stay(self._handler):
                return  # who comes back is refused
            if not self._writing.locked():
                with contextlib.suppress(SinkClosed):
                    await self._write(b": still here\n\n")

    async def _write(self, data: bytes) -> None:
        async with self._writing:
            if self._closed.is_set():
                raise SinkClosed
            self._handler.write(data)
            try:
                await done(self._handler.flush())
            except StreamClosedError:
                self._closed.set()
                raise SinkClosed from None

    def _id_line(self) -> bytes:
        if self._only_build is None or self.connection is None:
            return b""
        cursor = self.connection.cursor(self._only_build)
        return b"id: %b:%d\n" % (cursor.epoch.encode(), cursor.seq) if cursor is not None else b""


class StreamHandler(RestHandler):
    """``GET stream?build=id:epoch:seq&build=id&watch=1&project=name``: all of it on one response."""

    _sink: StreamSink | None = None

    @allowed("read")
    async def get(self) -> None:
        """Frames until the client leaves or the server stops."""
        builds, watch = self._asked()
        services = await self.services()
        sink = self._sink = StreamSink(self, builds[0].build if len(builds) == 1 and watch is None else None)
        try:
            connection = sink.connection = services.hub.connect(sink, server=services.server_id)
        except HubFull as full:
            raise ApiError(503, "limit", str(full)) from full
        try:
            self._start_response()
            for build in builds:
                connection.handle(build)
            if watch is not None:
                connection.handle(watch)
            await sink.comment_until_closed(services.config.comment_seconds)
        finally:
            sink.gone()
            connection.close()

    def on_connection_close(self) -> None:
        """The client has left."""
        if self._sink is not None:
            self._sink.gone()
        super().on_connection_close()

    def _start_response(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")  # a proxy must not collect frames

    def _asked(self) -> tuple[Sequence[Subscribe], Watch | None]:
        builds = [_subscribe(value) for value in self.get_query_arguments("build")]
        watch = Watch(self.get_query_argument("project", None)) if self.get_query_argument("watch", "") == "1" else None
        if not builds and watch is None:
            raise ApiError(400, "bad_request", "Ask for builds (build=id:epoch:seq) or for the list (watch=1).")
        seen = self.request.headers.get(LAST_EVENT_ID)
        if seen and len(builds) == 1:
            builds = [_subscribe(f"{builds[0].build}:{seen}", LAST_EVENT_ID)]
        return builds, watch


def _subscribe(value: str, field: str = "build") -> Subscribe:
    """``id``, or ``id:epoch:seq``."""
    build, *cursor = value.split(":", 3)
    if build and not cursor:
        return Subscribe(build)
    if build and len(cursor) == 2 and cursor[0] and re.fullmatch(r"[0-9]{1,16}", cursor[1]):
        seq = int(cursor[1])
        if seq <= MAX_SAFE_INTEGER:
            return Subscribe(build, cursor[0], seq)
    raise ApiError(400, "bad_request", f"{field} must be id or id:epoch:seq, not {value[:100]!r}.", field=field)
