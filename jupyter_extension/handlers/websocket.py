"""The WebSocket of a page: who may connect, what is asked, how it is pumped. The hub does the rest."""

from __future__ import annotations

import zlib
from asyncio import Future, ensure_future
from collections.abc import Awaitable
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.iostream import IOStream
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from buildwidget.hub import Connection, HubFull, SinkClosed
from buildwidget.protocol import close_codes
from buildwidget.protocol.codec import MalformedError, decode_client_frame, encode_frame
from buildwidget.protocol.frames import ClientFrame, ErrorFrame
from buildwidget.protocol.limits import MAX_CLIENT_FRAME_BYTES
from jupyter_extension.handlers.base import RESOURCE, JsonErrors, is_allowed
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.expiry import may_stay
from jupyter_extension.handlers.framing import AGREED, EXTENSIONS, Framer, agree
from jupyter_extension.handlers.writing import write
from jupyter_extension.services import Services, services_of

_framer = Framer()


class WebSocketSink:
    """The hub's side of a WebSocket; ``deflates``: its client takes deflated frames."""

    def __init__(self, socket: WebSocketHandler, *, deflates: bool) -> None:
        self._socket = socket
        self._deflates = deflates

    def send(self, frame: bytes) -> Awaitable[None] | None:
        """None if the operating system has taken the whole frame; else what is done when it has.

        Written to the stream itself: Tornado's write_message would build the frame anew (and deflate it anew) and
        start a task for each connection, which takes twice the time (or thirty times).
        """
        stream = self._stream()
        if not self._deflates:
            return write(stream, _framer.plain(frame))
        deflated = _framer.deflated(frame)
        return write(stream, deflated) if isinstance(deflated, bytes) else self._send_later(deflated)

    async def _send_later(self, deflated: Awaitable[bytes]) -> None:
        data = await deflated
        written = write(self._stream(), data)  # it may have closed meanwhile
        if written is not None:
            await written

    def _stream(self) -> IOStream:
        connection = self._socket.ws_connection
        if connection is None or connection.stream is None or connection.is_closing():
            raise SinkClosed
        return connection.stream

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; Tornado ends it by itself where the client does not answer."""
        self._socket.close(code, reason)


class BuildWebSocket(JsonErrors, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One page (or script). The order of the bases matters: the other way round Jupyter answers with a redirect."""

    auth_resource = RESOURCE
    # Neither Tornado nor Jupyter pings: their timeouts cannot be what the protocol says.
    ping_interval = 0
    # Up to this a frame is read to be refused with 4500; beyond, Tornado itself closes with 1009.
    max_message_size = 2 * MAX_CLIENT_FRAME_BYTES

    _services: Services
    _connection: Connection | None = None
    _deflates = False
    _stream: IOStream | None = None
    _asking: Future[None] | None = None

    # Who may connect

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The handshake: 403 without a login, for a foreign origin, or where the authorizer says no."""
        if not self.check_origin():  # Tornado would ask too, and answer with a page
            raise ApiError(403, "foreign_origin", "A page of another origin may not ask this server.")
        if not await is_allowed(self, "read"):
            raise ApiError(403, "forbidden", "You are not authorized to read builds on this server.")
        self._services = await services_of(self.settings)
        self._deflates = agree(self.request.headers)
        try:
            await super().get(*args, **kwargs)
        except zlib.error:  # Tornado leaves to us what was deflated wrong
            self.log.debug("a client sent what cannot be inflated")
            if self._stream is not None:
                self._stream.close()

    def get_compression_options(self) -> dict[str, Any] | None:
        """Tornado inflates what comes; what leaves is deflated once for all (``WebSocketSink``)."""
        return {} if self._deflates else None

    def finish(self, chunk: Any = None) -> Future[None]:
        """The answer to the handshake, or an error."""
        if self.get_status() == 101 and self._deflates:
            self.set_header(EXTENSIONS, AGREED)
        return super().finish(chunk)

    def set_default_headers(self) -> None:
        """None: an upgrade is no page."""

    # What is asked

    def open(self, *_: Any, **__: Any) -> None:
        """The page is connected."""
        self.set_nodelay(True)  # small frames leave at once
        self._stream = self.ws_connection.stream if self.ws_connection is not None else None
        hub = self._services.hub
        sink = WebSocketSink(self, deflates=self._deflates)
        try:
            self._connection = hub.connect(sink, server=self._services.server_id, speaks=True, on_beat=self._beat)
        except HubFull as full:
            self._tell(ErrorFrame(code="limit", message=str(full)))
            self.close(close_codes.SHUTTING_DOWN.code, hub.come_back())

    def on_message(self, message: str | bytes) -> None:
        """A frame of the page; one that is none ends the connection."""
        if self._connection is None:
            return
        try:
            frame = _decode(message)
        except MalformedError as error:
            self._tell(ErrorFrame(code="bad_frame", message=str(error)))
            self._connection.end(close_codes.BAD_FRAME)
            return
        if frame is None:  # a type of a later version
            self._connection.heard()
        else:
            self._connection.handle(frame)

    # How it lives and ends

    def on_pong(self, data: bytes) -> None:  # noqa: ARG002 - Tornado's signature
        """A browser answers pings by itself, also while its page is frozen."""
        if self._connection is not None:
            self._connection.heard()

    def on_close(self) -> None:
        """The socket is gone, whoever closed it."""
        if self._asking is not None:
            self._asking.cancel()
        if self._connection is not None:
            self._connection.close()

    def _beat(self) -> None:
        try:
            self.ping()
        except WebSocketClosedError:
            self.on_close()  # Tornado may not have noticed yet
            return
        if self._asking is None or self._asking.done():
            self._asking = ensure_future(self._ask_whether_it_may_stay())

    async def _ask_whether_it_may_stay(self) -> None:
        if not await may_stay(self) and self._connection is not None:
            self._connection.end(close_codes.UNAUTHORIZED)

    def _tell(self, frame: ErrorFrame) -> None:
        try:
            self.write_message(encode_frame(frame))
        except WebSocketClosedError:
            self.log.debug("the client left before it was told %s", frame.code)


def _decode(message: str | bytes) -> ClientFrame | None:
    if isinstance(message, bytes):
        raise MalformedError("frames are text")
    return decode_client_frame(message.encode())
