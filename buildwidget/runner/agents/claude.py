"""Claude Code's stream-json, both ways (``claude -p --input-format stream-json --output-format stream-json``)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from buildwidget.protocol.events import Agent, Decision, MetaEvent, TodosEvent, ToolState
from buildwidget.runner.agents.changes import changes_of_claude
from buildwidget.runner.agents.claude_background import BackgroundAgents
from buildwidget.runner.agents.claude_blocks import Blocks, Call
from buildwidget.runner.agents.claude_results import error_of, rejected_calls, text_of
from buildwidget.runner.agents.claude_todos import TODO_TOOLS, WRITING_TOOLS, ClaudeTodos
from buildwidget.runner.agents.claude_usage import ClaudeUsage
from buildwidget.runner.agents.files import artifact
from buildwidget.runner.agents.session import Order, Outcome, Permission, Session
from buildwidget.runner.agents.usage import usage_event

AGENT_ID: Final = "claude-code"

_MODES: Final[dict[Permission, str]] = {"ask": "default", "edits": "acceptEdits", "all": "default", "plan": "plan"}
_FILE_TOOLS: Final = {
    "Write": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "NotebookEdit": "notebook_path",
}
_REMEMBERED_LINES: Final = 10_000
_PLAN_ONLY: Final = "Only the plan was asked for. It has been kept; stop here."
_QUIET: Final = frozenset(
    # Of no use to a reader, or told by other lines. task_*: subagents and long commands, which are tool rows.
    """
    status thinking_tokens task_progress task_updated
    session_state_changed hook_started hook_progress hook_response files_persisted post_turn_summary
    """.split()  # noqa: SIM905 - a list of words reads better than a list of quoted words
)
_TASKS: Final = frozenset({"task_started", "task_notification", "background_tasks_changed"})
_SILENT_TYPES: Final = frozenset(
    {"control_response", "keep_alive", "tool_progress", "tool_use_summary", "prompt_suggestion", "rate_limit_event"}
    | {"control_cancel_request", "streamlined_text", "streamlined_tool_use_summary"}
)
NO_TODO_TOOLS: Final = "This Claude Code has its todo tools switched off: the build shows no todos."


def command(binary: str, order: Order) -> list[str]:
    """The words that start it. Permission prompts come over its standard streams."""
    words = [binary, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]
    words += ["--include-partial-messages", "--forward-subagent-text", "--permission-prompt-tool", "stdio"]
    words += ["--permission-mode", _MODES[order.permission], "--disallowedTools", "AskUserQuestion"]
    if order.model:
        words.append(f"--model={order.model}")
    if order.resume:
        words.append(f"--resume={order.resume}")
    return words


def environment(given: dict[str, str]) -> dict[str, str]:
    """Its environment: todo tools on and at hand, no update of itself in the middle of a build."""
    wanted = {"CLAUDE_CODE_ENABLE_TODO_TOOLS": "1", "ENABLE_TOOL_SEARCH": "false", "DISABLE_AUTOUPDATER": "1"}
    # A session that started this one would take it for its own subagent.
    kept = {name: value for name, value in given.items() if name not in ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT")}
    return {**wanted, **kept}


class ClaudeSession(Session):
    """One run of Claude Code."""

    def __init__(self, order: Order, now_ms: Callable[[], int]) -> None:
        super().__init__(order, now_ms)
        self._blocks = Blocks(self._tools, self._texts)
        self._background = BackgroundAgents(self._tools)
        self._another_turn = False
        self._todos = ClaudeTodos(order.todo_names)
        self._usage = ClaudeUsage(order.usage_before)
        self._lines: OrderedDict[str, None] = OrderedDict()
        self._asked: dict[str, dict[str, Any]] = {}
        self._denied: set[str] = set()
        self._plans_kept: set[str] = set()
        self._model: str | None = None
        self._message_id = ""

    @property
    def finished(self) -> bool:
        """Whether it has said its last word."""
        return super().finished and not self._another_turn

    @property
    def lingering(self) -> bool:
        """Whether another turn is expected, of which nothing is to be seen yet."""
        return super().finished and self._another_turn and not self._background.at_work

    def _begin(self) -> None:
        content = self.order.prompt
        self._reply({"type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": None,
                     "session_id": ""})  # fmt: skip

    def _interrupt(self) -> None:
        request = {"subtype": "interrupt"}
        self._reply({"type": "control_request", "request_id": "buildwidget-interrupt", "request": request})

    def _read(self, message: dict[str, Any]) -> bool:
        if self._is_repeated(message):
            return True
        kind = message.get("type")
        read = {
            "system": self._system,
            "assistant": self._assistant,
            "user": self._user,
            "stream_event": self._stream_event,
            "result": self._result,
            "control_request": self._control_request,
        }.get(str(kind))
        if read is None:
            return kind in _SILENT_TYPES
        return read(message) is not False

    def _is_repeated(self, message: dict[str, Any]) -> bool:
        line_id = message.get("uuid")
        if not isinstance(line_id, str):
            return False
        if line_id in self._lines:
            return True
        self._lines[line_id] = None
        if len(self._lines) > _REMEMBERED_LINES:
            self._lines.popitem(last=False)
        return False

    def _system(self, message: dict[str, Any]) -> bool:
        subtype = message.get("subtype")
        if subtype == "init":
            self._init(message)
        elif subtype in _TASKS:
            self._events += self._background.told(message)
        elif subtype == "api_retry":
            status = message.get("error_status")
            why = f"{message.get('error') or 'the model did not answer'}{f' ({status})' if status else ''}"
            self._events += self._retrying.waits(why, int(message["attempt"]), message.get("max_retries"))
        elif subtype == "compact_boundary":
            self._log("Claude Code made its memory of the conversation shorter.")
        else:
            return subtype in _QUIET
        return True

    def _init(self, message: dict[str, Any]) -> None:
        first = self._model is None
        if self._another_turn:
            self._another_turn, self.outcome = False, None
        agent = Agent(id=AGENT_ID, version=message.get("claude_code_version"), session=message.get("session_id"))
        self._model = message.get("model") or self._model
        self._events.append(MetaEvent(at=self._now_ms(), agent=agent, model=self._model))
        tools = message.get("tools")
        if first and isinstance(tools, list) and not WRITING_TOOLS & {str(tool) for tool in tools}:
            self._log(f"Warning: {NO_TODO_TOOLS}")

    def _assistant(self, message: dict[str, Any]) -> None:
        said, parent = message["message"], message.get("parent_tool_use_id")
        if message.get("is_api_error_message"):
            return  # the result tells it again, as the error it is
        self._events += self._retrying.goes_on()
        self._tell_model(said.get("model"), parent)
        if isinstance(said.get("usage"), dict):
            self._usage_of(said)
        for block in said["content"]:
            self._events += self._blocks.whole(said["id"], block, parent)

    def _usage_of(self, said: dict[str, Any]) -> None:
        # A placeholder where the message streams: its true figures came with message_start and come with its end.
        if said["id"] != self._message_id:
            self._usage.message(said["id"], said["usage"])

    def _tell_model(self, model: Any, parent: str | None) -> None:
        if isinstance(model, str) and parent is None and model not in (self._model, "<synthetic>"):
            self._model = model
            self._events.append(MetaEvent(at=self._now_ms(), model=model))

    def _stream_event(self, message: dict[str, Any]) -> None:
        event, parent = message["event"], message.get("parent_tool_use_id")
        kind = event.get("type")
        if kind == "message_start":
            self._events += self._retrying.goes_on()
            self._message_id = event["message"]["id"]
            self._blocks.begin_message(self._message_id, parent)
            self._usage.message(self._message_id, event["message"].get("usage") or {})
        elif kind == "content_block_start":
            self._events += self._blocks.begin_block(event["index"], event["content_block"], parent)
        elif kind == "content_block_delta":
            self._events += self._blocks.more(event["index"], event["delta"], parent)
        elif kind == "message_delta" and isinstance(event.get("usage"), dict):
            self._usage.message(str(message.get("api_message_id") or self._message_id), event["usage"])
            self._events.append(usage_event(self._now_ms(), self._usage.figures))

    def _user(self, message: dict[str, Any]) -> None:
        content = message["message"].get("content")
        if not isinstance(content, list):
            return
        results = [block for block in content if isinstance(block, dict) and block.get("type") == "tool_result"]
        rejected = rejected_calls(message)
        for block in results:
            self._tool_result(block, message, rejected)

    def _tool_result(self, block: dict[str, Any], message: dict[str, Any], rejected: set[str]) -> None:
        call_id, output = block["tool_use_id"], text_of(block.get("content"))
        call = self._blocks.calls.get(call_id)
        failed = bool(block.get("is_error"))
        if call is not None and call.name in TODO_TOOLS and not failed:
            self._todo_result(call, output, message.get("tool_use_result"))
            return
        if call is not None and call.name in TODO_TOOLS:
            self._events += self._tools.started(call_id, call.name, call.input, call.parent)
        if self._background.has(call_id) and not failed:
            return
        state: ToolState = "succeeded"
        if failed and call_id not in self._plans_kept:
            state = "denied" if call_id in self._denied or call_id in rejected else "failed"
        fresh = not self._tools.has_ended(call_id)
        changes = self._changes(call, message) if state == "succeeded" else None
        told = {"changes": changes} if changes else output
        self._events += self._tools.ended(call_id, state, told, call.name if call else None)
        if fresh and call is not None and state == "succeeded":
            self._file_of(call)

    def _todo_result(self, call: Call, output: str, result: Any) -> None:
        if call.name == "TodoWrite" and call.parent is not None:
            return  # a subagent's own list
        if self._todos.succeeded(call.name, call.input or {}, output, result):
            self._events.append(TodosEvent(at=self._now_ms(), todos=self._todos.todos))

    def _changes(self, call: Call | None, message: dict[str, Any]) -> list[dict[str, Any]] | None:
        if call is None or call.name not in _FILE_TOOLS:
            return None
        return changes_of_claude(message.get("tool_use_result"), self.order.cwd)

    def _file_of(self, call: Call) -> None:
        field = _FILE_TOOLS.get(call.name)
        path = call.input.get(field) if field and isinstance(call.input, dict) else None
        if isinstance(path, str) and path:
            self._events.append(artifact(self._now_ms(), path, self.order.cwd))

    def _control_request(self, message: dict[str, Any]) -> bool:
        request, request_id = message["request"], message["request_id"]
        if request.get("subtype") != "can_use_tool":
            error = {"subtype": "error", "request_id": request_id, "error": "not supported"}
            self._reply({"type": "control_response", "response": error})
            return False
        if request_id in self._asked:
            return True
        self._asked[request_id] = request
        tool = request["tool_name"]
        if self.order.permission == "all":
            self._respond(request_id, {"behavior": "allow", "updatedInput": request.get("input") or {}})
        elif self.order.permission == "plan" and tool == "ExitPlanMode":
            self._plans_kept.add(str(request.get("tool_use_id")))
            self._respond(request_id, {"behavior": "deny", "message": _PLAN_ONLY})
        else:
            self._ask(request_id, tool, request.get("input"))
        return True

    def _decide(self, request_id: str, decision: Decision, message: str | None) -> None:
        request = self._asked[request_id]
        if decision == "allow":
            self._respond(request_id, {"behavior": "allow", "updatedInput": request.get("input") or {}})
            return
        self._denied.add(str(request.get("tool_use_id")))
        why = "Nobody answered in time." if decision == "timeout" else "The user denied it."
        self._respond(request_id, {"behavior": "deny", "message": message or why})

    def _respond(self, request_id: str, response: dict[str, Any]) -> None:
        content = {"subtype": "success", "request_id": request_id, "response": response}
        self._reply({"type": "control_response", "response": content})

    def _result(self, message: dict[str, Any]) -> None:
        self._another_turn = self._background.at_work or bool(message.get("queued_turn_count"))
        self._usage.result(message)
        self._events += [*self._retrying.goes_on(), usage_event(self._now_ms(), self._usage.figures)]
        if message.get("is_error") or message.get("subtype") != "success":
            self.outcome = Outcome(error=error_of(message))
        else:
            answer = message.get("result")
            self.outcome = Outcome(summary=answer if isinstance(answer, str) and answer.strip() else None)

    def _end(self) -> None:
        """Nothing else is open."""
