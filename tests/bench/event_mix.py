"""The events that the benchmarks store: a build that trains a model, with the logs, bars, metrics and tools of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from buildwidget.protocol.events import (
    Event,
    LogEvent,
    MetricEvent,
    ProgressEvent,
    TextEvent,
    Todo,
    TodosEvent,
    TodoStatus,
    ToolEvent,
)

MIX: Final = "of 50 events 22 log (5 lines each), 12 metric, 8 bar, 4 text, 3 tool, 1 todo list"

_START: Final = 1_700_000_000_000
_LINE: Final = "[%06d] step %d of 100000: loss=%.4f accuracy=%.3f %.1f it/s"
_OUTPUT: Final = "tests/unit/test_model.py ..........................................  [ 68%%]  call %d\n"
_WORDS: Final = "The loss went down steadily, so the learning rate stays as it is; the next epoch adds augmentation. "
_TODOS: Final = ("Load the data", "Train the model", "Evaluate on the test set", "Write the report")


def events(count: int) -> Iterator[Event]:
    """So many events of the mix, always the same ones."""
    for number in range(count):
        place = number * 23 % 50  # spreads the kinds evenly; 23 and 50 have no common divisor
        at = _START + number * 13
        if place < 22:
            yield LogEvent(at=at, first=1, lines=[("stdout", _line(number, line)) for line in range(5)])
        elif place < 34:
            yield _metric(number, place, at)
        elif place < 42:
            yield ProgressEvent(
                at=at, id=f"epoch {number // 1000}", label=f"epoch {number // 1000}", current=number % 1000, total=1000
            )
        elif place < 46:
            yield TextEvent(at=at, id=f"answer {number // 2000}", kind="answer", delta=_WORDS * 2)
        elif place < 49:
            yield _tool(number // 50, place - 46, at)
        else:
            yield TodosEvent(at=at, todos=_todos(number // 2000))


def _line(number: int, line: int) -> str:
    return _LINE % (number, number * 5 + line, 1 / (1 + number), 0.5 + line / 100, 812.4 + line)


def _metric(number: int, place: int, at: int) -> Event:
    name = ("loss", "accuracy", "val_loss", "lr")[place % 4]
    points: list[Any] = [(number + step, 1 / (1 + number + step), at + step) for step in range(3)]
    return MetricEvent(at=at, name=name, points=points)


def _tool(call: int, step: int, at: int) -> Event:
    if step == 0:
        command = f"python -m pytest -q tests/unit/test_model.py -k case_{call}"
        return ToolEvent(at=at, id=f"call-{call}", name="Bash", state="running", input={"command": command})
    state: Any = "running" if step == 1 else "succeeded"
    return ToolEvent(at=at, id=f"call-{call}", state=state, output=_OUTPUT % call * (4 * step))


def _todos(done: int) -> list[Todo]:
    status: list[TodoStatus] = ["pending"] * len(_TODOS)
    for place in range(min(done, 3)):
        status[place] = "completed"
    status[min(done, 3)] = "in_progress"
    return [
        Todo(id=str(place), content=content, status=each)
        for place, (content, each) in enumerate(zip(_TODOS, status, strict=True), start=1)
    ]
