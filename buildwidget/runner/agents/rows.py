"""Tool calls and texts as rows: one row each, whatever a stream repeats, reorders or leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from buildwidget.protocol.events import TOOL_ENDS, Event, TextEvent, TextKind, ToolEvent, ToolState

_UNNAMED: Final = "tool"
"""The name of a call of which only later news was heard."""

STILL_RUNNING: Final = "It was still running when the agent ended."


class ToolRows:
    """Makes the events of tool calls; an end is told once, and nothing goes back from it."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._states: dict[str, ToolState] = {}
        self._described: set[str] = set()
        self._outputs: dict[str, str] = {}
        self.shown: Callable[[str], str] = str
        """What may be shown of an output that was cut."""

    def has_ended(self, id: str) -> bool:
        """Whether the call has come to an end."""
        return self._states.get(id) in TOOL_ENDS

    def streaming(self, id: str, name: str, parent: str | None = None) -> list[Event]:
        """The agent begins to write a call."""
        if id in self._states:
            return []
        self._states[id] = "input_streaming"
        return [self._event(id, name=name, parent=parent, state="input_streaming")]

    def started(self, id: str, name: str, input: Any, parent: str | None = None) -> list[Event]:
        """A call with its whole input."""
        if id in self._described:
            return []
        self._described.add(id)
        state: ToolState | None = None if self.has_ended(id) else "running"
        self._states.setdefault(id, "running")
        if state is not None:
            self._states[id] = state
        return [self._event(id, name=name, parent=parent, state=state, input=input)]

    def output(self, id: str, output: Any) -> list[Event]:
        """What a running call has given so far."""
        if self.has_ended(id):
            return []
        unseen = id not in self._states  # its start was lost; without a state nothing would ever end it
        self._states.setdefault(id, "running")
        self._outputs[id] = str(output)
        return [self._event(id, name=_UNNAMED if unseen else None, output=output)]

    def nested(self, id: str, parent: str) -> list[Event]:
        """Whose call it is, where that became known after the call."""
        return [self._event(id, parent=parent)] if id in self._states else []

    def reported(self, id: str, output: Any) -> list[Event]:
        """What a call gave, told after its end too: a subagent goes on when the call that started it has ended."""
        # With the end that it had: output without one would be taken for a running call's, which is to go on.
        state = self._states.get(id)
        return [self._event(id, output=output, state=state if self.has_ended(id) else None)] if state else []

    def ended(self, id: str, state: ToolState, output: Any = None, name: str | None = None) -> list[Event]:
        """The end of a call."""
        if self.has_ended(id):
            return []
        unseen = id not in self._states
        self._states[id] = state
        return [self._event(id, name=(name or _UNNAMED) if unseen else None, state=state, output=output)]

    def close(self) -> list[Event]:
        """Ends whatever runs: the agent is gone."""
        running = [call for call, state in self._states.items() if state not in TOOL_ENDS]
        return [event for call in running for event in self.ended(call, "failed", self._so_far(call))]

    def _so_far(self, id: str) -> str:
        output = self.shown(self._outputs.get(id, "")).rstrip("\n")
        return f"{output}\n{STILL_RUNNING}" if output else STILL_RUNNING

    def _event(self, id: str, **fields: Any) -> ToolEvent:
        return ToolEvent(at=self._now_ms(), id=id, **fields)


class TextRows:
    """Makes the events of texts: deltas while one streams, the whole text if it came out otherwise."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._streamed: dict[str, list[str]] = {}
        self._whole: set[str] = set()
        self.retell = False
        """Whether the whole text is told even where it is what has streamed."""

    def streamed(self, id: str) -> str | None:
        """What has streamed of a text that is not yet whole; None where there is no such text."""
        pieces = self._streamed.get(id)
        if pieces is None:
            return None
        pieces[:] = ["".join(pieces)]
        return pieces[0]

    def delta(self, id: str, kind: TextKind, delta: str) -> list[Event]:
        """More of a text; after the whole text it is a repetition."""
        if id in self._whole or not delta:
            return []
        self._streamed.setdefault(id, []).append(delta)
        return [TextEvent(at=self._now_ms(), id=id, kind=kind, delta=delta)]

    def whole(self, id: str, kind: TextKind, text: str) -> list[Event]:
        """The text as it came out."""
        if id in self._whole:
            return []
        self._whole.add(id)
        if "".join(self._streamed.pop(id, [])) == text and not self.retell:
            return []
        return [TextEvent(at=self._now_ms(), id=id, kind=kind, text=text)]
