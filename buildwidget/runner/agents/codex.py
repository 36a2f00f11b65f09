"""Codex's app server: JSON-RPC, a message a line, both ways (``codex app-server``)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Final, TypeAlias

from buildwidget.protocol.events import Agent, Decision, Error, MetaEvent, TodosEvent, TodoStatus, ToolEvent
from buildwidget.runner.agents.changes import touched
from buildwidget.runner.agents.codex_items import Items
from buildwidget.runner.agents.codex_usage import CodexUsage
from buildwidget.runner.agents.credentials import told_of_refusal
from buildwidget.runner.agents.session import Order, Outcome, Permission, Session
from buildwidget.runner.agents.steps import PlanSteps
from buildwidget.runner.agents.usage import usage_event
from buildwidget.runner.paths import below

AGENT_ID: Final = "codex"
NO_PLAN: Final = "Codex has told no plan: the build shows no todos."

_POLICIES: Final[Mapping[Permission, tuple[str, str]]] = {
    "ask": ("untrusted", "workspace-write"),
    "edits": ("untrusted", "workspace-write"),
    "all": ("never", "danger-full-access"),
    "plan": ("never", "read-only"),
}
"""What is asked for, and what the sandbox allows."""

_STATUSES: Final[Mapping[str, TodoStatus]] = {
    "pending": "pending",
    "inProgress": "in_progress",
    "in_progress": "in_progress",
    "completed": "completed",
}
_APPROVALS: Final = {
    "item/commandExecution/requestApproval": "Bash",
    "item/fileChange/requestApproval": "apply_patch",
}
_ATTEMPT: Final = re.compile(r"(?<!\d)(\d{1,9})/(\d{1,9})$")
_PATIENCE: Final = 3
"""After so many calls without a plan the build says that none was told."""

_WARNINGS: Final = frozenset({"configWarning", "warning", "guardianWarning", "deprecationNotice"})
_QUIET: Final = frozenset(
    # Told by other messages, or of no use to a reader.
    """
    thread/started thread/status/changed thread/name/updated thread/settings/updated thread/environment/connected
    thread/environment/disconnected turn/diff/updated account/rateLimits/updated account/updated skills/changed
    remoteControl/status/changed serverRequest/resolved item/fileChange/outputDelta item/fileChange/patchUpdated
    item/commandExecution/terminalInteraction item/reasoning/summaryPartAdded item/mcpToolCall/progress hook/started
    hook/completed mcpServer/startupStatus/updated fs/changed thread/closed thread/readState/changed app/list/updated
    turn/moderationMetadata thread/queue/changed model/verification model/safetyBuffering/updated
    thread/goal/updated thread/goal/cleared project/changed thread/project/updated thread/prediction/updated
    """.split()  # noqa: SIM905 - a list of words reads better than a list of quoted words
)
_Params: TypeAlias = dict[str, Any]


def command(binary: str, options: list[str]) -> list[str]:
    """The words that start it."""
    return [binary, "app-server", "-c", "tools.update_plan.enabled=true", *options]


class CodexSession(Session):
    """One turn of a Codex thread."""

    def __init__(self, order: Order, now_ms: Callable[[], int]) -> None:
        super().__init__(order, now_ms)
        self._items = Items(self._tools, self._texts, now_ms, order.cwd)
        self._steps = PlanSteps()
        self._sent: dict[int, str] = {}
        self._requests: dict[str, Any] = {}
        self._thread: str | None = None
        self._turn: str | None = None
        self._interrupting = False
        self._made = 0
        self._planned = False
        self._calls: set[str] = set()
        self._usage = CodexUsage()

    def _begin(self) -> None:
        client = {"name": "buildwidget", "title": "buildwidget", "version": "1"}
        self._request("initialize", {"clientInfo": client})

    def _interrupt(self) -> None:
        if self._thread is not None and self._turn is not None:
            self._request("turn/interrupt", {"threadId": self._thread, "turnId": self._turn})
        self._interrupting = True

    def _read(self, message: dict[str, Any]) -> bool:
        if "method" in message and "id" in message:
            return self._on_request(message["id"], message["method"], message.get("params") or {})
        if "method" in message:
            return self._on_notification(message["method"], message.get("params") or {})
        if "id" in message:
            self._on_response(message)
            return True
        return False

    def _on_response(self, message: dict[str, Any]) -> None:
        method = self._sent.pop(message["id"], None)
        error = message.get("error")
        if error is not None and method not in (None, "turn/interrupt"):
            self.usable = method != "initialize"
            what = "go on with the session" if method == "thread/resume" else "begin"
            why = readable(str(error.get("message") or error))
            self.outcome = Outcome(error=Error(kind="codex", message=f"Codex could not {what}: {why}"))
        elif method == "initialize":
            self._reply({"method": "initialized"})
            self._open_thread()
        elif method in ("thread/start", "thread/resume"):
            self._thread_open(message["result"])
        elif method == "turn/start":
            self._turn_open(message["result"]["turn"]["id"])

    def _open_thread(self) -> None:
        policy, sandbox = _POLICIES[self.order.permission]
        wanted = {"cwd": self.order.cwd, "model": self.order.model, "approvalPolicy": policy, "sandbox": sandbox}
        params = {name: value for name, value in wanted.items() if value is not None}
        if self.order.resume:
            self._request("thread/resume", {"threadId": self.order.resume, **params})
        else:
            self._request("thread/start", params)

    def _thread_open(self, result: _Params) -> None:
        thread = result["thread"]
        self._thread = thread["id"]
        agent = Agent(id=AGENT_ID, version=thread.get("cliVersion"), session=thread["id"])
        model = result.get("model") or thread.get("model") or self.order.model
        self._events.append(MetaEvent(at=self._now_ms(), agent=agent, model=model))
        prompt = {"type": "text", "text": self.order.prompt}
        self._request("turn/start", {"threadId": self._thread, "input": [prompt]})

    def _turn_open(self, turn: str) -> None:
        self._turn = self._turn or turn
        if self._interrupting:  # asked for before there was a turn to interrupt
            self._interrupt()

    def _on_request(self, rpc_id: Any, method: str, params: _Params) -> bool:
        tool = _APPROVALS.get(method)
        if tool is None:
            self._reply({"id": rpc_id, "error": {"code": -32601, "message": "not supported"}})
            return False
        request_id = f"{params['itemId']}:{rpc_id}"
        if request_id in self._requests:
            return True
        self._requests[request_id] = rpc_id
        if self.order.permission == "all" or (tool == "apply_patch" and self._may_edit(params)):
            self._decide(request_id, "allow", None)
        else:
            self._ask(request_id, tool, self._asked_for(tool, params))
        return True

    def _may_edit(self, params: _Params) -> bool:
        """Whether a change may be made unasked: only below the working directory."""
        given = self._items.inputs.get(params["itemId"]) or {}
        paths = [PurePath(self.order.cwd, path) for path in touched(given.get("changes") or [])]
        inside = all(below(path, self.order.cwd) is not None and ".." not in path.parts for path in paths)
        return self.order.permission == "edits" and bool(paths) and inside and not params.get("grantRoot")

    def _asked_for(self, tool: str, params: _Params) -> Any:
        given = self._items.inputs.get(params["itemId"])
        if tool == "Bash":
            given = {"command": params.get("command") or (given or {}).get("command")}
        reason = params.get("reason")
        return {**(given or {}), "reason": reason} if reason else given

    def _decide(self, request_id: str, decision: Decision, message: str | None) -> None:
        del message  # Codex takes none
        answer = "accept" if decision == "allow" else "decline"
        self._reply({"id": self._requests[request_id], "result": {"decision": answer}})

    def _on_notification(self, method: str, params: _Params) -> bool:
        thread = params.get("threadId")
        subagent = thread if None not in (thread, self._thread) and thread != self._thread else None
        if method in ("item/started", "item/completed"):
            ended = method == "item/completed"
            events = self._items.take(params["item"], ended=ended, thread=subagent)
            self._events += events or []
            if ended and subagent is None and events and isinstance(events[-1], ToolEvent):
                self._count_call(str(params["item"]["id"]))
            return events is not None or not ended
        if method.startswith(("item/", "command/", "process/")) and method.lower().endswith("delta"):
            return self._on_delta(method, params, subagent)
        if method in _WARNINGS:
            self._log(f"Codex: {params.get('summary') or params.get('message') or method}")
            return True
        return self._on_turn(method, params, subagent) or method in _QUIET

    def _count_call(self, call_id: str) -> None:
        """Nothing tells beforehand whether it has its plan tool; one that works and plans nothing may have none."""
        before = len(self._calls)
        self._calls.add(call_id)
        if before < _PATIENCE <= len(self._calls) and not self._planned:
            self._log(NO_PLAN)

    def _on_delta(self, method: str, params: _Params, subagent: str | None) -> bool:
        if not method.startswith("item/"):
            return True
        item_id, delta = params["itemId"], params["delta"]
        self._events += self._retrying.goes_on()
        if method == "item/commandExecution/outputDelta":
            self._events += self._items.output(item_id, delta)
        elif subagent is not None:
            return True  # a subagent's words: its report is its call's output
        elif method == "item/agentMessage/delta":
            self._events += self._texts.delta(item_id, "answer", delta)
        elif method == "item/plan/delta":
            self._events += self._texts.delta(item_id, "plan", delta)
        elif method == "item/reasoning/summaryTextDelta":
            self._events += self._items.reasoning(item_id, int(params.get("summaryIndex") or 0), delta)
        return True

    def _on_turn(self, method: str, params: _Params, subagent: str | None) -> bool:
        if method == "thread/tokenUsage/updated":
            self._tokens(params["threadId"], params["tokenUsage"])
        elif subagent is not None:
            return method in ("turn/started", "turn/completed", "turn/plan/updated", "error")
        elif method == "turn/started":
            self._turn_open(params["turn"]["id"])
        elif method == "turn/plan/updated":
            steps = [(step["step"], _STATUSES.get(step["status"], "pending"), None) for step in params["plan"]]
            self._events.append(TodosEvent(at=self._now_ms(), todos=self._steps.todos(steps)))
            self._planned = True
        elif method == "turn/completed":
            self._turn_over(params["turn"])
        elif method == "error":
            self._error(params)
        elif method == "model/rerouted":
            self._events.append(MetaEvent(at=self._now_ms(), model=params.get("toModel")))
        else:
            return False
        return True

    def _tokens(self, thread: str, usage: _Params) -> None:
        self._usage.thread(thread, usage, working=self._turn is not None)
        if self._turn is not None:
            self._events.append(usage_event(self._now_ms(), self._usage.figures))

    def _error(self, params: _Params) -> None:
        error = params["error"]
        text = str(error.get("message") or "error")
        if params.get("willRetry"):
            count = _ATTEMPT.search(text)  # "Reconnecting... 2/5"
            attempt, most = (int(count[1]), int(count[2])) if count else (self._retrying.attempts + 1, None)
            details = [None if count else text, error.get("additionalDetails")]
            why = ": ".join(str(each) for each in details if each) or text
            self._events += self._retrying.waits(why, attempt, most)
        else:
            self._log(f"Codex: {text}")

    def _turn_over(self, turn: _Params) -> None:
        self._events += self._retrying.goes_on()
        if turn["status"] == "completed":
            if not self._planned and len(self._calls) < _PATIENCE:
                self._log(NO_PLAN)
            self.outcome = Outcome(summary=self._items.answer)
            return
        error = turn.get("error") or {}
        message = error.get("message") or (
            "It was interrupted." if turn["status"] == "interrupted" else "The turn failed."
        )
        self.outcome = Outcome(
            error=told_of_refusal(AGENT_ID, Error(kind=turn["status"], message=readable(str(message))))
        )

    def _end(self) -> None:
        if not self._thread and self.outcome is None:
            self.usable = False

    def _request(self, method: str, params: _Params) -> None:
        self._made += 1
        number = self._made
        self._sent[number] = method
        self._reply({"id": number, "method": method, "params": params})


def readable(message: str) -> str:
    """The sentence in an API's error, which Codex hands on as the JSON it came as."""
    try:
        found = json.loads(message)["error"]["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return message
    return str(found)
