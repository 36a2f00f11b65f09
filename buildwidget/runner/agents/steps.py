"""Plans without ids: each line keeps the id it got when it was first seen."""

from __future__ import annotations

from collections.abc import Sequence

from buildwidget.protocol.events import Todo, TodoStatus


class PlanSteps:
    """The todos of a plan that is told whole each time; a line is known again by its words."""

    def __init__(self) -> None:
        self._known: list[tuple[str, str]] = []
        self._made = 0

    def todos(self, steps: Sequence[tuple[str, TodoStatus, str | None]]) -> list[Todo]:
        """The plan as todos, of (content, status, active form)."""
        left = list(self._known)
        todos = [
            Todo(id=self._id(content, left), content=content, status=status, active_form=active)
            for content, status, active in steps
        ]
        self._known = [(todo.content, todo.id) for todo in todos]
        return todos

    def _id(self, content: str, left: list[tuple[str, str]]) -> str:
        for place, (known, known_id) in enumerate(left):
            if known == content:
                del left[place]
                return known_id
        self._made += 1
        return f"step-{self._made}"
