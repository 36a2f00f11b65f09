"""The environment of a build's work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from buildwidget.reporting.messages import SOCKET_VARIABLE
from buildwidget.runner.process_tree import BUILD_ID_VARIABLE

_URL_VARIABLE: Final = "BUILDWIDGET_DATABASE_URL"
_KERNEL_ONLY: Final = ("JPY_PARENT_PID", "PYDEVD_USE_FRAME_EVAL")


def work_environment(
    inherited: Mapping[str, str], spec: Mapping[str, Any], build_id: str, socket_address: str | None
) -> dict[str, str]:
    """What the work sees: the launcher's environment, the spec's variables over it, and the build's marks."""
    environment = {name: value for name, value in inherited.items() if name not in _KERNEL_ONLY}
    if "inline" in environment.get("MPLBACKEND", ""):
        del environment["MPLBACKEND"]  # draws into the kernel's cell, and there is none
    if _has_password(environment.get(_URL_VARIABLE, "")):
        del environment[_URL_VARIABLE]
    # Python buffers whole blocks into a pipe, and with a terminal too there may be one behind it: `... | tee log`.
    environment.setdefault("PYTHONUNBUFFERED", "1")
    environment.update({name: str(value) for name, value in (spec.get("env") or {}).items()})
    environment[BUILD_ID_VARIABLE] = build_id
    environment.pop(SOCKET_VARIABLE, None)
    if socket_address is not None:
        environment[SOCKET_VARIABLE] = socket_address
    return environment


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True  # unreadable: better without it than with a password in it
    return parts.password is not None or "password=" in parts.query
