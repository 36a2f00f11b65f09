"""Plans without ids: each line keeps the id it got when it was first seen."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from buildwidget.protocol.events import Todo, TodoStatus


class PlanSteps:
    """The todos of a plan that is told whole each time; a line is known again by its words."""

    def __init__(self) -> None:
        self._known: dict[str, deque[str]] = {}  # content -> ids, of equal lines in their order
        self._made = 0

    def todos(self, steps: Sequence[tuple[str, TodoStatus, str | None]]) -> list[Todo]:
        """The plan as todos, of (content, status, active form)."""
        known: defaultdict[str, deque[str]] = defaultdict(deque)
        todos = []
        for content, status, active in steps:
            identity = self._id(content)
            known[content].append(identity)
            todos.append(Todo(id=identity, content=content, status=status, active_form=active))
        self._known = known
        return todos

    def _id(self, content: str) -> str:
        left = self._known.get(content)
        if left:
            return left.popleft()
        self._made += 1
        return f"step-{self._made}"
