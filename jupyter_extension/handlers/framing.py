"""Messages as WebSocket frames, plain or deflated (RFC 6455, RFC 7692): made once for all connections that get them.

A server's frames are not masked, so a plain message looks the same on every connection. A deflated one does too where
no message refers to the one before (``server_no_context_takeover``): that is the only form we agree to, and it also
spares each connection the 155 kB of a compressor of its own.
"""

from __future__ import annotations

import asyncio
import re
import struct
import zlib
from collections import OrderedDict
from typing import Final

from tornado.httputil import HTTPHeaders

EXTENSIONS: Final = "Sec-WebSocket-Extensions"
AGREED: Final = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
"""What is answered to every offer that allows it."""

SMALL: Final = 160
"""Messages below so many bytes leave as they are: a packet is a packet."""
LARGE: Final = 96 * 1024
"""Messages above so many bytes are deflated in a thread; the largest batch is below. 1 ms on the loop at most."""
LEVEL: Final = 4
"""The cheapest level that looks for the better match: 0.24 of a 64 kB batch in 0.7 ms; 6 takes twice that for 0.23."""

_OFFER: Final = re.compile(
    r"permessage-deflate(\s*;\s*((server|client)_no_context_takeover|client_max_window_bits(\s*=\s*\"?\d+\"?)?))*"
)
"""An offer that leaves the server its whole window; what a client says of its own may go unanswered: any is read."""

_TEXT: Final = 0x81
"""The first byte of a text message in one frame."""
_DEFLATED_TEXT: Final = 0xC1
_SYNC_MARK: Final = b"\x00\x00\xff\xff"


class Framer:
    """Frames, each kept while others may want the same one.

    Args:
        kept_bytes: of deflated frames and the messages they were made of, the newest are kept up to this size.
            Many connections send the same message in turn, and each of them perhaps those of several builds.
    """

    def __init__(self, kept_bytes: int = 1024 * 1024) -> None:
        self._kept_bytes = kept_bytes
        self._message = b""
        self._frame = _frame(_TEXT, b"")
        self._size = 0
        # By identity, which costs no hash of a long message; the message is held, so its id stays its own.
        self._deflated: OrderedDict[int, tuple[bytes, bytes]] = OrderedDict()
        self._under_way: dict[int, asyncio.Future[bytes]] = {}

    def plain(self, message: bytes) -> bytes:
        """The message as it is; the same bytes object for the same message object."""
        if message is not self._message:
            self._message, self._frame = message, _frame(_TEXT, message)
        return self._frame

    def deflated(self, message: bytes) -> bytes | asyncio.Future[bytes]:
        """The message deflated, where that makes it shorter; as a future where it takes long."""
        if len(message) < SMALL:
            return self.plain(message)
        kept = self._deflated.get(id(message))
        if kept is not None:
            self._deflated.move_to_end(id(message))
            return kept[1]
        if len(message) <= LARGE:
            return self._keep(message, deflate(message))
        return self._deflate_in_thread(message)

    def _deflate_in_thread(self, message: bytes) -> asyncio.Future[bytes]:
        work = self._under_way.get(id(message))
        if work is None:

            def done(frame: asyncio.Future[bytes]) -> None:
                del self._under_way[id(message)]
                if not frame.cancelled() and frame.exception() is None:
                    self._keep(message, frame.result())

            work = asyncio.get_running_loop().run_in_executor(None, deflate, message)
            self._under_way[id(message)] = work
            work.add_done_callback(done)
        # Whoever leaves must not take it from the others.
        return asyncio.shield(work)

    def _keep(self, message: bytes, frame: bytes) -> bytes:
        self._deflated[id(message)] = (message, frame)
        self._size += len(message) + len(frame)
        while self._size > self._kept_bytes and len(self._deflated) > 1:
            _, (old, old_frame) = self._deflated.popitem(last=False)
            self._size -= len(old) + len(old_frame)
        return frame


def agree(headers: HTTPHeaders) -> bool:
    """Whether the client of a handshake takes deflated frames; the answer to it is ``AGREED``.

    Leaves in the headers what makes Tornado, which inflates what clients send, do so for each message on its own (it
    would keep 40 kB per connection), or nothing: Tornado would agree to what we cannot keep.
    """
    accepted = any(_OFFER.fullmatch(offer.strip()) for offer in headers.get(EXTENSIONS, "").split(","))
    headers.pop(EXTENSIONS, None)
    if accepted:
        # It overlooks parameters without a value, here and in its answer.
        headers[EXTENSIONS] = AGREED.replace("takeover", "takeover=1")
    return accepted


def deflate(message: bytes) -> bytes:
    """The message as one frame, deflated on its own; plain where that is no longer."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    content = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
    content = content.removesuffix(_SYNC_MARK)
    return _frame(_DEFLATED_TEXT, content) if len(content) < len(message) else _frame(_TEXT, message)


def _frame(first_byte: int, content: bytes) -> bytes:
    size = len(content)
    if size < 126:
        return struct.pack("!BB", first_byte, size) + content
    if size < 1 << 16:
        return struct.pack("!BBH", first_byte, 126, size) + content
    return struct.pack("!BBQ", first_byte, 127, size) + content
