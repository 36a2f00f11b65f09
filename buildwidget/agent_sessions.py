"""The sessions of agents that go on from build to build: who is at work in one, what it has used and planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from buildwidget.errors import LaunchError
from buildwidget.protocol.codec import decode_state
from buildwidget.protocol.state import State, Summary
from buildwidget.runner.agents.usage import FIELDS, added
from buildwidget.store.store import Store

BUILDS_LOOKED_THROUGH: Final = 500
"""So many of a project's newest builds are looked through for those of a session."""


def resumed(store: Store, like: Summary, spec: Mapping[str, Any], session: str) -> dict[str, Any]:
    """The spec of a build that goes on with a session, whatever came after the build it was made from.

    Args:
        store: where the session's builds are.
        like: one of them: of its owner and project are the others.
        spec: what the new build is to do.
        session: the agent's id of it.

    Raises:
        LaunchError: a build is at work in it.
    """
    worker = at_work(store, like.owner).get(session)
    if worker is not None:
        message = (
            f"The session goes on in build {worker.id} ({worker.name!r}) already; follow that one when it has ended."
        )
        raise LaunchError(message, code="unsupported")
    states = [decode_state(store.hydrate(each.id).state) for each in _builds_of(store, like, session)]
    names = {todo.id: todo.content for state in reversed(states) for todo in state.todos}
    return {**spec, "resume": session, "usage_before": _usage_before(states), "todo_names": names}


def at_work(store: Store, owner: str) -> dict[str, Summary]:
    """The sessions that active builds have or are about to go on with: two agents in one would spoil it."""
    active = store.records_by_status(owner, ("queued", "running"))
    told = ((record.summary.agent.session if record.summary.agent else None, record) for record in active)
    pairs = [pair for session, record in told for pair in ((session, record), (record.spec.get("resume"), record))]
    return {session: record.summary for session, record in pairs if session}


def agents_builds(store: Store, like: Summary) -> Iterator[Summary]:
    """The newest builds of agents in a build's project, newest first."""
    cursor, seen = None, 0
    while seen < BUILDS_LOOKED_THROUGH:
        page = store.summaries(like.owner, project=like.project, limit=100, cursor=cursor)
        seen, cursor = seen + len(page.builds), page.next_cursor
        yield from (each for each in page.builds if each.kind == "agent" and each.project == like.project)
        if cursor is None:
            return


def _builds_of(store: Store, like: Summary, session: str) -> list[Summary]:
    return [each for each in agents_builds(store, like) if each.agent is not None and each.agent.session == session]


def _usage_before(states: list[State]) -> list[dict[str, float]]:
    """What a session may tell as used before, likeliest first: Claude Code forgets what a run that was killed used."""
    whole: dict[str, float] = {}
    kept: dict[str, float] = {}
    for state in states:
        used = {name: value for name in FIELDS if isinstance(value := getattr(state.usage, name), (int, float))}
        whole = added(whole, used)
        kept = added(kept, used) if "cost_usd" in used else kept
    return [whole, kept]
