"""The handle of a build: what a notebook holds, reads and displays.

A handle holds nothing but an id. Every property reads the database, so two handles, two kernels and a page
never disagree.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

from buildwidget import launching
from buildwidget.agent_follow_up import FollowUp, prepare_follow_up
from buildwidget.agent_launching import announce
from buildwidget.answering import send_answer
from buildwidget.error_words import error_in_a_line, failure_in_words
from buildwidget.errors import BuildFailed
from buildwidget.live import follow
from buildwidget.log_text import LogText, shown_lines, whole_lines
from buildwidget.process_store import process_store
from buildwidget.protocol.codec import decode_event, decode_state
from buildwidget.protocol.events import ENDS, Error, Event, MetricPoint, Todo
from buildwidget.protocol.state import (
    ArtifactRow,
    DisplayRow,
    MetricRow,
    PermissionRow,
    ProgressRow,
    State,
    Summary,
    ToolRow,
    Usage,
)
from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.function import load_result
from buildwidget.store.errors import NotFound
from buildwidget.store.ids import new_request_id
from buildwidget.store.records import BuildRecord
from buildwidget.store.store import Store


class Build:
    """One build, by its id; made by ``launch``, ``track`` and ``attach``.

    As the last expression of a cell it displays live.
    """

    def __init__(self, build_id: str, store: Store | None = None) -> None:
        self.id = build_id
        self._store_given = store

    @property
    def store(self) -> Store:
        """The store that has it: the one it was made with, else this process's."""
        return self._store_given or process_store()

    def _record(self) -> BuildRecord:
        return self.store.record(self.id)

    # What lists show.

    @property
    def info(self) -> Summary:
        """The build's row in lists: identity, status, percent, times."""
        return self._record().summary

    @property
    def state(self) -> State:
        """The whole bounded state, as every page sees it."""
        return decode_state(self.store.hydrate(self.id).state)

    @property
    def name(self) -> str:
        """What lists show."""
        return self.info.name

    @property
    def project(self) -> str | None:
        """What groups builds; None without a project."""
        return self.info.project

    @property
    def kind(self) -> str:
        """``command``, ``function``, ``notebook``, ``agent`` or ``track``."""
        return self.info.kind

    @property
    def status(self) -> str:
        """``queued``, ``running``, or an end: ``succeeded``, ``failed``, ``cancelled``, ``lost``."""
        return self.info.status

    @property
    def percent(self) -> int | None:
        """0 to 100: that of the todos, else of the outermost open bar; None where neither says how far the whole is."""
        return self.info.percent

    @property
    def summary(self) -> str | None:
        """The sentence it ended with, if any."""
        return self.info.summary

    @property
    def error(self) -> Error | None:
        """Why it failed: ``kind`` and ``message`` of the first cause, and what is known of the rest.

        ``traceback`` is Python's, or a stack of another language; ``launcher`` is what passed the cause on; ``line`` is
        the number of the log line that names it.
        """
        return self.state.error

    @property
    def exit_code(self) -> int | None:
        """What the command exited with; negative for a signal."""
        return self.info.exit_code

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.status in ENDS

    # What the state holds.

    @property
    def todos(self) -> list[Todo]:
        """The plan, in its order."""
        return self.state.todos

    @property
    def tools(self) -> list[ToolRow]:
        """The newest 2,000 tool calls, in order of first sight."""
        return self.state.tools

    @property
    def progress(self) -> list[ProgressRow]:
        """The bars: ``done`` at their end, ``closed`` if removed or given up; neither after the end: stopped by it."""
        return self.state.progress

    @property
    def metrics(self) -> dict[str, MetricRow]:
        """The metrics by name, each with an even picture of its points, at most 500; ``metric_points`` gives all."""
        return {row.name: row for row in self.state.metrics}

    @property
    def artifacts(self) -> list[ArtifactRow]:
        """The files it made."""
        return self.state.artifacts

    @property
    def displays(self) -> list[DisplayRow]:
        """The figures and tables it showed."""
        return self.state.displays

    @property
    def permissions(self) -> list[PermissionRow]:
        """The questions its tools asked."""
        return self.state.permissions

    @property
    def plan(self) -> str | None:
        """The newest plan that an agent wrote down, as Markdown; its steps are ``todos``."""
        plans = [row.text for row in self.state.texts if row.kind == "plan"]
        return plans[-1] if plans else None

    @property
    def usage(self) -> Usage:
        """Tokens and cost so far."""
        return self.state.usage

    # The whole log.

    def log(self, tail: int | None = None, *, q: str | None = None) -> LogText:
        """The log as text, as a page shows it: the lines, the rows that are still drawn over, the unfinished lines.

        A ``str`` with the colours as the program wrote them. As the last expression of a cell it displays rendered.

        Args:
            tail: only this many of the last lines.
            q: only whole lines that contain this text, see ``log_lines``; ``tail`` then counts those.
        """
        lines = self.log_lines(tail, q=q) if q else shown_lines(self.store, self.id, tail)
        return LogText("\n".join(lines))

    def log_lines(self, tail: int | None = None, *, q: str | None = None) -> Iterator[str]:
        """The whole lines of the log, read page by page; of a running build up to the newest.

        Args:
            tail: only this many of the last lines.
            q: only lines that contain this text, in the whole log. Case is ignored as by ``str.casefold``, colours and
                other escape sequences are skipped, spaces count.
        """
        return whole_lines(self.store, self.id, tail, q)

    def metric_points(self, name: str) -> Iterator[MetricPoint]:
        """Every point of a metric, ``(step, value, at)`` in the order of the reports, read page by page as it is taken.

        A step that was not given is None; ``at`` is milliseconds since the epoch, UTC.

        Raises:
            KeyError: nothing was reported under this name (raised when the iterator has come to the end).
        """
        try:
            yield from self.store.metric_points(self.id, name)
        except NotFound:
            self._record()  # raises where it is the build that is gone
            raise KeyError(name) from None

    def events(self, after: int = 0) -> Iterator[Event]:
        """The events of the log with a seq above ``after``, in order; unknown types are left out."""
        while True:
            page = self.store.events(self.id, after=after)
            yield from (event for event in map(decode_event, page.events) if event is not None)
            after = page.last
            if not page.events or page.last >= page.head:
                return

    # Waiting.

    def wait(self, timeout: float | None = None) -> Build:
        """Waits for the end and returns this build, however it ended.

        Args:
            timeout: seconds; None waits without limit.

        Raises:
            TimeoutError: it has not ended after ``timeout`` seconds; it goes on all the same.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with follow(self.store, self.id) as following:
            while not following.wait_for_end(_left(deadline)):
                if deadline is not None and time.monotonic() >= deadline:
                    raise TimeoutError(f"Build {self.id} ({self.name!r}) has not ended after {timeout:g} s.")
        return self

    def __await__(self) -> Generator[Any, None, Build]:
        """``await build`` waits for the end without blocking the event loop."""
        return self._awaited().__await__()

    async def _awaited(self) -> Build:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        with follow(self.store, self.id) as following:
            following.on_end(lambda: _wake(loop, ended))
            await ended.wait()
        return self

    def result(self, timeout: float | None = None) -> Any:
        """Waits for the end and gives what the work gave.

        Returns:
            The callable's return value; for other kinds None.

        Raises:
            BuildFailed: it did not succeed (a command, or a build that was cancelled or lost).
            Exception: whatever the callable raised.
            TimeoutError: it has not ended after ``timeout`` seconds.
        """
        state = self.wait(timeout).state
        if state.kind == "function" and state.status in ("succeeded", "failed"):
            return load_result(build_dir(self.id))
        if state.status != "succeeded":
            raise BuildFailed(failure_in_words(state))
        return None

    def on_change(self, callback: Callable[[Build], None]) -> Callable[[], None]:
        """Calls ``callback(build)`` from a thread of its own after every change, until the end.

        Returns:
            A function that stops it.
        """
        following = follow(self.store, self.id)
        following.on_change(lambda _state: callback(self))
        return following.close

    # Acting.

    def cancel(self) -> None:
        """Asks the build to stop: interrupt, after 5 s terminate, after 5 s kill. Does nothing where it has ended."""
        if not self.done:
            self.store.send(self.id, "cancel", new_request_id(), {})

    def retry(self) -> Build:
        """A new build of the same spec.

        Raises:
            LaunchError: a secret value is missing in this process, or the kind cannot be started again.
        """
        return Build(launching.retry(self.store, self._record()).summary.id, self._store_given)

    def follow_up(
        self,
        prompt: str | None = None,
        *,
        operation: str = "continuation",
        permission: str | None = None,
        agent: str | None = None,
        model: str | None = None,
    ) -> Build:
        """Continues the agent's own session, as a new build of the same project.

        Args:
            prompt: what it is to do next; may be left out of an ``autofix``.
            operation: what that is: continuation, enhancement, focused_edit, or autofix, for which see ``autofix``.
            permission: what it may do unasked; default: what it might before.
            agent: the agent whose session it is; for an autofix see there.
            model: the model's name; default: as before.

        Raises:
            LaunchError: this is no agent's build, it has not ended, or its agent never began a session.
        """
        record = self._record()
        wanted = FollowUp(prompt, operation, permission, agent, model)
        request = prepare_follow_up(self.store, record, wanted)
        new, _ = launching.submit(self.store, record.summary.owner, request)
        announce(request)
        return Build(new.summary.id, self._store_given)

    def autofix(
        self,
        prompt: str | None = None,
        *,
        agent: str | None = None,
        model: str | None = None,
        permission: str | None = None,
    ) -> Build:
        """Lets an agent fix a failed build of any kind: it is told the command, the error and the end of the log.

        An agent's build goes on in its own session. Any other goes on in the newest ended session of an agent in the
        same project and directory; where there is none, a new one begins.

        Args:
            prompt: what it is told besides.
            agent: ``"claude-code"`` or ``"codex"``; default: the agent whose session goes on, else Claude Code.
            model: the model's name; default: the session's, else the agent's own choice.
            permission: what it may do unasked; default: what it might in that session, else ``"ask"``.

        Raises:
            LaunchError: the build did not fail, or see ``follow_up`` and ``launch_agent``.
        """
        return self.follow_up(prompt, operation="autofix", permission=permission, agent=agent, model=model)

    def answer(self, decision: str, message: str | None = None, *, request_id: str | None = None) -> None:
        """Answers a permission prompt: ``"allow"`` or ``"deny"``.

        Args:
            decision: ``"allow"`` or ``"deny"``.
            message: told to the agent (Codex takes none); values of secret variables are told as ``***``.
            request_id: which prompt; may be left out where one is open.

        Raises:
            ValueError: the decision is neither, the prompt was decided already, or it is unclear which one is meant.
            Ended: the build has ended.
        """
        if decision not in ("allow", "deny"):
            raise ValueError(f'The decision is "allow" or "deny", not {decision!r}.')
        send_answer(self.store, self.id, "allow" if decision == "allow" else "deny", message, request_id)

    def delete(self) -> None:
        """Removes the build and all that is kept of it.

        Raises:
            StillRunning: it has not ended; cancel it first.
        """
        self.store.delete(self.id)

    # Display.

    def __repr__(self) -> str:
        try:
            info = self.info
        except NotFound:
            return f"<Build {self.id}: deleted>"
        percent = "" if info.percent is None else f" {info.percent} %"
        return f"<Build {info.name!r} ({info.kind}) {info.status}{percent}, id {self.id}{_why(self)}>"

    def widget(self) -> Any:
        """The widget that shows this build live; the same that displaying the build makes."""
        from buildwidget.widget import BuildWidget  # noqa: PLC0415 - scripts without a notebook pay for no ipywidgets

        return BuildWidget(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from buildwidget.widget import display_bundle  # noqa: PLC0415 - as above

        return display_bundle(self, **kwargs)


def _left(deadline: float | None) -> float:
    """Seconds until the deadline, in steps short enough for Ctrl-C to be heard."""
    return 0.5 if deadline is None else max(0.0, min(0.5, deadline - time.monotonic()))


def _wake(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    loop.call_soon_threadsafe(ended.set)


def _why(build: Build) -> str:
    """The cause of a failure, for ``repr``."""
    error = build.error if build.status in {"failed", "lost"} else None
    return "" if error is None else f": {error_in_a_line(error)}"
