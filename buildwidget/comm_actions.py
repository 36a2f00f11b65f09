"""What a page may ask for over the widget's comm, where no server extension can be reached.

The names are those of ``BuildActions`` in the front end; the answers are those of the REST routes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from buildwidget.build import Build
from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from buildwidget.runner.artifact_paths import find_artifact
from buildwidget.runner.hidden import whole_places
from buildwidget.store.errors import NotFound
from buildwidget.store.series import DEFAULT_POINTS, DEFAULT_WIDTH, MAX_POINTS, MIN_POINTS

MAX_CONTENT_BYTES = 16 * 1024 * 1024
"""An artifact or a display sent over the comm; the kernel's channel is no place for more."""


def perform(build: Build, action: str, args: dict[str, Any]) -> Any:
    """Does what a page asks for and gives the JSON answer.

    Raises:
        ValueError: there is no such action, or its arguments are wrong.
        BuildwidgetError: it cannot be done; the message is for a person.
    """
    if action not in _ACTIONS:
        raise ValueError(f"There is no action {action!r}.")
    for name in _NEEDED.get(action, ()):
        if args.get(name) is None:
            raise ValueError(f"The action {action} needs {name}.")
    return _ACTIONS[action](build, args)


def _cancel(build: Build, _args: dict[str, Any]) -> None:
    build.cancel()


def _retry(build: Build, _args: dict[str, Any]) -> Any:
    return msgspec.to_builtins(build.retry().info)


def _remove(build: Build, _args: dict[str, Any]) -> None:
    build.delete()


def _answer(build: Build, args: dict[str, Any]) -> None:
    build.answer(args["decision"], args.get("message"), request_id=args.get("request_id"))


def _follow_up(build: Build, args: dict[str, Any]) -> Any:
    names = ("prompt", "operation", "permission", "agent", "model")
    return msgspec.to_builtins(build.follow_up(**{name: args[name] for name in names if args.get(name)}).info)


def _summary(build: Build, args: dict[str, Any]) -> Any:
    try:
        return msgspec.to_builtins(build.store.record(str(args["id"])).summary)
    except NotFound:
        return None


def _tool(build: Build, args: dict[str, Any]) -> Any:
    return msgspec.to_builtins(build.store.tool(build.id, str(args["id"])))


def _log(build: Build, args: dict[str, Any]) -> Any:
    known: dict[str, Any] = {
        name: _whole(name, args[name]) for name in ("after", "before", "limit") if args.get(name) is not None
    }
    if args.get("q") is not None:
        known["q"] = str(args["q"])
    return msgspec.to_builtins(build.store.log(build.id, **known))


def _metric(build: Build, args: dict[str, Any]) -> Any:
    series = build.store.metric(build.id, str(args["name"]))
    seq, head = series.advance()
    while seq < head:
        seq, _ = series.advance()
    points = max(MIN_POINTS, min(MAX_POINTS, int(args.get("points") or DEFAULT_POINTS)))
    width = max(1, min(MAX_POINTS, int(args.get("width") or DEFAULT_WIDTH)))
    return msgspec.to_builtins(series.picture(points, width))


def _whole_log(build: Build, _args: dict[str, Any]) -> str:
    return "\n".join(build.log_lines())


def _display(build: Build, args: dict[str, Any]) -> Any:
    mime, content = build.store.display(build.id, str(args["id"]))
    return _content(mime, content)


def _artifact(build: Build, args: dict[str, Any]) -> Any:
    row = build.store.artifact(build.id, _whole("index", args["index"], low=-1))
    root = Path(whole_places(build.store.record(build.id).spec).get("cwd", "."))
    path = (root / row.path).resolve()
    if not path.is_file():
        path = (root / (find_artifact(build.id, str(root), row.path) or row.path)).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise ValueError(f"The file {row.path} is not below the build's working directory, or gone.")
    return _content(row.mime or "application/octet-stream", path.read_bytes())


def _whole(name: str, value: object, low: int = 0) -> int:
    """A whole number, brought to what a database can hold; ValueError for what is none."""
    try:
        number = int(value)  # type: ignore[call-overload] # what is no number raises
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} is a whole number, not {str(value)[:100]!r}.") from None
    return max(low, min(int(number), MAX_SAFE_INTEGER))


def _content(mime: str, content: bytes) -> dict[str, str]:
    if len(content) > MAX_CONTENT_BYTES:
        raise ValueError("That is too big for the kernel's channel; read the file instead.")
    return {"mime": mime, "base64": base64.b64encode(content).decode()}


_ACTIONS: dict[str, Callable[[Build, dict[str, Any]], Any]] = {
    "cancel": _cancel,
    "retry": _retry,
    "remove": _remove,
    "answer": _answer,
    "followUp": _follow_up,
    "summary": _summary,
    "tool": _tool,
    "log": _log,
    "metric": _metric,
    "wholeLog": _whole_log,
    "display": _display,
    "artifact": _artifact,
}

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "answer": ("decision",),
    "summary": ("id",),
    "tool": ("id",),
    "metric": ("name",),
    "display": ("id",),
    "artifact": ("index",),
}
