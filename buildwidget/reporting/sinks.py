"""Where this process's reports go: to a build tracked here, else to the runner of the build it runs in.

A tracked build is found through the context (so two tracks in two asyncio tasks stay apart) and, from threads,
which do not inherit it, through a stack of the process.
"""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Protocol, final

from buildwidget.reporting.client import SocketSink
from buildwidget.reporting.messages import SOCKET_VARIABLE, Message


class Sink(Protocol):
    """Takes the reports of this process, in order."""

    def send(self, message: Message) -> None:
        """Take one message; may wait, must not raise for what the program put into it."""


@final
class SinkUse:
    """Sends this process's reports to a sink from its making until ``close()``; also a context manager.

    A task that outlives it still finds it in its context, so it says itself whether it is over.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.active = True
        self._token: Token[SinkUse | None] = _in_context.set(self)
        _in_process.append(self)

    def close(self) -> None:
        """Reports go where they went before."""
        self.active = False
        if self in _in_process:
            _in_process.remove(self)
        with contextlib.suppress(ValueError, RuntimeError):  # closed twice, or in another context than it was made in
            _in_context.reset(self._token)

    def __enter__(self) -> SinkUse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


_in_context: ContextVar[SinkUse | None] = ContextVar("buildwidget_report_sink", default=None)
_in_process: list[SinkUse] = []
_socket: SocketSink | None = None
_forked = False


def use_sink(sink: Sink) -> SinkUse:
    """Send this process's reports to ``sink`` until the use is closed; a fork of the process drops it."""
    return SinkUse(sink)


def current_sink() -> Sink | None:
    """The sink that reports go to now; None outside a build."""
    use = _in_context.get()
    if use is not None and use.active:
        return use.sink
    if _in_process:
        return _in_process[-1].sink
    return _socket_sink()


def _socket_sink() -> SocketSink | None:
    global _socket  # noqa: PLW0603 - one connection per process, whoever imports this
    if _socket is not None and _socket.pid == os.getpid():
        return _socket
    address = os.environ.get(SOCKET_VARIABLE)
    if not address:
        return None
    _socket = SocketSink(address, forked=_forked)
    return _socket


def _before_fork() -> None:
    # What was reported before the fork stands in the log before what the child reports; and a process that
    # forks with a thread running is warned about by Python 3.12 and later.
    if _socket is not None:
        _socket.pause()


def _in_forked_child() -> None:
    global _socket, _forked  # noqa: PLW0603 - the child needs a connection of its own
    _forked = True
    for use in _in_process:
        use.active = False
    _in_process.clear()
    if _socket is not None:
        _socket.abandon()
        _socket = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_forked_child)


def flush(timeout: float = 5.0) -> bool:
    """Wait up to ``timeout`` seconds until the build has taken over everything this process reported.

    Whether it has; True outside a build. Nothing needs this to be called: it orders reports of several processes.
    """
    sink = current_sink()
    return sink.sync(timeout) if isinstance(sink, SocketSink) else True
