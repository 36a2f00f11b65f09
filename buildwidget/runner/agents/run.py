"""The shell around a session: starts the agent's program and carries lines, events, answers and time to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from buildwidget.protocol.events import ArtifactEvent, Decision, Event, LogEvent, StatusEvent
from buildwidget.runner.agents.attempts import Attempt
from buildwidget.runner.agents.ending import end_of
from buildwidget.runner.agents.input_pipe import InputPipe
from buildwidget.runner.agents.masked import MaskedEvents
from buildwidget.runner.agents.session import Step
from buildwidget.runner.command import CommandSpec, OutputStream, RunningCommand
from buildwidget.runner.log_limit import LOG_LIMIT_BYTES
from buildwidget.runner.output import Output
from buildwidget.runner.secrets import Masker
from buildwidget.store.records import Command

MAX_LINE_BYTES: Final = 64 * 1024 * 1024
"""A longer line of the agent's is given up: no message is that long."""


LINGER_SECONDS: Final = 10.0
"""An agent that may have said its last word, and says nothing for so long, has."""


class AgentRun:
    """Runs one attempt. ``run`` is called once, from one thread; ``interrupt`` and ``answer`` from any.

    Args:
        attempt: the program and its session.
        write: takes each event, in order.
        masker: keeps secret values out of the events.
        permission_seconds: how long a permission prompt waits before it is denied.
        log_limit_bytes: what of the program's own words is stored whole (LogLimit).
        build_id: the build, in whose directory is kept how to find files with a secret in their path.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        attempt: Attempt,
        write: Callable[[Event], object],
        masker: Masker,
        *,
        permission_seconds: float,
        log_limit_bytes: int = LOG_LIMIT_BYTES,
        build_id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ended = threading.Event()
        self._attempt = attempt
        self._session = attempt.session
        self._write = write
        self._masked = MaskedEvents(masker, build_id)
        if masker:
            self._session.hide_secrets(self._masked.shown)
        self._output = Output(write, masker, limit_bytes=log_limit_bytes)
        self._permission_seconds = permission_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._deadlines: dict[str, float] = {}
        self._input: InputPipe | None = None
        self._line = bytearray()
        self._heard_at = clock()

    @property
    def command(self) -> CommandSpec:
        """What is started."""
        return CommandSpec(
            self._attempt.command,
            cwd=self._session.order.cwd,
            env=self._attempt.environment,
            pty=False,
            stdin=True,
            dies_with_parent=True,
        )

    def start(self) -> RunningCommand:
        """Starts the program.

        Raises:
            OSError: it cannot be started.
        """
        session = self._session
        running = RunningCommand(self.command)
        self._input = InputPipe(running.stdin) if running.stdin is not None else None
        with self._lock:
            self._take(session.start())
        return running

    def pump(self, running: RunningCommand, on_tick: Callable[[], object], drain_seconds: float) -> StatusEvent:
        """Hands everything on until the program has ended; gives the end of a build that nobody stopped."""

        def on_output(stream: OutputStream, data: bytes) -> None:
            self._on_output(stream, data)
            self._tick(on_tick)

        try:
            code = running.pump(on_output, on_idle=lambda: self._tick(on_tick), drain_seconds=drain_seconds)
        finally:
            self.ended.set()
        self._output.finish()
        with self._lock:
            if self._line:
                self._take(self._session.feed(bytes(self._line).decode("utf-8", "replace")))
            self._take(self._session.close())
            for event in self._masked.finish(_now_ms()):
                self._write(event)
        return end_of(self._session, code, self._output.tail.text(), now_ms=_now_ms())

    def interrupt(self) -> None:
        """Asks the agent to stop and clean up after itself."""
        with self._lock:
            self._take(self._session.interrupt())
            for request_id in self._session.open_prompts:
                self._take(self._session.answer(request_id, "deny", "The build was cancelled."))

    def answer(self, command: Command) -> None:
        """A person's answer to a permission prompt."""
        decision: Decision = "allow" if command.body.get("decision") == "allow" else "deny"
        with self._lock:
            self._take(self._session.answer(command.request, decision, command.body.get("message")))

    def _on_output(self, stream: OutputStream, data: bytes) -> None:
        if stream == "stderr":
            self._output.feed(stream, data)
            return
        self._heard_at = self._clock()
        self._line += data
        if b"\n" not in data and len(self._line) <= MAX_LINE_BYTES:
            return
        lines = bytes(self._line).split(b"\n")
        self._line = bytearray(lines.pop() if len(lines) > 1 else b"")
        with self._lock:
            for line in lines:
                self._take(self._session.feed(line.decode("utf-8", "replace")))

    def _tick(self, on_tick: Callable[[], object]) -> None:
        on_tick()
        with self._lock:
            late = [request for request, deadline in self._deadlines.items() if self._clock() >= deadline]
            for request_id in late:
                self._take(self._session.answer(request_id, "timeout"))
            if self._session.lingering and self._clock() >= self._heard_at + LINGER_SECONDS:
                self._close_input()

    def _take(self, step: Step) -> None:
        for event in step.events:
            self._write(self._masked.mask(self._complete(event)))
        if self._input is not None:
            for line in step.replies:
                self._input.send(line)
            if self._session.finished:
                self._close_input()
        waiting = self._session.open_prompts
        now = self._clock() + self._permission_seconds
        self._deadlines = {request: self._deadlines.get(request, now) for request in waiting}

    def _close_input(self) -> None:
        if self._input is not None:
            self._input.close()
            self._input = None

    def _complete(self, event: Event) -> Event:
        if isinstance(event, ArtifactEvent):
            try:
                size = Path(self._session.order.cwd, event.path).stat().st_size
            except OSError:
                return event
            return msgspec.structs.replace(event, size=size)
        return event


def warning(text: str) -> LogEvent:
    """A line of the log that says something about the build."""
    return LogEvent(at=_now_ms(), first=1, lines=[("system", text)])


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
