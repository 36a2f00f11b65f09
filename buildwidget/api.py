"""The functions a notebook calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from buildwidget import launching
from buildwidget.agent_launching import AgentTask, announce, prepare_agent
from buildwidget.build import Build
from buildwidget.build_list import BuildFilters, Builds
from buildwidget.notebook_ref import this_notebook
from buildwidget.process_store import process_store
from buildwidget.runner.hidden import hider_for
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from buildwidget.store.errors import NotFound
from buildwidget.store.location import owner
from buildwidget.store.store import Store

_observer = LeaseObserver()
"""One observer of this process: a lease counts only if one observer saw the heartbeat stand still for all of it."""


def _swept_store() -> Store:
    store = process_store()
    sweep(store, _observer)
    return store


def launch(  # noqa: PLR0913 - each keyword is one independent choice of the user; all have defaults
    work: str | Sequence[str] | Callable[..., Any],
    /,
    *args: Any,
    name: str | None = None,
    project: str | None = None,
    key: str | None = None,
    reuse: Literal["succeeded"] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, Any] | None = None,
    python: str | None = None,
    pty: bool = True,
    tags: Sequence[str] = (),
    **kwargs: Any,
) -> Build:
    """Starts work that outlives this page, this kernel and the server.

    Args:
        work: a shell line, the words of one program, or a callable (run in a fresh process of this Python).
        *args: what the callable is called with.
        name: what lists show; default: the command or the callable's name.
        project: groups builds.
        key: makes launching idempotent: while a build of this key is active, launching again attaches to it. It is
            an error if that build does not provably do the same.
        reuse: ``"succeeded"`` returns the last success of the key that provably did the same, instead of a new build.
            Compared are the command, or the function with all it refers to and its arguments, the directory and
            the environment in the spec; not compared are files that the work reads. See the README.
        cwd: the working directory; default: this one.
        env: variables added to the environment, numbers as strings; values of secret-looking ones are never stored.
        python: the interpreter it runs in; default: this one.
        pty: False runs a command on pipes, with stderr apart, instead of a terminal.
        tags: words to find the build by.
        **kwargs: what the callable is called with (use ``functools.partial`` for one named like an option above).

    Returns:
        The build, queued or already running; display it to watch it live.

    Raises:
        LaunchError: what was asked for cannot be launched; nothing was stored.
        StoreError: the database cannot be used.
    """
    options = launching.Options(
        name=name,
        project=project,
        key=key,
        reuse=reuse,
        cwd=cwd,
        env=env,
        python=python,
        pty=pty,
        tags=tags,
        notebook=this_notebook(),
    )
    request = launching.prepare(work, args, kwargs, options)
    record, _ = launching.submit(_swept_store(), owner(), request)
    return Build(record.summary.id)


def launch_agent(  # noqa: PLR0913 - each keyword is one independent choice of the user; all have defaults
    prompt: str,
    *,
    agent: Literal["claude-code", "codex"] = "claude-code",
    model: str | None = None,
    permission: Literal["ask", "edits", "all", "plan"] = "ask",
    operation: Literal["initial", "enhancement", "focused_edit", "continuation", "autofix"] = "initial",
    cwd: str | os.PathLike[str] | None = None,
    name: str | None = None,
    project: str | None = None,
    key: str | None = None,
    reuse: Literal["succeeded"] | None = None,
    env: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
) -> Build:
    """Starts a coding agent, which works on after this page, this kernel and the server are gone.

    Args:
        prompt: what it is to do.
        agent: ``"claude-code"`` or ``"codex"``; its program comes with ``buildwidget[claude]`` or
            ``buildwidget[codex]``, else it is looked for on the PATH.
        model: the model's name; default: the agent's own choice.
        permission: ``"ask"`` asks in the notebook before it does what needs leave, ``"edits"`` edits files unasked,
            ``"all"`` does everything unasked (which the cell's output says), ``"plan"`` only makes a plan.
        operation: what the build is for; shown beside its project. A follow-up is a ``"continuation"`` and
            ``build.autofix`` an ``"autofix"`` without being told.
        cwd: the directory it works in; default: this one.
        name: what lists show; default: the prompt's beginning.
        project: groups builds.
        key: makes launching idempotent, as for ``launch``.
        reuse: as for ``launch``.
        env: variables added to its environment, numbers as strings; values of secret-looking ones are never stored.
        tags: words to find the build by.

    Raises:
        LaunchError: a missing program, missing credentials or a wrong argument; nothing was stored.
        StoreError: the database cannot be used.
    """
    task = AgentTask(prompt=prompt, agent=agent, model=model, permission=permission, operation=operation)
    options = launching.Options(
        name=name, project=project, key=key, reuse=reuse, cwd=cwd, env=env, tags=tags, notebook=this_notebook()
    )
    request = prepare_agent(task, options)
    record, new = launching.submit(_swept_store(), owner(), request)
    if new:
        announce(request)
    return Build(record.summary.id)


def attach(id_or_key: str, *, project: str | None = None) -> Build:
    """The build of an id, or the newest build of a key: from any kernel, any day.

    Args:
        id_or_key: what ``build.id`` tells, or the key it was launched with.
        project: the project of the key; None looks among the builds of no project, then of any.

    Raises:
        NotFound: there is none.
    """
    store = _swept_store()
    try:
        record = store.record(id_or_key)
        if record.summary.owner == owner():
            return Build(id_or_key)
    except NotFound:
        pass
    hider = hider_for()
    key, project = hider.label(id_or_key), hider.label(project)  # as they were stored
    ids = [found.summary.id for found in store.find(owner(), project, key)] if key else []
    if not ids and project is None:
        ids = [found.id for found in store.summaries(owner(), q=key).builds if found.key == key]
    if not ids:
        raise NotFound(id_or_key)
    return Build(ids[0])


def builds(
    status: str | Iterable[str] | None = None, project: str | None = None, *, q: str | None = None, limit: int = 50
) -> Builds:
    """The newest builds, as a list that displays as a table.

    Args:
        status: only those of this status, or of one of these: queued, running, succeeded, failed, cancelled, lost.
        project: only those of this project.
        q: only those with this text in name, project, key or id, whatever the case of its letters.
        limit: how many at most, from 1 on.

    Raises:
        ValueError: there is no such status, the project or the text is empty, or the limit is below 1.
        TypeError: an argument is of another type.
    """
    checked = BuildFilters.checked(status, project, q, limit)
    project = checked.project and hider_for().label(checked.project)
    page = _swept_store().summaries(owner(), status=checked.statuses, project=project, q=checked.q, limit=checked.limit)
    return Builds(Build(summary.id) for summary in page.builds)
