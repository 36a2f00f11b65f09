"""What Codex used: it tells totals of a thread, of which only what came since this build began is the build's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from buildwidget.runner.agents.usage import added, without

_FIELDS: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cachedInputTokens": "cache_read_tokens",
    "cacheWriteInputTokens": "cache_write_tokens",
    "reasoningOutputTokens": "reasoning_tokens",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_input_tokens": "cache_read_tokens",
    "cache_write_input_tokens": "cache_write_tokens",
    "reasoning_output_tokens": "reasoning_tokens",
}
"""As the app server and as ``exec --json`` tell them. Input counts what was cached, output what was reasoned."""


class CodexUsage:
    """Totals of this build, from those of its threads: its own and its subagents'."""

    def __init__(self) -> None:
        self._used: dict[str, dict[str, float]] = {}
        self._before: dict[str, dict[str, float]] = {}

    @property
    def figures(self) -> dict[str, float]:
        """The figures as they are known."""
        whole: dict[str, float] = {}
        for figures in self._used.values():
            whole = added(whole, figures)
        return whole

    def thread(self, thread: str, usage: Mapping[str, Any], *, working: bool) -> None:
        """A thread's totals and those of its last message; ``working``: whether this build's turn has begun."""
        total, last = figures_of(usage["total"]), figures_of(usage.get("last") or {})
        if thread not in self._before:
            # What it had before this turn is all but its first message's; before the turn none of it is ours.
            self._before[thread] = without(total, last) if working else total
        self._used[thread] = without(total, self._before[thread])


def figures_of(usage: Mapping[str, Any]) -> dict[str, float]:
    """Codex's figures under our names."""
    return {ours: usage[theirs] for theirs, ours in _FIELDS.items() if isinstance(usage.get(theirs), int)}
