from __future__ import annotations

from buildwidget.protocol.events import Todo
from buildwidget.protocol.limits import MAX_TODOS
from buildwidget.reporting.messages import StepEnded, StepStarted, TodoReport
from buildwidget.runner.todo_list import TodoList


def started(step: str, content: str, parent: str | None = None) -> StepStarted:
    return StepStarted(at=1, step=step, content=content, parent=parent)


def ended(step: str, *, failed: bool = False) -> StepEnded:
    return StepEnded(at=1, step=step, failed=failed)


def told(todos: list[Todo]) -> list[tuple[str, str]]:
    return [(todo.content, todo.status) for todo in todos]


def plan(*contents: str) -> list[TodoReport]:
    return [TodoReport(content=content) for content in contents]


def test_a_step_takes_the_todo_of_its_content() -> None:
    todos = TodoList()
    todos.replace(plan("a", "b"))
    assert told(todos.start(started("1", "b"))) == [("a", "pending"), ("b", "in_progress")]
    assert told(todos.end(ended("1"))) == [("a", "pending"), ("b", "completed")]


def test_a_repeated_step_is_a_todo_of_its_own() -> None:
    todos = TodoList()
    for step in ("1", "2"):
        todos.start(started(step, "a"))
        todos.end(ended(step))
    assert told(todos.todos) == [("a", "completed"), ("a", "completed")]
    assert len({todo.id for todo in todos.todos}) == 2


def test_inner_steps_stand_behind_their_outer_one() -> None:
    todos = TodoList()
    todos.replace(plan("outer", "later"))
    todos.start(started("1", "outer"))
    for step, content in (("2", "first"), ("3", "second")):
        todos.start(started(step, content, parent="1"))
        todos.end(ended(step))
    assert [content for content, _ in told(todos.todos)] == ["outer", "first", "second", "later"]


def test_a_failed_step_stays_in_progress_until_another_begins() -> None:
    todos = TodoList()
    todos.start(started("1", "a"))
    assert told(todos.end(ended("1", failed=True))) == [("a", "in_progress")]
    assert told(todos.start(started("2", "b"))) == [("a", "cancelled"), ("b", "in_progress")]


def test_a_failed_step_that_is_tried_again_is_the_same_todo() -> None:
    todos = TodoList()
    todos.start(started("1", "a"))
    todos.end(ended("1", failed=True))
    todos.start(started("2", "a"))
    assert told(todos.end(ended("2"))) == [("a", "completed")]


def test_a_todo_two_processes_are_at_is_completed_by_the_last() -> None:
    todos = TodoList()
    todos.start(started("1", "a"))
    todos.start(started("2", "a"))
    assert told(todos.end(ended("1"))) == [("a", "in_progress")]
    assert told(todos.end(ended("2"))) == [("a", "completed")]


def test_a_new_plan_keeps_what_is_known() -> None:
    todos = TodoList()
    todos.replace([TodoReport(content="a", status="completed", active_form="A-ing"), TodoReport(content="b", id="x")])
    before = todos.todos
    after = todos.replace([TodoReport(content="c"), *plan("a"), TodoReport(content="renamed", id="x")])
    assert told(after) == [("c", "pending"), ("a", "completed"), ("renamed", "pending")]
    assert (after[1].id, after[1].active_form, after[2].id) == (before[0].id, "A-ing", "x")
    assert len({todo.id for todo in after}) == 3


def test_equal_contents_stay_apart() -> None:
    todos = TodoList()
    first = todos.replace(plan("a", "a"))
    assert [todo.id for todo in todos.replace(plan("a", "a"))] == [todo.id for todo in first]
    assert first[0].id != first[1].id


def test_a_made_id_is_never_one_that_the_program_gave() -> None:
    todos = TodoList()
    after = todos.replace([TodoReport(content="a"), TodoReport(content="b", id="todo-1")])
    assert len({todo.id for todo in after}) == 2


def test_it_is_bounded() -> None:
    todos = TodoList()
    todos.replace(plan(*map(str, range(MAX_TODOS + 10))))
    assert len(todos.start(started("1", "one more"))) == MAX_TODOS
    assert len(todos.end(ended("1"))) == MAX_TODOS


def test_a_list_once_given_never_changes() -> None:
    todos = TodoList()
    given = todos.start(started("1", "a"))
    todos.start(started("2", "b"))
    todos.end(ended("1"))
    assert told(given) == [("a", "in_progress")]
