"""What the runner and a session of a coding agent say to each other. Pure: lines in, events and replies out.

A session owns no process, clock or file. The shell around it (run.py) starts the agent, hands every line of its
standard output to ``feed``, writes the replies to its standard input, and writes the events to the build's log.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from buildwidget.protocol.events import Decision, Error, Event, LogEvent, PermissionEvent
from buildwidget.protocol.text import is_deeper
from buildwidget.runner.agents.retrying import Retrying
from buildwidget.runner.agents.rows import TextRows, ToolRows
from buildwidget.runner.terminal.lines import cut_text

Permission: TypeAlias = Literal["ask", "edits", "all", "plan"]
PERMISSIONS: Final[tuple[Permission, ...]] = ("ask", "edits", "all", "plan")

_MAX_NESTING: Final = 200
"""Arrays and objects within each other in a message; one that is deeper is not understood. Events hold 64."""

MAX_UNKNOWN_BYTES: Final = 1024
"""So much of what is not understood goes into the log."""

OPTIONS: Final = ("allow", "deny")


@dataclass(frozen=True, slots=True)
class Order:
    """What an agent is to do.

    Attributes:
        prompt: what it is asked for.
        cwd: its working directory, absolute.
        permission: what it may do unasked: nothing that needs leave (ask), edit files (edits), everything (all), or
            only plan (plan).
        model: None leaves it to the agent.
        resume: the session to continue.
        usage_before: what that session may have used before, likeliest first; its totals go on from there.
        todo_names: todos of that session, by id: what an update of one of them is about.
    """

    prompt: str
    cwd: str
    permission: Permission = "ask"
    model: str | None = None
    resume: str | None = None
    usage_before: Sequence[Mapping[str, float]] = ()
    todo_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the agent says it ended: with its final answer, or with an error."""

    summary: str | None = None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one line, answer or request: events for the log, lines for the agent."""

    events: list[Event] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


class Session(ABC):
    """One agent's work on one order."""

    def __init__(self, order: Order, now_ms: Callable[[], int]) -> None:
        self.order = order
        self.outcome: Outcome | None = None
        self.usable = True
        """False once the agent turned out not to speak this protocol at all; another session may be tried."""
        self._now_ms = now_ms
        self._shown: Callable[[str], str] = str
        self._events: list[Event] = []
        self._replies: list[str] = []
        self._tools = ToolRows(now_ms)
        self._texts = TextRows(now_ms)
        self._retrying = Retrying(now_ms)
        self._prompts: dict[str, PermissionEvent] = {}

    @property
    def finished(self) -> bool:
        """Whether the agent has said its last word, so that its standard input can be closed."""
        return self.outcome is not None

    @property
    def lingering(self) -> bool:
        """Whether it may have said its last word, which only silence can tell."""
        return False

    def hide_secrets(self, shown: Callable[[str], str]) -> None:
        """There are secrets: whole texts are told although they have streamed, for a stream is held back in part.

        ``shown`` gives what may be shown of a text that was cut, whose end may be the beginning of a secret.
        """
        self._texts.retell = True
        self._tools.shown = shown
        self._retrying.shown = shown
        self._shown = shown

    def start(self) -> Step:
        """The first lines for the agent."""
        self._begin()
        return self._step()

    def feed(self, line: str) -> Step:
        """Takes a line of the agent's standard output; what is not understood becomes a log line."""
        if not line.strip():
            return Step()
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict) and not _is_too_deep(message, line):
            self._read_safely(message, line)
        else:
            self._log(self._cut(line))
        return self._step()

    def answer(self, request_id: str, decision: Decision, message: str | None = None) -> Step:
        """A decision about an open permission prompt; of an unknown or a decided one nothing comes."""
        prompt = self._prompts.pop(request_id, None)
        if prompt is not None:
            self._decide(request_id, decision, message)
            decided = PermissionEvent(at=self._now_ms(), request_id=request_id, tool=prompt.tool, decision=decision)
            self._events.append(decided)
        return self._step()

    def interrupt(self) -> Step:
        """Asks the agent to stop what it does and clean up after itself."""
        self._interrupt()
        return self._step()

    def close(self) -> Step:
        """The agent's process is gone: whatever is open is closed."""
        for request_id, prompt in self._prompts.items():
            closed = PermissionEvent(at=self._now_ms(), request_id=request_id, tool=prompt.tool, decision="deny")
            self._events.append(closed)
        self._prompts.clear()
        self._events += [*self._tools.close(), *self._retrying.goes_on()]
        self._end()
        return self._step()

    @property
    def open_prompts(self) -> list[str]:
        """The request ids of the prompts that nobody has decided."""
        return list(self._prompts)

    @abstractmethod
    def _begin(self) -> None:
        """Makes the first replies."""

    @abstractmethod
    def _read(self, message: dict[str, Any]) -> bool:
        """Takes a message; False if it is of no known kind."""

    @abstractmethod
    def _decide(self, request_id: str, decision: Decision, message: str | None) -> None:
        """Tells the agent of a decision."""

    @abstractmethod
    def _interrupt(self) -> None:
        """Makes the reply that interrupts."""

    @abstractmethod
    def _end(self) -> None:
        """Closes what only this kind of session has open."""

    def _read_safely(self, message: dict[str, Any], line: str) -> None:
        try:
            known = self._read(message)
        # Agents change their streams from week to week: a field of another shape must not end the build.
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            self._log(f"not understood ({type(error).__name__}): {self._cut(line)}")
            return
        if not known:
            self._log(f"not known: {self._cut(line)}")

    def _ask(self, request_id: str, tool: str, asked: Any) -> None:
        prompt = PermissionEvent(
            at=self._now_ms(), request_id=request_id, tool=tool, input=asked, options=list(OPTIONS)
        )
        self._prompts[request_id] = prompt
        self._events.append(prompt)

    def _cut(self, line: str) -> str:
        cut = cut_text(line, MAX_UNKNOWN_BYTES)
        return cut if cut == line else self._shown(cut)

    def _log(self, text: str) -> None:
        lines = [("system", each) for each in text.splitlines()]
        self._events.append(LogEvent(at=self._now_ms(), first=1, lines=lines))  # type: ignore[arg-type]  # "system" is a Stream

    def _reply(self, message: Mapping[str, Any]) -> None:
        self._replies.append(json.dumps(message))

    def _step(self) -> Step:
        step = Step(self._events, self._replies)
        self._events, self._replies = [], []
        return step


def _is_too_deep(message: dict[str, Any], line: str) -> bool:
    """Whether what follows, which goes into the message as deep as it is, would run out of stack."""
    return line.count("[") + line.count("{") > _MAX_NESTING and is_deeper(message, _MAX_NESTING)
