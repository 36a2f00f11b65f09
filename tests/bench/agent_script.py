"""What a coding agent does, chunk by chunk, at the pace of a quick one: words, tool calls with outputs, its plan."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import Event, StatusEvent, TextEvent, Todo, TodosEvent, TodoStatus, ToolEvent

CHUNKS_PER_SECOND: Final = 75
"""A model writes so many tokens, each a chunk."""
LATENCY: Final = (0.15, 0.4)
"""Seconds until a model begins to answer."""
QUICK: Final = (0.02, 0.06)
SLOW: Final = (0.3, 0.8)
"""Seconds of a tool call; every fourth runs something."""
OUTPUT: Final = (2_000, 20_000)

_TODOS: Final = (
    "Read the package and its tests",
    "Find out how the client reconnects",
    "Write a failing test for the lost cursor",
    "Keep the cursor over a reconnect",
    "Tell the user while it reconnects",
    "Cover the server's restart",
    "Run the linters and the type checker",
    "Run all tests",
    "Write the change log",
)
_FILES: Final = ("argparse.py", "tarfile.py", "typing.py", "subprocess.py", "inspect.py", "zipfile.py", "pickle.py")


@dataclass(frozen=True)
class Chunk:
    """What comes ``after`` so many seconds of nothing; its ``at`` is not set yet."""

    after: float
    event: Event


def script(calls: int, chunks: int) -> Iterator[Chunk]:
    """So many tool calls and chunks of text, nine todos, and the end; always the same."""
    dice = random.Random(7)
    library = _library()
    words = iter(_words(library))
    per_call = chunks // 2 // calls
    yield Chunk(0, _todos(0))
    for call in range(calls):
        yield from _said(f"step-{call}", per_call, words, dice)
        yield from _called(call, library, dice)
        if call * len(_TODOS) // calls != (call + 1) * len(_TODOS) // calls:
            yield Chunk(dice.uniform(*LATENCY), _todos((call + 1) * len(_TODOS) // calls))
    yield from _said("answer", chunks - per_call * calls, words, dice)
    yield Chunk(0.01, StatusEvent(at=0, status="succeeded"))


def _said(identity: str, chunks: int, words: Iterator[str], dice: random.Random) -> Iterator[Chunk]:
    for number in range(chunks):
        after = dice.uniform(*LATENCY) if number == 0 else 1 / CHUNKS_PER_SECOND
        yield Chunk(after, TextEvent(at=0, id=identity, kind="answer", delta=next(words) + " "))


def _called(call: int, library: str, dice: random.Random) -> Iterator[Chunk]:
    size, start = dice.randint(*OUTPUT), dice.randrange(len(library) - OUTPUT[1] - 1)
    if call % 4 == 3:
        name, took, given = "Bash", SLOW, {"command": f"python -m pytest -q tests/unit/test_client.py -k case_{call}"}
    else:
        name, took, given = "Read", QUICK, {"file_path": f"/home/user/project/src/client/module_{call}.py"}
    lines = library[start : start + size].splitlines()
    output = "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, start=1))[:size]
    identity = f"toolu_{dice.randbytes(12).hex()}"
    yield Chunk(0.05, ToolEvent(at=0, id=identity, name=name, state="running", input=given))
    yield Chunk(dice.uniform(*took), ToolEvent(at=0, id=identity, state="succeeded", output=output))


def _todos(done: int) -> TodosEvent:
    def status(place: int) -> TodoStatus:
        return "completed" if place < done else "in_progress" if place == done else "pending"

    rows = [Todo(id=str(place), content=text, status=status(place)) for place, text in enumerate(_TODOS)]
    return TodosEvent(at=0, todos=rows)


def _library() -> str:
    """Real program text, as tools print it."""
    folder = Path(sysconfig.get_path("stdlib"))
    return "\n".join((folder / name).read_text() for name in _FILES if (folder / name).exists())


def _words(library: str) -> Iterator[str]:
    while True:
        yield from (word for word in library.split() if word.isalpha())
