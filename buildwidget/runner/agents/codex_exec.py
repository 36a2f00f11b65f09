"""``codex exec --json``: what a Codex without an app server streams. It asks nobody and takes no orders meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from buildwidget.protocol.events import Agent, Decision, Error, MetaEvent, TodosEvent, TodoStatus
from buildwidget.runner.agents.codex import AGENT_ID, NO_PLAN, readable
from buildwidget.runner.agents.codex_items import Items
from buildwidget.runner.agents.codex_usage import figures_of
from buildwidget.runner.agents.credentials import told_of_refusal
from buildwidget.runner.agents.session import Order, Outcome, Permission, Session
from buildwidget.runner.agents.steps import PlanSteps
from buildwidget.runner.agents.usage import usage_event, without

_SANDBOXES: Final[Mapping[Permission, str]] = {
    "ask": "read-only",
    "edits": "workspace-write",
    "all": "danger-full-access",
    "plan": "read-only",
}


def command(binary: str, options: list[str], order: Order) -> list[str]:
    """The words that start it. The prompt comes by its standard input: words are seen by everybody on the machine."""
    words = [binary, "exec", "--json", "--skip-git-repo-check", "--sandbox", _SANDBOXES[order.permission]]
    words += ["-c", "tools.update_plan.enabled=true", *options]
    if order.model:
        words += ["-m", order.model]
    return [*words, *(["resume", order.resume] if order.resume else []), "-"]


class CodexExecSession(Session):
    """One turn, as ``exec --json`` tells it."""

    def __init__(self, order: Order, now_ms: Callable[[], int]) -> None:
        super().__init__(order, now_ms)
        self._items = Items(self._tools, self._texts, now_ms, order.cwd)
        self._steps = PlanSteps()
        self._planned = False

    @property
    def finished(self) -> bool:
        """It hears nothing after its prompt, and begins when its standard input has ended."""
        return True

    def _begin(self) -> None:
        self._replies.append(self.order.prompt)
        if self.order.permission == "ask":
            self._log("Warning: this Codex cannot ask for permission: it may only read.")

    def _interrupt(self) -> None:
        """It hears no requests; the signals that follow tell it."""

    def _decide(self, request_id: str, decision: Decision, message: str | None) -> None:
        """It asks nothing."""

    def _end(self) -> None:
        """Nothing else is open."""

    def _read(self, message: dict[str, Any]) -> bool:
        kind = message.get("type")
        if kind == "thread.started":
            agent = Agent(id=AGENT_ID, session=message["thread_id"])
            self._events.append(MetaEvent(at=self._now_ms(), agent=agent, model=self.order.model))
        elif kind in ("item.started", "item.updated", "item.completed"):
            return self._item(message["item"], ended=kind == "item.completed")
        elif kind == "turn.completed":
            self._completed(message.get("usage") or {})
        elif kind == "turn.failed":
            failed = readable(str(message["error"]["message"]))
            self.outcome = Outcome(error=told_of_refusal(AGENT_ID, Error(kind="failed", message=failed)))
        elif kind == "error":
            self._log(f"Codex: {readable(str(message.get('message')))}")
        else:
            return kind == "turn.started"
        return True

    def _item(self, item: dict[str, Any], *, ended: bool) -> bool:
        if item["type"] == "todo_list":
            self._plan(item["items"])
            return True
        if item["type"] == "error":
            self._log(f"Codex: {item.get('message')}")
            return True
        events = self._items.take(item, ended=ended)
        self._events += events or []
        return events is not None

    def _plan(self, items: list[dict[str, Any]]) -> None:
        """It tells only what is done; what it works on is the first that is not."""
        first = next((place for place, item in enumerate(items) if not item["completed"]), None)
        steps = [(item["text"], _status(item, active=place == first), None) for place, item in enumerate(items)]
        self._events.append(TodosEvent(at=self._now_ms(), todos=self._steps.todos(steps)))
        self._planned = True

    def _completed(self, usage: Mapping[str, Any]) -> None:
        used = without(figures_of(usage), next(iter(self.order.usage_before), {}))
        self._events.append(usage_event(self._now_ms(), used))
        if not self._planned:
            self._log(NO_PLAN)
        self.outcome = Outcome(summary=self._items.answer)


def _status(item: Mapping[str, Any], *, active: bool) -> TodoStatus:
    return "completed" if item["completed"] else "in_progress" if active else "pending"
