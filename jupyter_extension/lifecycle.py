"""From the server's start to its end: opens the store, runs the hub and what happens periodically, closes all."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from logging import Logger
from typing import Final

from buildwidget.errors import BuildwidgetError
from buildwidget.hub.hub import Hub
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.store.errors import StoreError
from buildwidget.store.location import data_dir
from buildwidget.store.retention import sweep_retention
from buildwidget.store.store import Store
from jupyter_extension.config import Config
from jupyter_extension.metrics import Metrics
from jupyter_extension.services import Gate, Services
from jupyter_extension.sweeping import Sweeps

_FOREVER_DAYS: Final = 1_000_000


class Lifecycle:
    """Owns everything of a server that has to be closed again.

    Args:
        config: the settings.
        gate: where handlers wait for the services.
        log: the server's log.
        on_activity: called now and then while builds are active.
    """

    def __init__(self, config: Config, gate: Gate, log: Logger, *, on_activity: Callable[[], None]) -> None:
        self._config = config
        self._gate = gate
        self._log = log
        self._on_activity = on_activity
        self._executor = ThreadPoolExecutor(config.executor_threads, thread_name_prefix="buildwidget")
        # Of its own: a write that waits for a lock must not keep reads waiting.
        self._action_executor = ThreadPoolExecutor(config.action_threads, thread_name_prefix="buildwidget-action")
        # Of its own: a few long searches in logs must not keep live pages waiting.
        self._hub_executor = ThreadPoolExecutor(config.hub_threads, thread_name_prefix="buildwidget-hub")
        self._executors = (self._executor, self._action_executor, self._hub_executor)
        self._tasks: list[asyncio.Task[None]] = []
        self._end: asyncio.Task[None] | None = None
        self._metrics: Metrics | None = None
        self._sweeps: Sweeps

    async def start(self) -> None:
        """Opens the store in the background; returns at once."""
        self._spawn(self._open_and_run())

    async def stop(self) -> None:
        """Clients are told to come back (4102), running database calls may finish, then all is closed.

        Every signal asks a server to stop, also while it stops: all who ask wait for the one end.
        """
        if self._end is None:
            self._end = asyncio.ensure_future(self._stop())
        await self._end

    async def _stop(self) -> None:
        services = self._gate.opened
        self._gate.refuse("The server is shutting down.")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._metrics is not None:
            self._metrics.unregister()
        if services is not None:
            await self._close(services)
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)

    async def _close(self, services: Services) -> None:
        try:
            await asyncio.wait_for(services.hub.stop(), self._config.shutdown_seconds)
        except asyncio.TimeoutError:
            self._log.warning("buildwidget: some clients did not take the news of the shutdown in time")
        try:
            await asyncio.wait_for(asyncio.to_thread(self._close_store, services.store), self._config.shutdown_seconds)
        except asyncio.TimeoutError:
            self._log.warning("buildwidget: the database was still busy at the shutdown")

    def _close_store(self, store: Store) -> None:
        # A call that was given up goes on in its thread: with its connection the database would stay open.
        for executor in self._executors:
            executor.shutdown(cancel_futures=True)
        self._sweeps.close()
        store.close()

    def _spawn(self, work: Awaitable[None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    async def _open_and_run(self) -> None:
        try:
            await self._run(await self._open_store())
        except Exception:  # noqa: BLE001 - logged; nobody awaits this task, without a word every request waits for ever
            self._gate.refuse("buildwidget could not be started; the server's log tells why.")
            self._log.exception("buildwidget could not be started")

    async def _run(self, store: Store) -> None:
        config = self._config
        hub = Hub(store, owner=config.owner, settings=config.hub, executor=self._hub_executor)
        services = Services(store, hub, config, self._executor, self._action_executor, secrets.token_hex(8))
        await hub.start()
        self._metrics = Metrics(hub.stats)
        self._metrics.register(self._log)
        self._gate.open(services)
        self._log.info("buildwidget: builds of %s in database %s", config.owner, store.database_id)
        self._sweeps = Sweeps(store, LeaseObserver(lease=config.lease_seconds))
        self._spawn(self._every(config.sweep_seconds, "looking for lost builds", self._sweep, services))
        self._spawn(self._every(config.retention_seconds, "removing old builds", self._retain, services))
        self._spawn(self._note_activity(services))

    async def _open_store(self) -> Store:
        """The store, however often it has to be tried: a lock goes away, a file can be mended while we run."""
        told = None
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._executor, Store.open, self._config.database_url
                )
            except BuildwidgetError as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001 - a driver may raise anything; the server must run on, and say so
                problem = (
                    f"The builds database could not be opened ({type(error).__name__}); the server's log tells more."
                )
                if problem != told:
                    self._log.error("buildwidget: the database could not be opened", exc_info=error)
            if problem != told:
                self._log.error("buildwidget: %s Trying again every %g s.", problem, self._config.reopen_seconds)
                told = problem
            self._gate.refuse(problem)
            await asyncio.sleep(self._config.reopen_seconds)

    async def _every(
        self, seconds: float, what: str, job: Callable[[Services], Awaitable[None]], services: Services
    ) -> None:
        while True:
            try:
                await job(services)
            except StoreError as error:
                self._log.warning("buildwidget: %s did not work, it is tried again: %s", what, error)
            except Exception:  # noqa: BLE001 - logged; one sweep that goes wrong must not be the last
                self._log.exception("buildwidget: %s did not work, it is tried again", what)
            await asyncio.sleep(seconds)

    async def _sweep(self, services: Services) -> None:
        lost = await services.act(self._sweeps.look)
        if lost:
            self._log.info("buildwidget: ended as lost: %s", ", ".join(lost))

    async def _retain(self, services: Services) -> None:
        config = self._config
        removed = await services.act(
            sweep_retention,
            services.store,
            now_ms=int(time.time() * 1000),
            days=_FOREVER_DAYS if config.retention_days is None else config.retention_days,
            max_bytes=sys.maxsize if config.retention_bytes is None else config.retention_bytes,
            builds_dir=data_dir() / "builds",
        )
        if removed:
            self._log.info("buildwidget: removed old builds: %s", ", ".join(removed))

    async def _note_activity(self, services: Services) -> None:
        if not self._config.hub.activity_ms:
            return
        while True:
            if services.hub.active_builds():
                self._on_activity()
            await asyncio.sleep(self._config.hub.activity_ms / 1000)
