"""From a prompt to a checked request for a build of a coding agent."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from typing import Final

from buildwidget.agent_program import checked_program
from buildwidget.errors import LaunchError
from buildwidget.launch_checks import check_environment, check_text
from buildwidget.launching import (
    Options,
    Request,
    checked_options,
    common_spec,
    inherited_environment,
    needed_secrets,
    short,
    stored_options,
)
from buildwidget.protocol.events import Agent
from buildwidget.runner.agents.binaries import PROGRAMS
from buildwidget.runner.agents.credentials import missing_credentials
from buildwidget.runner.agents.session import PERMISSIONS
from buildwidget.runner.hidden import Hider, hider_for
from buildwidget.same_spec import fingerprint

MAX_PROMPT_CHARACTERS: Final = 1_000_000
OPERATIONS: Final = ("initial", "enhancement", "focused_edit", "continuation", "autofix")
"""What a build of an agent is for: a launch is ``initial``, a follow-up a ``continuation``, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class AgentTask:
    """What an agent is asked for.

    Attributes:
        prompt: the task, in words.
        agent: ``claude-code`` or ``codex``.
        model: the model's name; None leaves it to the agent.
        permission: ``ask`` for what needs leave, ``edits`` edits files unasked, ``all`` does everything unasked,
            ``plan`` only plans.
        operation: what the build is for, one of OPERATIONS.
    """

    prompt: str
    agent: str = "claude-code"
    model: str | None = None
    permission: str = "ask"
    operation: str = "initial"


def prepare_agent(task: AgentTask, options: Options) -> Request:
    """Checks a task and makes the spec of its build.

    Raises:
        LaunchError: naming the argument that is wrong, the program or the credentials that are missing.
    """
    given = check_environment(options.env)
    hider = hider_for(given)
    with hider.errors():
        _check_task(task, hider)
        options = checked_options(replace(options, pty=False, env=given))
        environment = {**os.environ, **given}
        binary, version = checked_program(task.agent, environment)
        missing = missing_credentials(task.agent, environment)
        if missing is not None:
            raise LaunchError(missing, field="agent")
        return _request(task, options, Agent(id=task.agent, version=version), binary, hider)


def _request(task: AgentTask, options: Options, agent: Agent, binary: str, hider: Hider) -> Request:
    given = dict(options.env or {})
    plain, secrets = hider.split(inherited_environment(given))
    prompt, parts = hider.hide(task.prompt)
    asked = {"prompt": prompt, "agent": task.agent, "model": task.model, "permission": task.permission}
    spec = {**asked, **common_spec(options, plain, hider, binary=binary), "pty": False}
    if parts:
        spec["prompt_parts"] = parts
    secrets.update(needed_secrets(hider, spec))
    spec["secret_names"] = sorted(secrets)
    spec["fingerprint"] = fingerprint({**asked, "parts": parts or None}, spec)
    about = {"agent": agent, "model": task.model, "operation": task.operation}
    options = stored_options(options, hider)
    return Request("agent", options.name or short(prompt), spec, options, secrets, about=about)


def may_everything(request: Request) -> str | None:
    """What is to be said where the launch is made, of an agent that asks for nothing; None of any other."""
    spec = request.spec
    if spec["permission"] != "all":
        return None
    return f'permission="all": {spec["agent"]} may do everything unasked, with your rights on this machine.'


def announce(request: Request) -> None:
    """Says it in the output of the cell that launches."""
    told = may_everything(request)
    if told is not None:
        sys.stdout.write(f"{told}\n")


def _check_task(task: AgentTask, hider: Hider) -> None:
    if not isinstance(task.prompt, str) or not task.prompt.strip():
        raise LaunchError("The prompt is empty: say what the agent is to do.", field="prompt")
    if len(task.prompt) > MAX_PROMPT_CHARACTERS or "\0" in task.prompt:
        raise LaunchError(f"A prompt has at most {MAX_PROMPT_CHARACTERS:,} characters and no NUL.", field="prompt")
    for field, known in (("agent", tuple(PROGRAMS)), ("permission", PERMISSIONS), ("operation", OPERATIONS)):
        value = getattr(task, field)
        if value not in known:
            words = ", ".join(f'"{word}"' for word in known)
            raise LaunchError(f"{field} is one of {words}, not {value!r}.", field=field)
    check_text("model", task.model)
    if task.model is not None and not re.fullmatch(r"[\w.:/@\[\]][\w.:/@\[\]-]*", task.model):
        raise LaunchError(f"{task.model!r} is no name of a model.", field="model")
    if task.model is not None and hider.mask(task.model) != task.model:
        raise LaunchError("The name of the model holds the value of a secret variable.", field="model")
