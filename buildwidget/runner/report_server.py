"""The runner's end of the report socket: every process of the build connects and tells how it is going."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from buildwidget.reporting.messages import MAX_FRAME_BYTES, Message, Sync, decode_messages
from buildwidget.runner.socket_path import new_address, unix_socket
from buildwidget.store.build_files import remove_socket
from buildwidget.store.errors import StoreError

_READ_BYTES: Final = 256 * 1024


class Intake(Protocol):
    """Takes the reports over; may wait, which makes the reporting processes wait."""

    def send_all(self, messages: Sequence[Message]) -> None:
        """Take messages of one process, in order."""


class ReportServer:
    """Listens until ``close``, in one thread, so that what one process said before another stays before it.

    ``address`` is None where there are no Unix sockets; the processes then report nothing.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._selector = selectors.DefaultSelector()
        self._buffers: dict[socket.socket, bytearray] = {}
        self._closing = threading.Event()
        self._patience = 0.0
        self.address: str | None = None
        self._thread: threading.Thread | None = None
        if hasattr(socket, "AF_UNIX"):
            self._listen()

    def _listen(self) -> None:
        self.address = new_address()
        self._listener = unix_socket()
        self._listener.setblocking(False)
        self._listener.bind(self.address)
        self._listener.listen(128)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="buildwidget-reports", daemon=True)
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Read what has been sent, to its end or until nothing came for ``timeout`` seconds; then stop.

        For after the end of the build's processes: what they have sent is finite. Takes as long as the intake does.
        """
        if self._thread is None:
            return
        self._patience = timeout
        self._closing.set()
        with contextlib.suppress(OSError):  # the thread saw it by itself, or has ended before
            self._waker.send(b"\0")
        self._thread.join()
        remove_socket(self.address)

    def _serve(self) -> None:
        try:
            while not self._done():
                ready = self._serve_ready(self._patience if self._closing.is_set() else None)
                if self._closing.is_set() and not ready:
                    break
        except StoreError:
            pass  # the build was taken over or has ended: whoever reports on falls silent when its connection closes
        finally:
            for connection in (*self._buffers, self._listener, self._wake, self._waker):
                connection.close()
            self._selector.close()

    def _done(self) -> bool:
        if not self._closing.is_set():
            return False
        self._accept()  # connected, and already gone again
        return not self._buffers

    def _serve_ready(self, timeout: float | None) -> bool:
        """Whether anything came."""
        ready = self._selector.select(timeout)
        for key, _ in ready:
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._wake:
                self._wake.recv(16)
            else:
                assert isinstance(key.fileobj, socket.socket)
                self._read(key.fileobj)
        return bool(ready)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                self._buffers[connection] = bytearray()
                self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        buffer = self._buffers[connection]
        buffer += data
        messages, is_ours = _taken_frames(buffer)
        # All at once: a fork sends each message by itself, and together they cost a tenth.
        self._intake.send_all(messages)
        for message in messages:
            if isinstance(message, Sync):
                with contextlib.suppress(OSError):
                    connection.send(message.number.to_bytes(8, "big"))
        if not is_ours:
            self._drop(connection)  # the next frame's beginning cannot be known

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._buffers[connection]
        connection.close()


def _taken_frames(buffer: bytearray) -> tuple[list[Message], bool]:
    """The messages of all frames that are there whole, taken out of the buffer; False: what follows is none of ours."""
    messages: list[Message] = []
    start = 0
    with memoryview(buffer) as view:
        while len(view) - start >= 4:
            end = start + 4 + int.from_bytes(view[start : start + 4], "big")
            if end - start - 4 > MAX_FRAME_BYTES:
                return messages, False
            if end > len(view):
                break
            try:
                messages += decode_messages(view[start + 4 : end])
            except (msgspec.MsgspecError, UnicodeError, ValueError):
                return messages, False
            start = end
    del buffer[:start]
    return messages, True
