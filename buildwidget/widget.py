"""The anywidget of a build, and the cell output it makes.

Synced with the page: ``build_id``, ``database``, ``status`` and ``percent``. Everything else comes to the page
from the server, or, where no server extension can be reached, as frames over this widget's comm.
"""

from __future__ import annotations

import html
import os
import sys
from pathlib import Path
from typing import Any

import anywidget
import msgspec
import traitlets

from buildwidget.build import Build
from buildwidget.comm_actions import perform
from buildwidget.errors import BuildwidgetError
from buildwidget.live import Following, follow
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.state import State

MIME_TYPE = "application/vnd.buildwidget.build+json"

_STATIC = Path(__file__).parent / "static"


class BuildWidget(anywidget.AnyWidget):
    """Shows one build live, and follows it in Python too: ``widget.observe(callback, "status")``.

    Attributes:
        build_id: the build.
        database: the id of the database that has it, so that a page can tell when its server reads another one.
        status: the build's status.
        percent: 0 to 100, or None where nothing tells.
    """

    _esm = _STATIC / "widget.js"

    build_id = traitlets.Unicode(read_only=True).tag(sync=True)
    database = traitlets.Unicode(read_only=True).tag(sync=True)
    status = traitlets.Unicode("queued", read_only=True).tag(sync=True)
    percent = traitlets.Int(None, allow_none=True, read_only=True).tag(sync=True)

    def __init__(self, build: Build) -> None:
        store, info = build.store, build.info
        self.set_trait("build_id", build.id)
        self.set_trait("database", store.database_id)
        self.set_trait("status", info.status)
        self.set_trait("percent", info.percent)
        super().__init__()  # opens the comm, whose first message carries the traits as they are now
        self.build = build
        self._pushing = not served_by_extension()
        self._following: Following | None = None
        self.on_msg(_on_message)
        if info.status not in ENDS or self._pushing:
            self._follow()

    def _follow(self) -> None:
        if self._following is not None:
            self._following.close()
        self._following = follow(self.build.store, self.build.id, self._push)
        self._following.on_change(self._show)

    def _push(self, frame: bytes) -> None:
        if self._pushing:
            self.send(msgspec.json.decode(frame))

    def _show(self, state: State) -> None:
        self.set_trait("percent", state.percent)
        self.set_trait("status", state.status)

    def close(self) -> None:
        """Stops following and closes the comm."""
        if self._following is not None:
            self._following.close()
        super().close()

    def start_pushing(self) -> None:
        """Sends the frames over the comm from now on, beginning with a snapshot."""
        self._pushing = True
        self._follow()


def served_by_extension() -> bool:
    """Whether this kernel's server has the extension, which tells its kernels so through their environment.

    Where it has, pages read from the server, and the comm stays silent until a page asks for it.
    """
    return "BUILDWIDGET_DATABASE_URL" in os.environ and "BUILDWIDGET_OWNER" in os.environ


_WITHOUT_EXTENSION = (
    "buildwidget: this Jupyter server does not have the buildwidget extension. If the output stays empty, install "
    "buildwidget in the environment of the server (pip install buildwidget) and restart the server.\n"
)
_hinted = False


def hint_once() -> None:
    """Say on stderr, once a process, that the server lacks the extension: its pages may lack the widget as well.

    Only in a kernel that a Jupyter server has started for a notebook (``JPY_SESSION_NAME``); under nbclient, papermill
    and other editors there is no such server.
    """
    global _hinted  # noqa: PLW0603 - a fact about this process
    if _hinted or served_by_extension() or "JPY_SESSION_NAME" not in os.environ:
        return
    _hinted = True
    sys.stderr.write(_WITHOUT_EXTENSION)


def _on_message(widget: BuildWidget, content: Any, _buffers: Any) -> None:
    """What a page without a server says over the comm; anything else is another version's and is ignored."""
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "subscribe":
        widget.start_pushing()
    elif kind == "action":
        widget.send(_answer(widget.build, content))


def _answer(build: Build, content: dict[str, Any]) -> dict[str, Any]:
    answer = {"type": "action_result", "n": content.get("n")}
    try:
        result = perform(build, str(content.get("action")), content.get("args") or {})
    except (BuildwidgetError, ValueError, TypeError) as error:
        return {**answer, "ok": False, "message": str(error)}
    return {**answer, "ok": True, "result": result}


def display_bundle(build: Build, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The output of a cell: our own MIME type first, then the widget, then short HTML and text.

    What is shown tells name and kind only, so that it is the same at every run (nbval compares it); the ids are in
    the output's metadata.
    """
    hint_once()
    info = build.info
    widget = BuildWidget(build)
    made = widget._repr_mimebundle_(**kwargs)
    data, metadata = made if isinstance(made, tuple) else (made, {})
    told = f"Build {info.name!r} ({info.kind})"
    if build.store.record(build.id).spec.get("permission") == "all":
        told += ", which may do everything unasked"
    bundle = {
        MIME_TYPE: {"name": info.name, "kind": info.kind},
        **(data or {}),
        "text/html": f"<p>{html.escape(told)}</p>",
        "text/plain": told,
    }
    return bundle, {**metadata, MIME_TYPE: {"build": build.id, "database": build.store.database_id}}
