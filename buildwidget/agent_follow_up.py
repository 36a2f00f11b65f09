"""From one build to the next of an agent: continuing its session, or letting an agent fix what failed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from buildwidget.agent_launching import AgentTask, prepare_agent
from buildwidget.agent_prompts import fix_prompt
from buildwidget.agent_sessions import agents_builds, at_work, resumed
from buildwidget.errors import LaunchError
from buildwidget.launch_checks import check_directory
from buildwidget.launching import Options, Request, short
from buildwidget.protocol.codec import decode_state
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.state import State
from buildwidget.runner.hidden import whole_places
from buildwidget.store.records import BuildRecord
from buildwidget.store.store import Store

DEFAULT_AGENT: Final = "claude-code"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is to come after a build.

    Attributes:
        prompt: what the agent is to do; may be None where it is to fix what failed.
        operation: one of OPERATIONS; None is a continuation. ``autofix`` goes for every failed build, whatever its
            kind; the others for an agent's ended build.
        permission: what it may do unasked; None: what the session that goes on might, else ``ask``.
        agent: who fixes a build that is no agent's; None: whose session goes on, else Claude Code.
        model: None: the session's, else the agent's own choice.
    """

    prompt: str | None = None
    operation: str | None = None
    permission: str | None = None
    agent: str | None = None
    model: str | None = None


def prepare_follow_up(store: Store, record: BuildRecord, wanted: FollowUp) -> Request:
    """A request for the build that follows.

    A failed build that is no agent's is fixed in the newest session that has ended in its project and directory, and
    that nobody else goes on with; where there is none, in a new one.

    Raises:
        LaunchError: a wrong argument; there is no session that could go on; there is nothing to fix.
    """
    state = decode_state(store.hydrate(record.summary.id).state)
    operation = wanted.operation or "continuation"
    if operation == "autofix":
        wanted = replace(wanted, prompt=fix_prompt(store, state, record.spec, wanted.prompt))
    if wanted.prompt is None:
        raise LaunchError("The prompt is missing: say what the agent is to do next.", field="prompt")
    if operation != "autofix":
        return _continued(store, record, state, wanted)
    own = state.kind == "agent"
    request = (_continued if own else _fixed)(store, record, state, wanted)
    return replace(request, name=short(f"Fix {state.name.removeprefix('Fix ')}"), follows=state.id)


def _fixed(store: Store, record: BuildRecord, state: State, wanted: FollowUp) -> Request:
    """A failed build that is no agent's gets an agent."""
    session = next(_sessions(store, record, wanted.agent), None)
    if session is None:
        return _begun(record, state, wanted)
    return _continued(store, session, decode_state(store.hydrate(session.summary.id).state), wanted)


def _continued(store: Store, record: BuildRecord, state: State, wanted: FollowUp) -> Request:
    """The session of an agent's build goes on."""
    spec, session = record.spec, _session_of(state)
    if wanted.agent not in (None, spec["agent"]):
        message = f"The session that goes on is {spec['agent']}'s; for {wanted.agent} launch a new build."
        raise LaunchError(message, field="agent")
    task = AgentTask(
        prompt=wanted.prompt or "",
        agent=spec["agent"],
        model=wanted.model or spec.get("model"),
        permission=wanted.permission or spec["permission"],
        operation=wanted.operation or "continuation",
    )
    request = prepare_agent(task, _options(state, spec, {**spec["env"], **_secrets_again(spec)}))
    resuming = resumed(store, record.summary, request.spec, session)
    resuming["fingerprint"] = {**resuming["fingerprint"], "resume": session}
    return replace(request, spec=resuming, follows=record.summary.id)


def _begun(record: BuildRecord, state: State, wanted: FollowUp) -> Request:
    """A new session, in the directory and the environment of the build that failed."""
    spec = record.spec
    task = AgentTask(
        prompt=wanted.prompt or "",
        agent=wanted.agent or DEFAULT_AGENT,
        model=wanted.model,
        permission=wanted.permission or "ask",
        operation="autofix",
    )
    secrets = {name: os.environ[name] for name in spec.get("secret_names", ()) if name in os.environ}
    return prepare_agent(task, _options(state, spec, {**spec.get("env", {}), **secrets}))


def _options(state: State, spec: Mapping[str, Any], env: Mapping[str, str]) -> Options:
    places = whole_places(spec, {**os.environ, **env})
    return Options(
        project=state.project,
        cwd=check_directory(places["cwd"]),
        env=env,
        python=places.get("python"),
        tags=state.tags,
        notebook=state.notebook,
    )


def _sessions(store: Store, failed: BuildRecord, agent: str | None) -> Iterator[BuildRecord]:
    """The ended builds of agents whose sessions could go on with the failed build, newest first."""
    busy = at_work(store, failed.summary.owner)
    for summary in agents_builds(store, failed.summary):
        spec = (record := store.record(summary.id)).spec
        same = spec.get("cwd") == failed.spec.get("cwd") and agent in (None, spec["agent"])
        session = summary.agent.session if summary.agent else None
        ended = session is not None and session not in busy and summary.status in ENDS
        if same and ended and not _secrets_missing(spec):
            yield record


def _session_of(state: State) -> str:
    if state.kind != "agent":
        message = f"A build of kind {state.kind} has no agent session that could go on."
        raise LaunchError(message, field="kind", code="unsupported")
    if state.status not in ENDS:
        raise LaunchError("The agent is still at work; a follow-up can begin when it has ended.", code="unsupported")
    if state.agent is None or state.agent.session is None:
        raise LaunchError("The agent never began a session that could go on; launch it anew.", code="unsupported")
    return state.agent.session


def _secrets_again(spec: Mapping[str, Any]) -> dict[str, str]:
    missing = _secrets_missing(spec)
    if missing:
        message = f"The build needs the secret {', '.join(missing)}, whose value is never stored."
        raise LaunchError(message, field="env", code="secret_missing")
    return {name: os.environ[name] for name in spec.get("secret_names", ())}


def _secrets_missing(spec: Mapping[str, Any]) -> list[str]:
    return [name for name in spec.get("secret_names", ()) if name not in os.environ]
