"""Codex's items (messages, commands, file changes ...) as rows; the same for app-server and ``exec --json``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from buildwidget.protocol.events import Event, ToolState
from buildwidget.runner.agents.changes import changes_of_codex, written
from buildwidget.runner.agents.files import artifact
from buildwidget.runner.agents.rows import TextRows, ToolRows

_STATES: Final[Mapping[str, ToolState]] = {"completed": "succeeded", "failed": "failed", "declined": "denied"}
_QUIET: Final = frozenset({"user_message", "todo_list", "hook_prompt", "sub_agent_activity", "sleep"})
_PREVIEW_CHARACTERS: Final = 1024
"""Output is told as it comes only up to what a preview shows; the whole comes with the end."""


class Items:
    """Turns items into rows; an item comes at its start and at its end, with the same id.

    Args:
        tools: the tool rows.
        texts: the text rows.
        now_ms: the time.
        cwd: the working directory, for artifacts.
    """

    def __init__(self, tools: ToolRows, texts: TextRows, now_ms: Callable[[], int], cwd: str) -> None:
        self._tools = tools
        self._texts = texts
        self._now_ms = now_ms
        self._cwd = cwd
        self._outputs: dict[str, str] = {}
        self._parts: dict[str, int] = {}
        self._callers: dict[str, str] = {}
        self._callers_wanted: dict[str, list[str]] = {}
        self._reports: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        """The input of each call, by its item's id: a permission prompt names only the item."""
        self.answer: str | None = None
        """The last thing that the agent itself said."""

    def take(self, item: Mapping[str, Any], *, ended: bool, thread: str | None = None) -> list[Event] | None:
        """An item at its start or end; None for a kind that is not known.

        ``thread`` is the subagent's, None for the agent itself.
        """
        item_id, kind = str(item["id"]), _snake(str(item["type"]))
        if kind in _QUIET:
            return []
        if kind == "agent_message" and thread is not None:
            return self._report(thread, str(item.get("text") or "")) if ended else []
        if kind in ("agent_message", "reasoning", "plan"):
            return self._said(item_id, kind, item) if ended and thread is None else []
        reader = _CALLS.get(kind)
        if reader is None:
            return None
        name, given, output = reader(item)
        if kind == "file_change":
            given = {"changes": changes_of_codex(item.get("changes") or [], self._cwd)}
        events = self._called(item_id, (name, given, output), item, ended=ended, thread=thread)
        return events + self._subagents(item_id, item) if kind.startswith("collab_") else events

    def output(self, item_id: str, delta: str) -> list[Event]:
        """More output of a running command."""
        before = self._outputs.get(item_id, "")
        if len(before) >= _PREVIEW_CHARACTERS:
            return []
        self._outputs[item_id] = before + delta
        return self._tools.output(item_id, self._outputs[item_id])

    def reasoning(self, item_id: str, part: int, delta: str) -> list[Event]:
        """More of a reasoning, which comes in parts."""
        new_part = part > self._parts.get(item_id, 0)
        self._parts[item_id] = max(part, self._parts.get(item_id, 0))
        return self._texts.delta(item_id, "reasoning", f"\n\n{delta}" if new_part else delta)

    def _said(self, item_id: str, kind: str, item: Mapping[str, Any]) -> list[Event]:
        if kind == "agent_message":
            self.answer = str(item.get("text") or "") or self.answer
            return self._texts.whole(item_id, "answer", str(item.get("text") or ""))
        if kind == "plan":
            return self._texts.whole(item_id, "plan", str(item.get("text") or ""))
        parts = item.get("summary") or item.get("content") or [item.get("text") or ""]
        text = "\n\n".join(str(part) for part in parts)
        return self._texts.whole(item_id, "reasoning", text) if text else []

    def _called(
        self, item_id: str, call: tuple[str, Any, Any], item: Mapping[str, Any], *, ended: bool, thread: str | None
    ) -> list[Event]:
        name, given, output = call
        self.inputs[item_id] = given
        caller = self._callers.get(thread or "")
        if thread is not None and caller is None:
            self._callers_wanted.setdefault(thread, []).append(item_id)
        events = self._tools.started(item_id, name, given, caller)
        if not ended or self._tools.has_ended(item_id):
            return events
        state = _STATES.get(_snake(str(item.get("status") or "completed")), "succeeded")
        if item.get("error"):
            state = "failed"
        events += self._tools.ended(item_id, state, output)
        if name == "apply_patch" and state == "succeeded":
            events += [artifact(self._now_ms(), path, self._cwd) for path in written(given["changes"])]
        return events

    def _subagents(self, item_id: str, item: Mapping[str, Any]) -> list[Event]:
        """Whose subagents these are, and what they have reported."""
        events: list[Event] = []
        if _snake(str(item.get("tool"))) == "spawn_agent":
            for thread in map(str, _get(item, "receiverThreadIds") or ()):
                events += self._adopt(thread, item_id)
        for thread, state in (_get(item, "agentsStates") or {}).items():
            if isinstance(state, dict) and state.get("message"):
                events += self._report(thread, str(state["message"]))
        return events

    def _adopt(self, thread: str, caller: str) -> list[Event]:
        if thread in self._callers:
            return []
        self._callers[thread] = caller
        wanted, report = self._callers_wanted.pop(thread, ()), self._reports.get(thread)
        events = [event for call in wanted for event in self._tools.nested(call, caller)]
        return events + (self._tools.reported(caller, report) if report else [])

    def _report(self, thread: str, text: str) -> list[Event]:
        """The newest words of a subagent: its report, in the end. They are its call's output."""
        if not text or self._reports.get(thread) == text:
            return []
        self._reports[thread] = text
        caller = self._callers.get(thread)
        return self._tools.reported(caller, text) if caller else []


def _command(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    given = {"command": item.get("command")}
    code, output = _get(item, "exitCode"), _get(item, "aggregatedOutput") or ""
    return "Bash", given, f"{output}{_exit_line(output, code)}"


def _exit_line(output: str, code: Any) -> str:
    if not code:
        return ""
    return f"{'' if not output or output.endswith(chr(10)) else chr(10)}Exit code {code}"


def _file_change(_item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return "apply_patch", None, None


def _mcp(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return (
        f"mcp__{item.get('server')}__{item.get('tool')}",
        item.get("arguments"),
        item.get("error") or item.get("result"),
    )


def _dynamic(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return str(item.get("tool") or "tool"), item.get("arguments"), _get(item, "contentItems")


def _collab(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    tool = _snake(str(item.get("tool")))
    states = _get(item, "agentsStates") or {}
    said = [str(state["message"]) for state in states.values() if isinstance(state, dict) and state.get("message")]
    return tool, {"prompt": item.get("prompt")} if item.get("prompt") else {}, "\n".join(said) or None


def _web_search(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return "web_search", {"query": item.get("query")}, item.get("results")


def _view_image(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return "view_image", {"path": item.get("path")}, None


def _function_output(item: Mapping[str, Any]) -> tuple[str, Any, Any]:
    return str(item.get("name") or "tool"), None, item.get("output")


_CALLS: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[str, Any, Any]]]] = {
    "command_execution": _command,
    "file_change": _file_change,
    "mcp_tool_call": _mcp,
    "dynamic_tool_call": _dynamic,
    "collab_tool_call": _collab,
    "collab_agent_tool_call": _collab,
    "web_search": _web_search,
    "image_view": _view_image,
    "function_call_output": _function_output,
}


def _get(item: Mapping[str, Any], name: str) -> Any:
    """A field under its name of the app server, or that of ``exec --json``."""
    return item[name] if name in item else item.get(_snake(name))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
