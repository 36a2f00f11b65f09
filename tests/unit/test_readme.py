"""What the README should tell, it tells: every setting, route, event, public name and environment variable."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path

import msgspec

import buildwidget
from buildwidget import report
from buildwidget.protocol import events, frames
from jupyter_extension.handlers.routes import ROUTES
from jupyter_extension.traits import ServerTraits

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def missing(names: typing.Iterable[str], form: str = "{}") -> list[str]:
    return [name for name in names if form.format(name) not in README]


def tags(union: object) -> list[str]:
    return [str(msgspec.inspect.type_info(member).tag) for member in typing.get_args(union)]  # type: ignore[attr-defined] - structs have a tag


def test_every_setting_of_the_server() -> None:
    assert missing(ServerTraits.class_own_traits(config=True), "`{}`") == []


def test_every_setting_of_the_lab_extension() -> None:
    schema = json.loads((ROOT / "buildwidget/frontend/lab/schema/panel.json").read_text("utf-8"))
    assert missing(schema["properties"], "`{}`") == []


def test_every_route() -> None:
    last_words = {re.sub(r"\(\[\^/\]\+\)", "", pattern).strip("/").rsplit("/", 1)[-1] for pattern, _ in ROUTES[:-1]}
    assert missing(last_words) == []


def test_every_event_and_frame() -> None:
    assert missing(tags(events.Event), "`{}`") == []
    assert missing(tags(frames.ClientFrame), "`{}`") == []
    assert missing([*tags(frames.ServerFrame), "snapshot", "batch"], "`{}`") == []


def test_every_public_name() -> None:
    shown = set(buildwidget.__all__) - {"Build", "BuildFailed", "BuildwidgetError", "LaunchError", "report"}
    assert missing(shown, "bw.{}(") == []
    assert missing(set(report.__all__) - {"flush", "use_sink"}, "report.{}(") == []


def test_every_environment_variable() -> None:
    sources = [path.read_text("utf-8") for room in ("buildwidget", "jupyter_extension") for path in python_files(room)]
    names = set(re.findall(r"BUILDWIDGET_[A-Z_]+", "\n".join(sources)))
    assert names
    assert missing(names) == []


def python_files(room: str) -> list[Path]:
    return [path for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts]


def test_every_public_name_is_there() -> None:
    for name in buildwidget.__all__:
        assert getattr(buildwidget, name) is not None
    assert set(buildwidget.__all__) <= set(dir(buildwidget))
