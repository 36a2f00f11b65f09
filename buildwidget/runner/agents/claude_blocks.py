"""What Claude Code's model says: texts, reasoning and calls, first in pieces, then whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from buildwidget.protocol.events import Event, TextKind
from buildwidget.runner.agents.claude_todos import TODO_TOOLS
from buildwidget.runner.agents.rows import TextRows, ToolRows

_KINDS: Final[dict[str, TextKind]] = {"text": "answer", "thinking": "reasoning"}
_PLAN_TOOL: Final = "ExitPlanMode"


@dataclass
class Call:
    """A call of a tool, as the model made it."""

    name: str
    input: Any
    parent: str | None


class Blocks:
    """Turns the blocks of messages into rows.

    A block streams under its message's id and its place; the whole block comes without its place. It is known
    again by what has streamed. Texts of subagents are left out: their report is their call's output.
    """

    def __init__(self, tools: ToolRows, texts: TextRows) -> None:
        self._tools = tools
        self._texts = texts
        self._message: dict[str | None, str] = {}
        self._kinds: dict[str, TextKind] = {}
        self._places: dict[str, int] = {}
        self._seen: set[str] = set()
        self.calls: dict[str, Call] = {}

    def begin_message(self, id: str, parent: str | None) -> None:
        """The model begins to answer; ``parent`` is the subagent's call, None for the agent itself."""
        self._message[parent] = id

    def begin_block(self, place: int, block: dict[str, Any], parent: str | None) -> list[Event]:
        """A block begins to stream."""
        kind = block.get("type")
        if kind == "tool_use" and block["name"] not in TODO_TOOLS:
            return self._tools.streaming(block["id"], block["name"], parent)
        if kind in _KINDS and parent is None:
            self._kinds[self._id(place)] = _KINDS[kind]
        return []

    def more(self, place: int, delta: dict[str, Any], parent: str | None) -> list[Event]:
        """A piece of a block."""
        text = delta.get("text") or delta.get("thinking")
        kind = _KINDS.get(str(delta.get("type")).removesuffix("_delta"))
        if parent is not None or kind is None or not isinstance(text, str):
            return []
        self._kinds.setdefault(self._id(place), kind)
        return self._texts.delta(self._id(place), kind, text)

    def whole(self, message_id: str, block: dict[str, Any], parent: str | None) -> list[Event]:
        """A whole block."""
        kind = block.get("type")
        if kind == "tool_use":
            return self._call(block, parent)
        if kind not in _KINDS or parent is not None:
            return []
        text = block.get(kind)
        if not isinstance(text, str) or not text:
            return []
        return self._text(message_id, _KINDS[kind], text)

    def _call(self, block: dict[str, Any], parent: str | None) -> list[Event]:
        call_id, name, given = block["id"], block["name"], block.get("input")
        if call_id in self.calls:
            return []
        self.calls[call_id] = Call(name, given, parent)
        if name in TODO_TOOLS:
            return []
        events = self._tools.started(call_id, name, given, parent)
        if name == _PLAN_TOOL and isinstance(given, dict) and given.get("plan"):
            events += self._texts.whole(f"plan:{call_id}", "plan", str(given["plan"]))
        return events

    def _text(self, message_id: str, kind: TextKind, text: str) -> list[Event]:
        mark = f"{message_id}\0{kind}\0{text}"
        if mark in self._seen:  # the same words twice in one message are a repetition of the stream
            return []
        self._seen.add(mark)
        for text_id, its_kind in self._kinds.items():
            streamed = (
                self._texts.streamed(text_id) if its_kind == kind and text_id.startswith(f"{message_id}:") else None
            )
            if streamed and text.startswith(streamed):
                return self._texts.whole(text_id, kind, text)
        place = self._places.get(message_id, 0)
        self._places[message_id] = place + 1
        return self._texts.whole(f"{message_id}:w{place}", kind, text)

    def _id(self, place: int) -> str:
        return f"{self._message.get(None, 'message')}:{place}"
