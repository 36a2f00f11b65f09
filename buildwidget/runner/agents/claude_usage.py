"""What Claude Code used: added up message by message while it works, and as its result tells in the end.

Its own input tokens leave out what was read from a cache or written to one; ours count that too (usage.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from buildwidget.runner.agents.usage import added, without

_MESSAGE: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}
_MODEL: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_tokens",
    "cacheCreationInputTokens": "cache_write_tokens",
}
_COMPARED: Final = ("input_tokens", "output_tokens")


class ClaudeUsage:
    """Totals of this build.

    Args:
        before: what the session may have used before this build.
    """

    def __init__(self, before: Sequence[Mapping[str, float]]) -> None:
        self._before = before
        self._messages: dict[str, dict[str, float]] = {}
        self._total: dict[str, float] = {}  # of all messages
        self._result: dict[str, float] | None = None
        self._turns = 0

    @property
    def figures(self) -> dict[str, float]:
        """The figures as they are known."""
        return self._of_messages() if self._result is None else self._result

    def message(self, id: str, usage: Mapping[str, Any]) -> None:
        """What one message has used so far: told at its start and, with its output, at its end."""
        before, now = self._messages.setdefault(id, {}), _renamed(usage, _MESSAGE)
        self._total = added(self._total, {name: value - before.get(name, 0) for name, value in now.items()})
        before.update(now)

    def result(self, message: Mapping[str, Any]) -> None:
        """The end's account. ``modelUsage`` counts subagents too, ``usage`` does not."""
        total: dict[str, float] = {}
        for usage in (message.get("modelUsage") or {}).values():
            total = added(total, _renamed(usage, _MODEL))
        total = _with_caches(total or _renamed(message.get("usage") or {}, _MESSAGE))
        cost = message.get("total_cost_usd")
        if cost is not None:
            total["cost_usd"] = float(cost)
        told = self._since_before(total)
        if message.get("num_turns") is not None:
            self._turns += int(message["num_turns"])  # of this result alone, unlike the rest
            told["turns"] = self._turns
        self._result = told

    def _since_before(self, total: Mapping[str, float]) -> dict[str, float]:
        """The part of a session's total that comes nearest to what this build's messages told.

        The total goes on from the session's end that Claude Code noted last: what a run that was killed had used is
        not in it, nor anything where the notes are gone.
        """
        seen = self._of_messages()
        parts = [without(total, before) for before in (*self._before, {})]
        return min(parts, key=lambda part: sum(abs(part.get(name, 0) - seen.get(name, 0)) for name in _COMPARED))

    def _of_messages(self) -> dict[str, float]:
        return _with_caches(self._total)


def _with_caches(figures: Mapping[str, float]) -> dict[str, float]:
    parts = [figures.get(name) for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens")]
    known = [part for part in parts if part is not None]
    return {**figures, "input_tokens": sum(known)} if known else dict(figures)


def _renamed(usage: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, float]:
    return {ours: usage[theirs] for theirs, ours in names.items() if isinstance(usage.get(theirs), (int, float))}
