"""What can be set for runners, by environment variables that the launcher hands on."""

from __future__ import annotations

import math
import os
import signal
from dataclasses import dataclass, field
from typing import Final

from buildwidget.runner.log_limit import LOG_LIMIT_BYTES
from buildwidget.runner.process_tree import RUNGS, Rung

_MAX_RUNNING: Final = "BUILDWIDGET_MAX_RUNNING"
_CANCEL_SECONDS: Final = "BUILDWIDGET_CANCEL_SECONDS"
_PERMISSION_SECONDS: Final = "BUILDWIDGET_PERMISSION_SECONDS"
LOG_LIMIT: Final = "BUILDWIDGET_LOG_LIMIT_BYTES"


def _default_max_running() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """How runners behave.

    Attributes:
        max_running: how many builds run at once per database and host; default: the number of CPUs.
        cancel_seconds: how long a cancelled build has to obey each signal (SIGINT, SIGTERM, SIGKILL); default 5.
        leftover_seconds: how long processes that the work left behind have to obey SIGTERM.
        permission_seconds: how long an agent's permission prompt waits before it is denied; default 30 minutes.
        drain_seconds: how long output and reports are read on after the work's end.
        log_limit_bytes: what a build's log stores whole; default 1 GiB, 0: no limit.
    """

    max_running: int = field(default_factory=_default_max_running)
    cancel_seconds: float = 5.0
    leftover_seconds: float = 2.0
    permission_seconds: float = 1800.0
    drain_seconds: float = 2.0
    log_limit_bytes: int = LOG_LIMIT_BYTES

    @classmethod
    def of_environment(cls) -> RunnerSettings:
        """From ``BUILDWIDGET_MAX_RUNNING``, ``_CANCEL_SECONDS``, ``_PERMISSION_SECONDS`` and ``_LOG_LIMIT_BYTES``.

        What is no number counts as not set.
        """
        max_running = _number(_MAX_RUNNING, _default_max_running())
        return cls(
            max_running=max(1, int(max_running)),
            cancel_seconds=_number(_CANCEL_SECONDS, 5.0),
            permission_seconds=_number(_PERMISSION_SECONDS, 1800.0),
            log_limit_bytes=max(0, int(_number(LOG_LIMIT, LOG_LIMIT_BYTES))),
        )

    @property
    def cancel_rungs(self) -> list[Rung]:
        """The signals of a cancel, with the seconds to obey each."""
        return [(number, self.cancel_seconds) for number, _ in RUNGS]

    @property
    def leftover_rungs(self) -> list[Rung]:
        """The signals for what the work left behind."""
        return [(signal.SIGTERM, self.leftover_seconds), RUNGS[-1]]


def _number(name: str, default: float) -> float:
    try:
        number = float(os.environ[name])
    except (KeyError, ValueError):
        return default
    return number if math.isfinite(number) else default
