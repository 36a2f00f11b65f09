"""The connection of one process to the runner of its build.

Calls only append to a buffer; a thread sends it a few milliseconds later. A caller that finds the buffer full
sends it itself and so waits for as long as the runner's spool is full: nothing is dropped.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from typing import Final

from buildwidget.reporting.messages import Message, Sync, encode_message, frame

GATHER_SECONDS: Final = 0.01
"""How long the thread lets messages gather before it sends them."""
MAX_BUFFERED_BYTES: Final = 4 * 1024 * 1024
_FRAME_BYTES: Final = 256 * 1024
_EXIT_ANSWER_SECONDS: Final = 5.0
_FORK_ANSWER_SECONDS: Final = 1.0


class SocketSink:
    """Sends messages to the runner at ``address``, connecting at the first.

    ``forked``: this process came from a fork and may end with ``os._exit``, which runs no exit handler; each
    message is then sent by its caller, at once. A runner that is gone makes the sink silent for good.
    """

    def __init__(self, address: str, *, forked: bool = False) -> None:
        self.address = address
        self.pid = os.getpid()
        self._direct = forked
        self._silent = False
        self._sends_at_exit = False
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stop_thread = threading.Event()
        self._wake = threading.Event()
        # Reentrant: a signal handler or a finalizer may report in the middle of a report.
        self._buffer_lock = threading.RLock()
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._send_lock = threading.Lock()
        self._sender: int | None = None
        self._unsent = bytearray()
        self._syncs = 0

    def send(self, message: Message) -> None:
        """Take one message over; waits only while the buffer is full."""
        if self._silent:
            return
        data = encode_message(message)
        with self._buffer_lock:
            if not self._sends_at_exit:
                self._sends_at_exit = True
                self._send_at_exit()
            self._buffer.append(data)
            self._buffered += len(data)
            first = len(self._buffer) == 1
        if self._direct or self._buffered >= MAX_BUFFERED_BYTES:
            self._drain()
        elif first:
            self._wake_thread()

    def sync(self, timeout: float) -> bool:
        """Send everything, and wait up to ``timeout`` seconds for the runner to have taken it over."""
        if self._silent or (self._socket is None and not self._buffer):
            return not self._silent
        with self._buffer_lock:
            self._syncs += 1
            number = self._syncs
            self._buffer.append(encode_message(Sync(number)))
        self._drain()
        return self._await_answer(number, timeout)

    def pause(self) -> None:
        """Send everything and end the thread; the next message starts it again."""
        self.sync(_FORK_ANSWER_SECONDS)
        with self._buffer_lock:
            thread, self._thread = self._thread, None
            self._stop_thread.set()
        if thread is not None and thread is not threading.current_thread():
            self._wake.set()
            thread.join()

    def abandon(self) -> None:
        """Let go of the connection without a word: it belongs to the process that forked this one."""
        self._silent = True
        if self._socket is not None:
            self._socket.close()

    def _send_at_exit(self) -> None:
        atexit.register(self._at_exit)
        # Processes of multiprocessing leave with os._exit after running its own finalizers.
        finalizers = sys.modules.get("multiprocessing.util")
        if finalizers is not None:
            finalizers.Finalize(None, self._at_exit, exitpriority=0)

    def _at_exit(self) -> None:
        if self.pid != os.getpid():
            return
        self.sync(_EXIT_ANSWER_SECONDS)
        self._direct = True  # exit handlers that run after this one may report too

    def _wake_thread(self) -> None:
        if self._thread is None:
            with self._buffer_lock:
                if self._thread is None:
                    self._stop_thread = threading.Event()  # of this thread alone: another may still be stopping
                    thread = threading.Thread(
                        target=self._send_steadily, args=(self._stop_thread,), name="buildwidget-report", daemon=True
                    )
                    try:
                        thread.start()
                    except RuntimeError:  # the interpreter is shutting down or out of threads
                        self._direct = True
                        self._drain()
                        return
                    self._thread = thread
        self._wake.set()

    def _send_steadily(self, stop: threading.Event) -> None:
        while not self._silent:
            self._wake.wait()
            if stop.is_set():
                return  # without clearing it: the wake may have been meant for the next thread
            self._wake.clear()
            time.sleep(GATHER_SECONDS)
            self._drain()

    def _drain(self) -> None:
        if self._sender == threading.get_ident():
            return  # a signal handler reports while this very thread sends: what it said goes next
        with self._send_lock:
            self._sender = threading.get_ident()
            try:
                self._send_buffer()
            except OSError:
                self._fall_silent()
            finally:
                self._sender = None

    def _send_buffer(self) -> None:
        while not self._silent:
            if not self._unsent:
                messages = self._take()
                if not messages:
                    return
                self._unsent += frame(messages)
            connection = self._socket or self._connect()
            # send and not sendall: interrupted by a signal's exception, this still knows what is left to send.
            while self._unsent:
                sent = connection.send(self._unsent)
                del self._unsent[:sent]

    def _take(self) -> list[bytes]:
        """The next frame's messages, out of the buffer."""
        with self._buffer_lock:
            size = count = 0
            for data in self._buffer:
                if count and size + len(data) > _FRAME_BYTES:
                    break
                size += len(data)
                count += 1
            taken = self._buffer[:count]
            del self._buffer[:count]
            self._buffered = self._buffered - size if self._buffer else 0
            return taken

    def _connect(self) -> socket.socket:
        if sys.platform == "win32":
            raise NotImplementedError  # no runner names a socket there
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        self._socket = connection
        return connection

    def _fall_silent(self) -> None:
        """The runner is gone, and with it the build: there is nobody to tell."""
        self._silent = True
        with self._buffer_lock:
            self._buffer.clear()
            self._buffered = 0
        self._unsent.clear()
        if self._socket is not None:
            self._socket.close()

    def _await_answer(self, number: int, timeout: float) -> bool:
        connection = self._socket
        if connection is None or self._silent:
            return False
        deadline = time.monotonic() + timeout
        answers = b""
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            while int.from_bytes(answers[-8:], "big") < number or len(answers) % 8:
                remaining = deadline - time.monotonic()
                if remaining <= 0 or not selector.select(remaining):
                    return False
                received = connection.recv(8)
                if not received:
                    return False
                answers += received
            return True
        return False
