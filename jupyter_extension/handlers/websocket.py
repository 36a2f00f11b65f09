"""The WebSocket of a page: who may connect, what is asked, how it is pumped. The hub does the rest."""

from __future__ import annotations

import struct
from typing import Any, Final

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.ioloop import PeriodicCallback
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from buildwidget.hub import Connection, HubFull, SinkClosed
from buildwidget.protocol import close_codes
from buildwidget.protocol.codec import MalformedError, decode_client_frame, encode_frame
from buildwidget.protocol.frames import ClientFrame, ErrorFrame
from buildwidget.protocol.limits import MAX_CLIENT_FRAME_BYTES
from jupyter_extension.handlers.base import RESOURCE, JsonErrors, is_allowed
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.services import Services, services_of

_FINAL_TEXT: Final = 0x81
"""The first byte of a text message in one frame."""


class Framer:
    """Text frames as they stand on the wire (RFC 6455, 5.2), the last one kept: many connections send the same in turn.

    A server's frames are not masked and we negotiate no compression, so a message looks the same on every connection.
    """

    def __init__(self) -> None:
        self._message = b""
        self._framed = _framed(b"")

    def framed(self, message: bytes) -> bytes:
        """The message with its header; the same bytes object for the same message object."""
        if message is not self._message:
            self._message, self._framed = message, _framed(message)
        return self._framed


def _framed(message: bytes) -> bytes:
    size = len(message)
    if size < 126:
        return struct.pack("!BB", _FINAL_TEXT, size) + message
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + message
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + message


_framer = Framer()


class WebSocketSink:
    """The hub's side of a WebSocket."""

    def __init__(self, socket: WebSocketHandler) -> None:
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        """Returns when the operating system has taken the whole frame.

        Written to the stream itself: Tornado's write_message would build the frame anew and start a task for each
        connection, which takes twice the time.
        """
        connection = self._socket.ws_connection
        if connection is None or connection.stream is None or connection.is_closing():
            raise SinkClosed
        try:
            await connection.stream.write(_framer.framed(frame))
        except StreamClosedError:
            raise SinkClosed from None

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
    _pings: PeriodicCallback | None = None

    # Who may connect

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The handshake: 403 without a login, for a foreign origin, or where the authorizer says no."""
        if not self.check_origin():  # Tornado would ask too, and answer with a page
            raise ApiError(403, "foreign_origin", "A page of another origin may not ask this server.")
        if not await is_allowed(self, "read"):
            raise ApiError(403, "forbidden", "You are not authorized to read builds on this server.")
        self._services = await services_of(self.settings)
        await super().get(*args, **kwargs)

    def skip_check_origin(self) -> bool:
        """A token in the header lets scripts in from anywhere, as everywhere in Jupyter; one in the URL does not.

        URLs leak (history, logs, links), and a page of a foreign origin could open one.
        """
        return not self.get_query_arguments("token") and super().skip_check_origin()

    def set_default_headers(self) -> None:
        """None: an upgrade is no page."""

    # What is asked

    def open(self, *_: Any, **__: Any) -> None:
        """The page is connected."""
        self.set_nodelay(True)  # small frames leave at once
        hub = self._services.hub
        try:
            self._connection = hub.connect(WebSocketSink(self), server=self._services.server_id, speaks=True)
        except HubFull as full:
            self._tell(ErrorFrame(code="limit", message=str(full)))
            self.close(close_codes.SHUTTING_DOWN.code, hub.come_back())
            return
        self._pings = PeriodicCallback(self._ping, hub.settings.heartbeat_ms)
        self._pings.start()

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
        if self._pings is not None:
            self._pings.stop()
        if self._connection is not None:
            self._connection.close()

    def _ping(self) -> None:
        try:
            self.ping()
        except WebSocketClosedError:
            self.on_close()  # Tornado may not have noticed yet

    def _tell(self, frame: ErrorFrame) -> None:
        try:
            self.write_message(encode_frame(frame))
        except WebSocketClosedError:
            self.log.debug("the client left before it was told %s", frame.code)


def _decode(message: str | bytes) -> ClientFrame | None:
    if isinstance(message, bytes):
        raise MalformedError("frames are text")
    return decode_client_frame(message.encode())
