"""What the Jupyter server loads: the REST routes, the WebSocket and the event stream of buildwidget."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_extension.app import BuildwidgetApp  # noqa: PLC0415 - reading the package's version loads no server

    return [{"module": "jupyter_extension.app", "app": BuildwidgetApp}]
