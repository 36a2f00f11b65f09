"""From what a user asked for to a stored build whose runner is on its way.

Everything that can be checked is checked before anything is stored. The Jupyter server launches through the
same functions as a notebook does.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from buildwidget.command_checks import check_command
from buildwidget.errors import BuildwidgetError, LaunchError
from buildwidget.launch_checks import (
    check_directory,
    check_environment,
    check_signature,
    check_text,
)
from buildwidget.protocol.events import Event, Kind, LogEvent, MetaEvent, NotebookRef, StatusEvent
from buildwidget.runner.build_dir import build_dir, make_build_dir, remove_build_dir
from buildwidget.runner.function import CALLABLE_FILE, save_callable
from buildwidget.runner.hidden import Hider, hide_places, hider_for, secret_names, whole_places
from buildwidget.runner.spawn import check_python, spawn
from buildwidget.same_spec import call_fingerprint, difference, fingerprint
from buildwidget.store.drafts import draft
from buildwidget.store.errors import KeyTaken
from buildwidget.store.ids import new_build_id
from buildwidget.store.records import BuildRecord, NewBuild
from buildwidget.store.store import Store

Work = str | Sequence[str] | Callable[..., Any]

KEPT_ENVIRONMENT = (
    "PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ"
)  # fmt: skip
"""Inherited variables that decide what a command means; kept so that a retry from another process means the same."""


@dataclass(frozen=True)
class Options:
    """How to launch. None means the default, told beside each.

    Attributes:
        name: what lists show; default: made from the command or the callable's name.
        project: groups builds; default: no project.
        key: at most one build of a key is active per owner and project; launching again attaches to it.
        reuse: ``"succeeded"`` also takes the last success of the key that provably did the same.
        cwd: the working directory; default: this process's.
        env: variables added to the environment that the build inherits; numbers and paths become strings.
        python: the interpreter that runs it; default: this one.
        pty: False runs a command on pipes, with stderr apart, instead of a terminal.
        tags: words to find the build by.
        notebook: the notebook that launched it.
    """

    name: str | None = None
    project: str | None = None
    key: str | None = None
    reuse: Literal["succeeded"] | None = None
    cwd: str | os.PathLike[str] | None = None
    env: Mapping[str, Any] | None = None
    python: str | None = None
    pty: bool = True
    tags: Sequence[str] = ()
    notebook: NotebookRef | None = None


@dataclass(frozen=True)
class Request:
    """A checked request: everything that a build's row and its runner need."""

    kind: Kind
    name: str
    spec: dict[str, Any]
    options: Options
    secrets: dict[str, str] = field(default_factory=dict)
    save: Callable[[Path], object] | None = None
    """Keeps the callable in the new build's directory; raises LaunchError."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the build's first metadata: agent, model, operation."""
    follows: str | None = None
    """The build whose agent session it continues."""


def prepare(work: Work, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: Options) -> Request:
    """Checks a request and makes its spec.

    Raises:
        LaunchError: naming the argument that is wrong.
    """
    given = check_environment(options.env)
    hider = hider_for(given)
    with hider.errors():
        options = checked_options(replace(options, env=given))
        if callable(work):
            return _prepare_callable(work, args, kwargs, options, hider)
        if args or kwargs:
            extra = next(iter(kwargs), "a second positional argument")
            raise LaunchError(f"A command takes no argument {extra!r}; arguments are for a callable.", field="command")
        return _prepare_command(work, options, hider)


def checked_options(options: Options) -> Options:
    """The options, checked, with the defaults of cwd and python put in. Raises LaunchError."""
    for label in ("name", "project", "key"):
        check_text(label, getattr(options, label))
    if options.reuse not in (None, "succeeded"):
        raise LaunchError(f'reuse is "succeeded" or None, not {options.reuse!r}.', field="reuse")
    if options.reuse and not options.key:
        raise LaunchError("reuse needs a key that names what may be reused.", field="reuse")
    if isinstance(options.tags, str) or not all(isinstance(tag, str) for tag in options.tags):
        raise LaunchError("tags is a list of strings.", field="tags")
    for tag in options.tags:
        check_text("tags", tag)
    if not isinstance(options.pty, bool):
        raise LaunchError(f"pty is True or False, not {options.pty!r}.", field="pty")
    python = options.python or sys.executable
    check_python(python)
    return replace(options, cwd=check_directory(options.cwd), python=python)


def _prepare_command(command: str | Sequence[str], options: Options, hider: Hider) -> Request:
    given = dict(options.env or {})
    environment = inherited_environment(given)
    plain, secrets = hider.split(environment)
    whole = {**os.environ, **given}
    checked = check_command(command, cwd=str(options.cwd), path=whole.get("PATH"), env=whole)
    shown, parts = hider.hide_command(checked)
    spec = {"command": shown, **common_spec(options, plain, hider), "pty": options.pty}
    if parts is not None:
        spec["command_parts"] = parts
    secrets.update(needed_secrets(hider, spec))
    spec["secret_names"] = sorted(secrets)
    spec["fingerprint"] = fingerprint({"command": shown, "parts": parts}, spec)
    text = shown if isinstance(shown, str) else " ".join(shown)
    options = stored_options(options, hider)
    return Request("command", options.name or short(text), spec, options, secrets)


def _prepare_callable(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], options: Options, hider: Hider
) -> Request:
    given = dict(options.env or {})
    plain, secrets = hider.split(inherited_environment(given))
    spec = {"callable": CALLABLE_FILE, **common_spec(options, plain, hider), "pty": options.pty}
    secrets.update(needed_secrets(hider, spec))
    spec["secret_names"] = sorted(secrets)
    options = stored_options(options, hider)
    name = options.name or short(hider.mask(getattr(function, "__name__", type(function).__name__)))
    check_signature(function, args, kwargs)
    if options.key is not None:
        digest, problem = call_fingerprint(function, args, kwargs, spec["python"])
        spec["fingerprint"] = fingerprint({"callable": digest}, spec)
        if problem is not None:
            spec["not_compared"] = hider.mask(problem)
    return Request(
        "function", name, spec, options, secrets, lambda directory: save_callable(directory, function, args, kwargs)
    )


def inherited_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The variables that a build's spec keeps: those that decide what a command means, and those that were given."""
    return {**{name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}, **given}


def stored_options(options: Options, hider: Hider) -> Options:
    """The options as they may be stored. A key and a project tell builds apart, so they name the secret's variable."""
    return replace(
        options,
        name=options.name and hider.mask(options.name),
        project=hider.label(options.project),
        key=hider.label(options.key),
        tags=[hider.mask(tag) for tag in options.tags],
        notebook=hider.notebook(options.notebook),
    )


def needed_secrets(hider: Hider, spec: Mapping[str, Any]) -> dict[str, str]:
    """The secret variables that the parts of a spec need to become whole again."""
    hidden = [*(spec.get("command_parts") or ()), spec.get("prompt_parts") or ()]
    hidden += (spec.get("place_parts") or {}).values()
    return {name: hider.secrets[name] for parts in hidden for name in secret_names(parts)}


def common_spec(options: Options, plain: dict[str, str], hider: Hider, **more: Any) -> dict[str, Any]:
    """What the spec of every kind tells, and more."""
    return hide_places({"cwd": str(options.cwd), "python": options.python, "env": plain, **more}, hider)


def short(text: str, limit: int = 80) -> str:
    """A text as a name: one line, not too long."""
    first = " ".join(text.split())
    return first if len(first) <= limit else first[: limit - 1] + "…"


def submit(store: Store, owner: str, request: Request, *, retry_of: str | None = None) -> tuple[BuildRecord, bool]:
    """Stores a build and starts its runner, or finds the one its key names.

    Returns:
        The build, and whether it is a new one.

    Raises:
        LaunchError: the key is taken by a build that does not provably do the same (``key_taken``).
    """
    existing, note = _reusable(store, owner, request)
    if existing is not None:
        return existing, False
    build_id = new_build_id()
    try:
        if request.save is not None:
            request.save(make_build_dir(build_id))
        record = _create(store, _new_build(build_id, owner, request, retry_of), request, note)
    except KeyTaken as taken:  # another process was quicker with the same key
        remove_build_dir(build_id)
        return _same_spec(store.record(taken.existing_id), request), False
    except BuildwidgetError:
        remove_build_dir(build_id)
        raise
    spawn(store, record, request.secrets)
    return record, True


def _reusable(store: Store, owner: str, request: Request) -> tuple[BuildRecord | None, str | None]:
    """The active build of this key, or with ``reuse`` its last success that provably did the same.

    Where ``reuse`` finds none, also a sentence for the new build's log that says why.
    """
    options = request.options
    if options.key is None:
        return None, None
    active = store.find(owner, options.project, options.key, statuses=("queued", "running"))
    if active:
        return _same_spec(active[0], request), None
    if options.reuse != "succeeded":
        return None, None
    why = None
    for record in store.find(owner, options.project, options.key, statuses=("succeeded",)):
        other = difference(record, request.spec, request.secrets)
        if other is None:
            return record, None
        why = why or f"Build {record.summary.id} of the same key was not reused: {other}."
    if why is None and request.spec.get("not_compared"):
        why = f"This build cannot be reused: {request.spec['not_compared']}."
    return None, why


def _same_spec(record: BuildRecord, request: Request) -> BuildRecord:
    other = difference(record, request.spec, request.secrets)
    if other is None:
        return record
    raise LaunchError(
        f"The key {request.options.key!r} belongs to the active build {record.summary.id} ({record.summary.name!r}), "
        f"which is not provably the same: {other}. Use another key, or cancel that build first.",
        field="key",
        code="key_taken",
    )


def _new_build(build_id: str, owner: str, request: Request, retry_of: str | None) -> NewBuild:
    return NewBuild(
        id=build_id,
        owner=owner,
        kind=request.kind,
        created_at=int(time.time() * 1000),
        spec=request.spec,
        key=request.options.key,
        project=request.options.project,
        retry_of=retry_of,
        follows=request.follows,
        slotted="BUILDWIDGET_BUILD_ID" not in os.environ,
    )


def _create(store: Store, new: NewBuild, request: Request, note: str | None) -> BuildRecord:
    events = first_events(new.created_at, request.name, request.options, request.about)
    if note is not None:
        events.append(LogEvent(at=new.created_at, first=1, lines=[("system", note)]))
    return store.create(new, [draft(event) for event in events])


def first_events(now: int, name: str, options: Options, about: Mapping[str, Any] | None = None) -> list[Event]:
    """The events every log begins with: that it is queued, and what is known of it."""
    meta = MetaEvent(
        at=now,
        name=name,
        project=options.project,
        tags=list(options.tags) or None,
        notebook=options.notebook,
        **(about or {}),
    )
    return [StatusEvent(at=now, status="queued"), meta]


def retry(store: Store, record: BuildRecord) -> BuildRecord:
    """A new build of the same spec.

    Raises:
        LaunchError: ``secret_missing`` if the spec names secret variables that this process does not have,
            ``unsupported`` if the build's kind cannot be started again, or another is at work in its agent's session.
    """
    request = request_again(store, record)
    new, _ = submit(store, record.summary.owner, request, retry_of=record.summary.id)
    return new


def request_again(store: Store, record: BuildRecord) -> Request:
    """The request that a stored build was made from, with the secrets taken from this process's environment.

    Raises:
        LaunchError: see ``retry``.
    """
    summary, spec = record.summary, record.spec
    if summary.kind not in ("command", "function", "agent"):
        message = f"A build of kind {summary.kind} lives in its notebook; run its cell again."
        raise LaunchError(message, field="kind", code="unsupported")
    missing = [name for name in spec.get("secret_names", ()) if name not in os.environ]
    if missing:
        raise LaunchError(
            f"The build needs the secret {', '.join(missing)}, whose value is never stored. "
            "Launch it again from the notebook, or start this process with the variable set.",
            field="env",
            code="secret_missing",
        )
    places = whole_places(spec)
    options = Options(
        name=summary.name,
        project=summary.project,
        key=summary.key,
        cwd=check_directory(places["cwd"]),
        python=places["python"],
        tags=summary.tags,
        notebook=summary.notebook,
    )
    check_python(places["python"])
    if spec.get("resume"):
        from buildwidget.agent_sessions import resumed  # noqa: PLC0415 - of use to agents alone, and it takes time

        spec = resumed(store, summary, spec, spec["resume"])
    secrets = {name: os.environ[name] for name in spec.get("secret_names", ())}
    save = _copy_callable(summary.id) if summary.kind == "function" else None
    about = {"agent": summary.agent, "model": spec.get("model"), "operation": summary.operation}
    about = about if summary.kind == "agent" else {}
    return Request(summary.kind, summary.name, spec, options, secrets, save, about, summary.follows)


def _copy_callable(build_id: str) -> Callable[[Path], object]:
    source = build_dir(build_id) / CALLABLE_FILE
    if not source.exists():
        message = f"The callable of build {build_id} is no longer kept; launch it again from the notebook."
        raise LaunchError(message, field="callable", code="unsupported")
    return lambda directory: shutil.copy2(source, directory / CALLABLE_FILE)
