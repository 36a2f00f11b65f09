"""A systemd scope of a build's own.

When systemd stops or restarts a service, it kills every process in the service's control group: sessions of their own
do not help. A build that is launched from a JupyterLab which is a service (or from one of JupyterHub's SystemdSpawner)
is therefore started in a scope of its own, where ``systemd-run`` can make one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

CGROUP_FILE: Final = "/proc/self/cgroup"
_RECHECK_SECONDS: Final = 60.0
"""Whether systemd can be asked is found out again after this time: the user's manager ends with the last login."""
_ANSWER_SECONDS: Final = 5.0
_USER_MANAGER: Final = re.compile(r"user@\d+\.service")
_UNIT: Final = re.compile(r"[^/]+\.(?:service|scope)")


class Service(NamedTuple):
    """A systemd service, by the name of its unit; ``by_user``: of a user's own manager."""

    unit: str
    by_user: bool


def service_of(cgroups: str) -> Service | None:
    """The service whose stop would kill a process, by its ``/proc/<pid>/cgroup``. Pure.

    None for a session, a scope (a terminal's, a container's, a build's own) and wherever systemd manages nothing.
    """
    for line in cgroups.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        # The tree that systemd manages: of version 2, or of version 1 the one without a controller.
        if controllers != "name=systemd" and (number, controllers) != ("0", ""):
            continue
        units = [part for part in path.split("/") if _UNIT.fullmatch(part)]
        if units and units[-1].endswith(".service") and not _USER_MANAGER.fullmatch(units[-1]):
            return Service(units[-1], any(_USER_MANAGER.fullmatch(unit) for unit in units[:-1]))
    return None


class Scopes:
    """Decides how builds are started from this process. Thread-safe; remembers what it found out.

    Args:
        ask: runs a program; gives its exit code and output, or None where it cannot be run.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        ask: Callable[[list[str]], tuple[int, str] | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask or _ask
        self._clock = clock
        self._lock = threading.Lock()
        self._service: Service | None = None
        self._decided = float("-inf")
        self._command: list[str] | None = []
        self._warned = False

    def prefix(self, name: str) -> list[str]:
        """What is put before a command to run it in a scope of this name; nothing where none is needed or possible.

        ``systemd-run --scope`` becomes the command: same pid, environment, directory, files and exit code.
        """
        service = _own_service()
        if service is None:
            return []
        with self._lock:
            if service != self._service or self._clock() - self._decided > _RECHECK_SECONDS:
                self._service, self._decided, self._command = service, self._clock(), self._find(service)
        return [*self._command, f"--unit={name}", "--"] if self._command else []

    def warn(self) -> None:
        """Warns once per process if builds that are started now would end with the service."""
        service = _own_service()
        if service is None or self._command is not None or self._warned:
            return
        self._warned = True
        warnings.warn(
            f"Builds end when systemd stops or restarts {service.unit}, because systemd-run can make no scope for them "
            f"here: set KillMode=process in the [Service] section of {service.unit} to let them go on.",
            RuntimeWarning,
            stacklevel=2,
        )

    def _find(self, service: Service) -> list[str] | None:
        """The program that makes scopes, with its options. Empty: none is needed. None: there is none."""
        shown = self._ask(
            ["systemctl", *_of_user(service.by_user), "show", "--property=KillMode", "--value", service.unit]
        )
        if shown is not None and shown[0] == 0 and shown[1].strip() in ("process", "none"):
            return []
        program = shutil.which("systemd-run")
        if program is None:
            return None
        # The system's manager makes scopes for root only.
        command = [program, *_of_user(service.by_user or not _is_root()), "--scope", "--quiet", "--collect"]
        made = self._ask([*command, "--", "true"])
        return command if made is not None and made[0] == 0 else None


def _of_user(by_user: bool) -> list[str]:
    return ["--user"] if by_user else []


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _own_service() -> Service | None:
    try:
        return service_of(Path(CGROUP_FILE).read_text("utf-8", "replace"))
    except OSError:  # not Linux
        return None


def _ask(command: list[str]) -> tuple[int, str] | None:
    try:
        done = subprocess.run(  # noqa: S603 - a program of systemd
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode, done.stdout.decode("utf-8", "replace")


SCOPES: Final = Scopes()
"""This process's."""
