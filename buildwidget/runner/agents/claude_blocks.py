"""What Claude Code's model says: texts, reasoning and calls, first in pieces, then whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from buildwidget.protocol.events import Event, TextKind
from buildwidget.runner.agents.claude_todos import TODO_TOOLS
from buildwidget.runner.agents.rows import TextRows, ToolRows

_KINDS: Final[dict[str, TextKind]] = {"text": "answer", "thinking": "reasoning"}
_PLAN_TOOL: Final = "ExitPlanMode"
_MAX_OPEN: Final = 100
"""Streaming texts of one message that are remembered, and messages that have some; more are a faulty stream."""


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
        self._open: dict[str, dict[str, TextKind]] = {}  # message -> its texts that stream
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
            self._opens(place, _KINDS[kind])
        return []

    def more(self, place: int, delta: dict[str, Any], parent: str | None) -> list[Event]:
        """A piece of a block."""
        text = delta.get("text") or delta.get("thinking")
        kind = _KINDS.get(str(delta.get("type")).removesuffix("_delta"))
        if parent is not None or kind is None or not isinstance(text, str):
            return []
        return self._texts.delta(self._opens(place, kind), kind, text)

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
        texts = self._open.get(message_id, {})
        for text_id, its_kind in texts.items():
            streamed = self._texts.streamed(text_id) if its_kind == kind else None
            if streamed and text.startswith(streamed):
                del texts[text_id]
                return self._texts.whole(text_id, kind, text)
        place = self._places.get(message_id, 0)
        self._places[message_id] = place + 1
        return self._texts.whole(f"{message_id}:w{place}", kind, text)

    def _opens(self, place: int, kind: TextKind) -> str:
        """The id of a text that streams; the oldest is forgotten where there are too many."""
        message = self._message.get(None, "message")
        texts = self._open.setdefault(message, {})
        text_id = f"{message}:{place}"
        texts.setdefault(text_id, kind)
        for opened in (texts, self._open):
            if len(opened) > _MAX_OPEN:
                del opened[next(iter(opened))]
        return text_id
