"""What every handler needs, made once per server and kept in the web application's settings."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from buildwidget.errors import BuildwidgetError
from buildwidget.hub.hub import Hub
from buildwidget.store.store import Store
from jupyter_extension.config import Config

T = TypeVar("T")

SETTING: Final = "buildwidget_services"
"""The key in ``web_app.settings``: a ``Gate``. (``buildwidget`` itself is the ExtensionApp's own key.)"""

_METRICS_AT_ONCE: Final = 2
"""Series of metrics that are read at the same time; the other threads of the pool are for everybody else."""


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running server; frozen, so that every handler sees the same ones."""

    store: Store
    hub: Hub
    config: Config
    executor: Executor
    action_executor: Executor
    server_id: str
    started: float = field(default_factory=time.monotonic)
    _search_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    metric_turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_METRICS_AT_ONCE))

    async def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The result of a read in the thread pool: a database call never runs on the event loop, kernels share it."""
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)

    async def act(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The same for what writes: threads of its own, so that no read waits behind a write that waits for a lock."""
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self.action_executor, call)

    async def search(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Like ``run``, for calls that scan a log: one at a time, first come first served.

        A scan computes for a tenth of a second or more. Several at once are not faster, since they share the
        interpreter's lock, but would take all the threads that other requests wait for.
        """
        async with self._search_turn:
            return await self.run(function, *args, **kwargs)


class NotReadyError(BuildwidgetError):
    """The builds database is not open."""


class Gate:
    """Where handlers get the services: waits while the store is being opened, and tells why it could not be.

    The server starts before the database is open (a migration or a locked file may take a while, and a broken
    one must not keep anybody from their notebooks).
    """

    def __init__(self) -> None:
        self._decided = asyncio.Event()
        self._services: Services | None = None
        self._problem = "The builds database is being opened."

    def open(self, services: Services) -> None:
        """Everything is there: whoever waits goes on."""
        self._services = services
        self._decided.set()

    def refuse(self, problem: str) -> None:
        """Every request is answered with this sentence until ``open``."""
        self._services = None
        self._problem = problem
        self._decided.set()

    @property
    def opened(self) -> Services | None:
        """The services, if they are there now."""
        return self._services

    async def services(self) -> Services:
        """The services, once they are there.

        Raises:
            NotReadyError: with the sentence that says why not.
        """
        await self._decided.wait()
        if self._services is None:
            raise NotReadyError(self._problem)
        return self._services


async def services_of(settings: dict[str, Any]) -> Services:
    """The services of the server whose web application has these settings (a handler's ``self.settings``)."""
    gate: Gate = settings[SETTING]
    return await gate.services()
