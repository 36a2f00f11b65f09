"""Claude Code's subagents in the background, which work on while the agent itself goes on, or has ended its turn.

Their call is answered at once with the news that they were started. What they came to is told later, and then the
agent takes another turn: until then a result is not its last word, and its prompts are still to be answered.
"""

from __future__ import annotations

from typing import Any, Final

from buildwidget.protocol.events import Event
from buildwidget.runner.agents.rows import ToolRows

_KIND: Final = "local_agent"


class BackgroundAgents:
    """Which subagents are in the background; their calls' rows end when they do."""

    def __init__(self, tools: ToolRows) -> None:
        self._tools = tools
        self._calls: dict[str, str] = {}  # task -> the call that started it
        self._callers: set[str] = set()
        self._running: set[str] = set()

    @property
    def at_work(self) -> bool:
        """Whether there is one that has not ended."""
        return bool(self._running)

    def has(self, call_id: str) -> bool:
        """Whether this call started one, so that its result is not the subagent's."""
        return call_id in self._callers

    def told(self, message: dict[str, Any]) -> list[Event]:
        """Takes a line about tasks; others of its subtypes say nothing new."""
        subtype, task = message.get("subtype"), str(message.get("task_id"))
        if subtype == "background_tasks_changed":
            known = [each for each in message["tasks"] if each.get("task_type") == _KIND]
            self._running = {str(each["task_id"]) for each in known}
        elif subtype == "task_started" and message.get("is_backgrounded") and message.get("task_type") == _KIND:
            self._running.add(task)
            self._calls[task] = str(message["tool_use_id"])
            self._callers.add(self._calls[task])
        elif subtype == "task_notification" and task in self._calls:
            self._running.discard(task)
            return self._ended(self._calls[task], message)
        return []

    def _ended(self, call: str, message: dict[str, Any]) -> list[Event]:
        report = message.get("summary")
        if self._tools.has_ended(call):
            return self._tools.reported(call, report) if report else []
        return self._tools.ended(call, "succeeded" if message.get("status") == "completed" else "failed", report)
