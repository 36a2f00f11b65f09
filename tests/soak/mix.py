"""What a build of the soak writes: every type of event, in an order that follows from the seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    LogEvent,
    MetaEvent,
    MetricEvent,
    PermissionEvent,
    ProgressEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
    UsageEvent,
)
from buildwidget.store.drafts import draft
from buildwidget.store.records import Draft, Payload
from tests.server.stored import now

_WORDS: Final = ("loss", "Übung", "épreuve", "数据", "ok ✓", "\x1b[32mgreen\x1b[0m", "a\tb", "100 %", '"quoted"', "\\n")
_STATES: Final = ("running", "succeeded", "failed", "denied")


class Mix:
    """Endless events of one build."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._made = 0
        self._makers: tuple[tuple[int, Callable[[], Draft]], ...] = (
            (30, self._log),
            (12, self._metric),
            (10, self._progress),
            (14, self._text),
            (14, self._tool),
            (3, self._todos),
            (1, self._display),
            (1, self._artifact),
            (2, self._usage),
            (2, self._permission),
            (1, self._meta),
        )

    def some(self, count: int) -> Iterator[Draft]:
        """The next events."""
        weights = [weight for weight, _make in self._makers]
        for _weight, make in self._rng.choices(self._makers, weights, k=count):
            self._made += 1
            yield make()

    def outburst(self, count: int) -> Iterator[Draft]:
        """Events that no writer joins, so that a reader falls behind by as many."""
        for number in range(count):
            self._made += 1
            yield self._tool() if number % 2 else self._log()

    def _words(self, most: int) -> str:
        return " ".join(self._rng.choices(_WORDS, k=self._rng.randint(1, most)))

    def _log(self) -> Draft:
        rng = self._rng
        stream: Any = rng.choice(("stdout", "stderr"))
        lines = [(stream, f"{self._made}.{number} {self._words(8)}") for number in range(rng.randint(0, 5))]
        partial: Any = {stream: self._words(3)} if rng.random() < 0.2 else None
        rows: Any = {stream: [self._words(3) for _ in range(4)]} if rng.random() < 0.2 else None
        return draft(LogEvent(at=now(), first=1, lines=lines, partial=partial, open=rows))

    def _metric(self) -> Draft:
        value = self._rng.choice((self._rng.random(), float("nan"), float("inf"), self._made))
        points: list[Any] = [(self._made + step, value, now()) for step in range(self._rng.randint(1, 4))]
        return draft(MetricEvent(at=now(), name=self._rng.choice(("loss", "accuracy", "lr")), points=points))

    def _progress(self) -> Draft:
        bar, total = self._rng.randint(0, 5), self._rng.choice((None, 10, 1000))
        current = self._rng.randint(0, total or 50)
        done = True if current == total else None
        return draft(
            ProgressEvent(at=now(), id=f"bar {bar}", label=f"epoch {bar}", current=current, total=total, done=done)
        )

    def _text(self) -> Draft:
        kind: Any = self._rng.choice(("answer", "reasoning", "plan"))
        text = f"{kind} {self._made // 100}"
        if self._rng.random() < 0.05:
            return draft(TextEvent(at=now(), id=text, kind=kind, text=self._words(20)))
        return draft(TextEvent(at=now(), id=text, kind=kind, delta=self._words(10) + " "))

    def _tool(self) -> Draft:
        rng = self._rng
        call, state = rng.randint(0, self._made), rng.choice(_STATES)
        output = self._words(40) * rng.choice((1, 1, 1, 20))  # sometimes more than a preview holds
        event: Any = ToolEvent(at=now(), id=f"call {call}", name="Bash", state=state, output=output)  # type: ignore[arg-type] # one of them
        return draft(event)

    def _todos(self) -> Draft:
        states: Any = ("pending", "in_progress", "completed", "cancelled")
        rows = [Todo(id=str(n), content=self._words(4), status=self._rng.choice(states)) for n in range(5)]
        return draft(TodosEvent(at=now(), todos=rows))

    def _display(self) -> Draft:
        content = self._words(50).encode()
        name = f"figure {self._made}"
        event = DisplayEvent(at=now(), id=name, mime="text/plain", size=len(content))
        return Draft(event, (Payload("display", name, "text/plain", content),))

    def _artifact(self) -> Draft:
        return draft(ArtifactEvent(at=now(), name="model.pt", path=f"out/{self._made % 7}.pt", size=self._made))

    def _usage(self) -> Draft:
        return draft(UsageEvent(at=now(), input_tokens=self._made, cost_usd=self._made / 7))

    def _permission(self) -> Draft:
        decision: Any = self._rng.choice((None, "allow", "deny", "timeout"))
        request = f"request {self._made // 200}"
        return draft(PermissionEvent(at=now(), request_id=request, tool="Bash", input={"n": 1}, decision=decision))

    def _meta(self) -> Draft:
        return draft(MetaEvent(at=now(), operation=self._words(3), tags=self._words(3).split()))
