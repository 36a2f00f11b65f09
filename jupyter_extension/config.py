"""The settings of one server, typed and frozen. The traits of app.py are where they come from and are explained."""

from __future__ import annotations

from dataclasses import dataclass, field

from buildwidget.hub.settings import HubSettings
from buildwidget.runner.log_limit import LOG_LIMIT_BYTES


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting by its unit; the trait of the same name explains it.

    ``owner``, ``database_url`` and ``root_dir`` are filled in already: nothing below the composition root asks
    the environment.
    """

    owner: str
    database_url: str
    root_dir: str
    hub: HubSettings = field(default_factory=HubSettings)

    default_builds: int = 50
    max_builds: int = 500
    default_events: int = 1_000
    max_events: int = 5_000
    default_log_lines: int = 1_000
    max_log_lines: int = 5_000
    max_page_bytes: int = 4 * 1024 * 1024
    chunk_bytes: int = 256 * 1024
    max_body_bytes: int = 1024 * 1024

    comment_seconds: float = 15.0
    action_threads: int = 2
    executor_threads: int = 4
    hub_threads: int = 3
    reopen_seconds: float = 5.0
    shutdown_seconds: float = 5.0

    lease_seconds: float = 30.0
    sweep_seconds: float = 10.0
    retention_seconds: float = 3_600.0
    retention_days: float | None = 30.0
    retention_bytes: int | None = 5 * 1024**3
    log_limit_bytes: int = LOG_LIMIT_BYTES
