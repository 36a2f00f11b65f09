"""The todos of a build as its processes report them: whole plans, and steps that begin and end. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from buildwidget.protocol.events import Todo
from buildwidget.protocol.limits import MAX_TODOS
from buildwidget.reporting.messages import StepEnded, StepStarted, TodoReport

_OPEN: Final = ("pending", "in_progress")


class TodoList:
    """The plan as it stands; every change makes a new list, so that one once given never changes.

    Past the 500 todos a state holds, further steps change nothing.
    """

    def __init__(self) -> None:
        self.todos: list[Todo] = []
        self._steps: dict[str, str] = {}  # step -> its todo
        self._open_steps: Counter[str] = Counter()  # how many steps of each todo are open
        self._failed: set[str] = set()
        self._made = 0

    def replace(self, reports: Sequence[TodoReport]) -> list[Todo]:
        """A new plan. Todos known by id or content keep their id, and their status where none is given."""
        known = list(self.todos)
        taken = {todo.id for todo in known} | {report.id for report in reports if report.id}
        plan: list[Todo] = []
        for report in reports[:MAX_TODOS]:
            before = _find(known, report)
            if before is not None:
                known.remove(before)
            plan.append(self._merged(report, before, taken))
        self.todos = plan
        return self.todos

    def start(self, started: StepStarted) -> list[Todo]:
        """A step began: its todo is in progress; what an exception left in progress before it, is not any more."""
        todo = next((todo for todo in self.todos if todo.content == started.content and todo.status in _OPEN), None)
        for identity in self._failed - ({todo.id} if todo else set()):
            self._set(identity, status="cancelled")
        self._failed.clear()
        if todo is None:
            if len(self.todos) >= MAX_TODOS:
                return self.todos
            todo = Todo(id=self._new_id({other.id for other in self.todos}), content=started.content, status="pending")
            place = self._place(started)
            self.todos = [*self.todos[:place], todo, *self.todos[place:]]
        self._forget(started.step)
        self._steps[started.step] = todo.id
        self._open_steps[todo.id] += 1
        self._set(todo.id, status="in_progress", active_form=started.active_form or todo.active_form)
        return self.todos

    def end(self, ended: StepEnded) -> list[Todo]:
        """A step ended. Failed, it stays in progress: that is where the build stands if it fails of it."""
        identity = self._forget(ended.step)
        if identity is None or identity in self._open_steps:
            return self.todos  # unknown, or others are still at it
        if ended.failed:
            self._failed.add(identity)
        else:
            self._set(identity, status="completed")
        return self.todos

    def _forget(self, step: str) -> str | None:
        """The todo of a step that is not open any more."""
        identity = self._steps.pop(step, None)
        if identity is not None:
            self._open_steps[identity] -= 1
            if not self._open_steps[identity]:
                del self._open_steps[identity]
        return identity

    def _merged(self, report: TodoReport, before: Todo | None, taken: Collection[str]) -> Todo:
        return Todo(
            id=report.id or (before.id if before else self._new_id(taken)),
            content=report.content,
            status=report.status or (before.status if before else "pending"),
            active_form=report.active_form or (before.active_form if before else None),
        )

    def _place(self, started: StepStarted) -> int:
        """Where a new todo goes: behind the step it began in and what began there before, else at the end."""
        parent = self._steps.get(started.parent or "")
        place = next((i for i, todo in enumerate(self.todos) if todo.id == parent), None)
        if place is None:
            return len(self.todos)
        place += 1
        while place < len(self.todos) and self.todos[place].status != "pending":
            place += 1
        return place

    def _set(self, identity: str, **changes: str | None) -> None:
        self.todos = [msgspec.structs.replace(todo, **changes) if todo.id == identity else todo for todo in self.todos]

    def _new_id(self, taken: Collection[str]) -> str:
        while True:
            self._made += 1
            if f"todo-{self._made}" not in taken:
                return f"todo-{self._made}"


def _find(known: Sequence[Todo], report: TodoReport) -> Todo | None:
    if report.id is not None:
        return next((todo for todo in known if todo.id == report.id), None)
    return next((todo for todo in known if todo.content == report.content), None)
