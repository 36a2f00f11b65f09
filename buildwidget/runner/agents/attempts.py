"""From a build's spec to the programs that can do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from buildwidget.runner.agents import claude, codex, codex_exec
from buildwidget.runner.agents.credentials import codex_options
from buildwidget.runner.agents.session import Order, Session
from buildwidget.runner.hidden import whole_text

PROBE: Final = "--buildwidget-probe"
"""An option that no program knows."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A program to start, and the session that understands it."""

    session: Session
    command: list[str]
    environment: dict[str, str]


def order_of(spec: Mapping[str, Any], environment: Mapping[str, str]) -> Order:
    """What the spec of an agent's build asks for."""
    return Order(
        prompt=whole_text(spec["prompt"], spec.get("prompt_parts"), environment),
        cwd=spec["cwd"],
        permission=spec["permission"],
        model=spec.get("model"),
        resume=spec.get("resume"),
        usage_before=spec.get("usage_before") or [],
        todo_names=spec.get("todo_names") or {},
    )


def attempts(spec: Mapping[str, Any], environment: dict[str, str], now_ms: Callable[[], int]) -> Iterator[Attempt]:
    """The ways to run the agent, best first; the next is for when a program turned out not to know the one before."""
    order, binary = order_of(spec, environment), spec["binary"]
    if spec["agent"] == claude.AGENT_ID:
        session = claude.ClaudeSession(order, now_ms)
        yield Attempt(session, claude.command(binary, order), claude.environment(environment))
        return
    options = codex_options(environment)
    yield Attempt(codex.CodexSession(order, now_ms), codex.command(binary, options), environment)
    words = codex_exec.command(binary, options, order)
    yield Attempt(codex_exec.CodexExecSession(order, now_ms), words, environment)


def probes(agent: str, binary: str) -> list[list[str]]:
    """The ways to start the program, best first, each with all its options and then one that it cannot know."""
    order = Order(prompt="", cwd=".", model="a-model")
    if agent == claude.AGENT_ID:
        return [[*claude.command(binary, replace(order, resume="a-session")), PROBE]]
    words = codex_exec.command(binary, [], order)
    return [[*codex.command(binary, []), PROBE], [*words[:-1], PROBE]]
