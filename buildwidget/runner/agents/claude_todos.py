"""Claude Code's two dialects of todos: TodoWrite (the whole list) and Task* (one task at a time)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from buildwidget.protocol.events import Todo, TodoStatus
from buildwidget.protocol.limits import MAX_TODOS
from buildwidget.runner.agents.steps import PlanSteps

TODO_TOOLS: Final = frozenset({"TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet"})
"""Their calls are no tool rows: the todos tell what they did. Only one that fails gets a row."""

WRITING_TOOLS: Final = frozenset({"TodoWrite", "TaskCreate"})
"""Without one of these the agent cannot tell its todos."""

_STATUSES: Final[Mapping[str, TodoStatus]] = {
    "pending": "pending",
    "in_progress": "in_progress",
    "completed": "completed",
    "cancelled": "cancelled",
}
_CREATED: Final = re.compile(r"Task #(\S+) created")
_MAX_DIGITS: Final = 15
"""A longer number is none; Python refuses to read one of thousands of digits."""


class ClaudeTodos:
    """The todos that calls of the todo tools, once they succeeded, add up to.

    Past the 500 tasks a state holds, further ones change nothing.

    Args:
        known: tasks of the session's earlier builds, by id. They are not shown until they change.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._tasks: dict[str, Todo] = {}
        self._written: list[Todo] = []
        self._steps = PlanSteps()

    @property
    def todos(self) -> list[Todo]:
        """The list as it stands; tasks in the order of their numbers, because their results come in any order."""
        return [*self._written, *(self._tasks[task_id] for task_id in sorted(self._tasks, key=_number))]

    def succeeded(self, name: str, given: Mapping[str, Any], told: str, result: Any) -> bool:
        """A call of a todo tool succeeded; whether the list has changed.

        Args:
            name: the tool.
            given: the call's input.
            told: the result as text.
            result: the result as data, where there is some.
        """
        before = self.todos
        if name == "TodoWrite":
            self._write(given)
        elif name == "TaskCreate":
            self._create(given, told, result)
        elif name == "TaskUpdate":
            self._update(given)
        return self.todos != before

    def _write(self, given: Mapping[str, Any]) -> None:
        steps = [
            (str(todo["content"]), _STATUSES.get(todo.get("status"), "pending"), todo.get("activeForm"))
            for todo in given["todos"]
        ]
        self._written = self._steps.todos(steps)

    def _create(self, given: Mapping[str, Any], told: str, result: Any) -> None:
        task = result.get("task") if isinstance(result, dict) else None
        match = _CREATED.search(told)
        task_id = str(task["id"]) if isinstance(task, dict) else match[1] if match else None
        if task_id is not None and task_id not in self._tasks and len(self._tasks) < MAX_TODOS:
            content = str(given.get("subject") or (task or {}).get("subject") or f"Task {task_id}")
            self._tasks[task_id] = Todo(
                id=f"task-{task_id}", content=content, status="pending", active_form=given.get("activeForm")
            )

    def _update(self, given: Mapping[str, Any]) -> None:
        task_id = str(given["taskId"])
        if given.get("status") == "deleted":
            self._tasks.pop(task_id, None)
            return
        if task_id not in self._tasks and len(self._tasks) >= MAX_TODOS:
            return
        name = self._known.get(f"task-{task_id}") or f"Task {task_id}"
        task = self._tasks.get(task_id) or Todo(id=f"task-{task_id}", content=name, status="pending")
        self._tasks[task_id] = msgspec.structs.replace(
            task,
            content=str(given.get("subject") or task.content),
            active_form=given.get("activeForm") or task.active_form,
            status=_STATUSES.get(given.get("status", ""), task.status),
        )


def _number(id: str) -> tuple[int, str]:
    return (int(id) if id.isdecimal() and len(id) <= _MAX_DIGITS else 1 << 60, id)
