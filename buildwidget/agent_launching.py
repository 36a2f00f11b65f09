"""From a prompt to a checked request for a build of a coding agent, and from one such build to the next."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from buildwidget.errors import LaunchError
from buildwidget.launch_checks import check_directory, check_environment, check_text
from buildwidget.launching import KEPT_ENVIRONMENT, Options, Request, checked_options, common_spec, short, sorted_plain
from buildwidget.protocol.codec import decode_state
from buildwidget.protocol.events import ENDS, Agent
from buildwidget.protocol.state import State
from buildwidget.runner.agents.binaries import PROGRAMS, find_binary
from buildwidget.runner.agents.credentials import missing_credentials
from buildwidget.runner.agents.session import PERMISSIONS
from buildwidget.runner.agents.usage import FIELDS, added
from buildwidget.runner.secrets import split_environment
from buildwidget.store.records import BuildRecord
from buildwidget.store.store import Store

MAX_PROMPT_CHARACTERS: Final = 1_000_000
OPERATIONS: Final = ("initial", "enhancement", "focused_edit", "continuation", "autofix")
"""What a build of an agent is for."""

_OLDEST: Final[Mapping[str, tuple[int, int]]] = {"claude-code": (2, 0), "codex": (0, 100)}
_VERSION_SECONDS: Final = 30.0


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
    _check_task(task)
    options = checked_options(replace(options, pty=False))
    given = check_environment(options.env)
    environment = {**os.environ, **given}
    binary = find_binary(task.agent, environment)
    if binary is None:
        raise LaunchError(_no_binary(task.agent, environment), field="agent")
    version = _checked_version(task.agent, binary)
    missing = missing_credentials(task.agent, environment)
    if missing is not None:
        raise LaunchError(missing, field="agent")
    return _request(task, options, given, binary, version)


def _request(task: AgentTask, options: Options, given: Mapping[str, str], binary: str, version: str) -> Request:
    inherited = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    plain, secrets = split_environment({**inherited, **given})
    asked = {"prompt": task.prompt, "agent": task.agent, "model": task.model, "permission": task.permission}
    spec = {**asked, **common_spec(options, plain, secrets), "binary": binary, "pty": False}
    spec["fingerprint"] = {**asked, "env": sorted_plain(given), "cwd": spec["cwd"]}
    agent = Agent(id=task.agent, version=version)
    about = {"agent": agent, "model": task.model, "operation": task.operation}
    return Request("agent", options.name or short(task.prompt), spec, options, secrets, about=about)


def prepare_follow_up(
    store: Store, record: BuildRecord, prompt: str, *, operation: str = "continuation", permission: str | None = None
) -> Request:
    """A request that continues the session of an agent's build.

    Raises:
        LaunchError: the build is of another kind, has not ended, or its agent never began a session.
    """
    state = decode_state(store.hydrate(record.summary.id).state)
    spec, session = record.spec, _session_of(state)
    task = AgentTask(
        prompt=prompt,
        agent=spec["agent"],
        model=spec.get("model"),
        permission=permission or spec["permission"],
        operation=operation,
    )
    options = Options(
        project=state.project,
        cwd=check_directory(spec["cwd"]),
        env=_environment_again(spec),
        python=spec["python"],
        tags=state.tags,
        notebook=state.notebook,
    )
    request = prepare_agent(task, options)
    used = {name: value for name in FIELDS if isinstance(value := getattr(state.usage, name), (int, float))}
    request.spec["resume"] = session
    request.spec["usage_before"] = added(spec.get("usage_before") or {}, used)
    request.spec["todo_names"] = {**(spec.get("todo_names") or {}), **{todo.id: todo.content for todo in state.todos}}
    request.spec["fingerprint"]["resume"] = session
    return replace(request, follows=record.summary.id)


def autofix_prompt(state: State) -> str:
    """What an agent is told of its failed build.

    Raises:
        LaunchError: the build did not fail.
    """
    if state.status != "failed" or state.error is None:
        raise LaunchError(f"There is nothing to fix: the build {state.status}.", field="operation", code="unsupported")
    trace = f"\n\n{state.error.traceback}" if state.error.traceback else ""
    return f"The build failed. Find out why and fix it.\n\n{state.error.kind}: {state.error.message}{trace}"


def _session_of(state: State) -> str:
    if state.kind != "agent":
        message = f"A build of kind {state.kind} has no agent session that could go on."
        raise LaunchError(message, field="kind", code="unsupported")
    if state.status not in ENDS:
        raise LaunchError("The agent is still at work; a follow-up can begin when it has ended.", code="unsupported")
    if state.agent is None or state.agent.session is None:
        raise LaunchError("The agent never began a session that could go on; launch it anew.", code="unsupported")
    return state.agent.session


def _environment_again(spec: Mapping[str, Any]) -> dict[str, str]:
    missing = [name for name in spec.get("secret_names", ()) if name not in os.environ]
    if missing:
        message = f"The build needs the secret {', '.join(missing)}, whose value is never stored."
        raise LaunchError(message, field="env", code="secret_missing")
    return {**spec["env"], **{name: os.environ[name] for name in spec.get("secret_names", ())}}


def _check_task(task: AgentTask) -> None:
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


def _no_binary(agent: str, environment: Mapping[str, str]) -> str:
    program = PROGRAMS[agent]
    named = environment.get(program.setting)
    if named:
        return f"{program.setting} names {named}, and there is no such program."
    return (
        f"There is no program {program.name!r} here. Install it with: pip install 'buildwidget[{program.extra}]', "
        f"or name it by the variable {program.setting}."
    )


def _checked_version(agent: str, binary: str) -> str:
    said = _version(binary, os.stat(binary).st_mtime_ns)  # noqa: PTH116 - a path as the environment named it
    found = re.search(r"(\d+)\.(\d+)[\w.-]*", said)
    if found is None:
        raise LaunchError(f"{binary} does not tell its version ({short(said)!r}); is it {agent}?", field="agent")
    oldest = _OLDEST[agent]
    if (int(found[1]), int(found[2])) < oldest:
        raise LaunchError(f"{binary} is {found[0]}; {oldest[0]}.{oldest[1]} or newer is needed.", field="agent")
    return found[0]


@functools.lru_cache(maxsize=16)
def _version(binary: str, _changed: int) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the agent's program, which the user chose or installed
            [binary, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except OSError as error:
        raise LaunchError(f"{binary} cannot be started: {error.strerror}.", field="agent") from error
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{binary} did not answer within {_VERSION_SECONDS:g} s.", field="agent") from None
    return done.stdout.decode("utf-8", "replace").strip()
