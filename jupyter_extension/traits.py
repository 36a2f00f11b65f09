"""Every setting of the server as a trait, e.g. ``c.BuildwidgetApp.batch_ms = 100`` in jupyter_server_config.py.

Each help text tells what the number does, its unit, its default, and what None means where None is allowed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from traitlets import Float, HasTraits, Int, Unicode

from buildwidget.hub.settings import HubSettings
from jupyter_extension.config import Config


def _count(default: int, text: str) -> Int[int, int]:
    return Int(default, min=1, help=f"{text} Default: {default:,}.").tag(config=True)


def _milliseconds(default: int, text: str, *, at_least: int = 1) -> Int[int, int]:
    return Int(default, min=at_least, help=f"{text} In milliseconds; default: {default:,}.").tag(config=True)


def _bytes(default: int, text: str) -> Int[int, int]:
    return Int(default, min=1, help=f"{text} In bytes; default: {default:,}.").tag(config=True)


def _seconds(default: float, text: str) -> Float[float, float]:
    return Float(default, min=0.01, help=f"{text} In seconds; default: {default:g}.").tag(config=True)


class ServerTraits(HasTraits):
    """The settings; ``hub_settings`` and ``config_for`` make the typed, frozen objects that everything else reads."""

    owner = Unicode(
        None,
        allow_none=True,
        help="Whose builds this server and its kernels see and make. On a shared database it is a filter, not a"
        " security border. None, the default: $BUILDWIDGET_OWNER, else $JUPYTERHUB_USER, else the OS user.",
    ).tag(config=True)
    database_url = Unicode(
        None,
        allow_none=True,
        help="The builds database as an SQLAlchemy URL; kernels inherit it. None, the default:"
        " $BUILDWIDGET_DATABASE_URL, else the file builds.db in the user's Jupyter data directory.",
    ).tag(config=True)
    secret_names = Unicode(
        None,
        allow_none=True,
        help="Patterns of more variables whose values are never stored, such as MY_*_ID, with commas between them;"
        " !PATTERN takes names out. Kernels inherit it. None, the default: $BUILDWIDGET_SECRET_NAMES.",
    ).tag(config=True)
    secret_patterns = Unicode(
        None,
        allow_none=True,
        help="Regular expressions of more values that are never stored, such as sk-[A-Za-z0-9]{20,}, one a line."
        " Kernels inherit it. None, the default: $BUILDWIDGET_SECRET_PATTERNS.",
    ).tag(config=True)

    # The live connections; HubSettings says how the hub uses them.
    batch_ms = _milliseconds(HubSettings.batch_ms, "The batches of a build leave at most this often.")
    heartbeat_ms = _milliseconds(HubSettings.heartbeat_ms, "How often every connection gets a heartbeat.")
    timeout_ms = _milliseconds(
        HubSettings.timeout_ms, "A connection from which nothing was heard for this long is closed (4101)."
    )
    write_timeout_ms = _milliseconds(
        HubSettings.write_timeout_ms, "A connection that does not take what is sent for this long is closed (4100)."
    )
    max_connections = _count(HubSettings.max_connections, "WebSockets and event streams at once.")
    max_subscriptions = _count(HubSettings.max_subscriptions, "Builds that one connection may subscribe to.")
    max_queued_replies = _count(
        HubSettings.max_queued_replies, "Answers a client may leave unread before it is closed as slow (4100)."
    )
    max_lag_events = _count(HubSettings.max_lag_events, "A subscriber more events behind gets a snapshot.")
    max_lag_bytes = _bytes(HubSettings.max_lag_bytes, "A subscriber further behind gets a snapshot.")
    ring_events = _count(HubSettings.ring_events, "Recent events kept in memory per watched build; at least max_lag.")
    ring_bytes = _bytes(HubSettings.ring_bytes, "Recent events kept in memory per watched build; at least max_lag.")
    max_batch_events = _count(HubSettings.max_batch_events, "A batch of so many events leaves early.")
    max_batch_bytes = _bytes(HubSettings.max_batch_bytes, "A batch of this size leaves early.")
    snapshot_cache_bytes = _bytes(
        HubSettings.snapshot_cache_bytes, "Snapshots kept for the next who asks, of all builds together."
    )
    list_newest = _count(HubSettings.list_newest, "Builds that a watched list shows besides the active ones.")
    list_rows = _count(HubSettings.list_rows, "Rows of a watched list at most; the oldest fall out.")
    full_poll_ms = _milliseconds(
        HubSettings.full_poll_ms,
        "While any runs, how often all watched builds are looked at even if no change was seen.",
    )
    activity_ms = _milliseconds(
        HubSettings.activity_ms,
        "How often the active builds are counted, which keep the server from being culled as idle. 0: never.",
        at_least=0,
    )
    fanout_chunk = _count(HubSettings.fanout_chunk, "Connections served before the event loop may do something else.")
    comment_seconds = _seconds(Config.comment_seconds, "How often a quiet event stream sends a comment.")
    reconnect_ms = _milliseconds(
        HubSettings.reconnect_ms,
        "A server that shuts down tells its clients to come back after this to three times this.",
    )

    # The REST routes.
    default_builds = _count(Config.default_builds, "Builds of a page, if the request does not say.")
    max_builds = _count(Config.max_builds, "Builds of a page at most; a greater limit is cut to this.")
    default_events = _count(Config.default_events, "Events of a page, if the request does not say.")
    max_events = _count(Config.max_events, "Events of a page at most; a greater limit is cut to this.")
    default_log_lines = _count(Config.default_log_lines, "Log lines of a page, if the request does not say.")
    max_log_lines = _count(Config.max_log_lines, "Log lines of a page at most; a greater limit is cut to this.")
    max_page_bytes = _bytes(Config.max_page_bytes, "A page of events ends early past this size.")
    chunk_bytes = _bytes(Config.chunk_bytes, "Files are read and sent in pieces of this size.")
    max_body_bytes = _bytes(Config.max_body_bytes, "The body of a request at most.")

    # The work behind them.
    action_threads = _count(
        Config.action_threads,
        "Threads for requests that write: launch, cancel, answer, delete. Reads never wait for them.",
    )
    executor_threads = _count(
        Config.executor_threads, "Threads for what requests read from the database; nothing runs on the event loop."
    )
    hub_threads = _count(
        Config.hub_threads,
        "Threads for what live connections need of the database, which must not wait behind requests.",
    )
    reopen_seconds = _seconds(Config.reopen_seconds, "How often opening the database is tried again after it failed.")
    shutdown_seconds = _seconds(Config.shutdown_seconds, "How long a shutdown waits for clients and database calls.")
    lease_seconds = _seconds(
        Config.lease_seconds,
        "A build elsewhere whose heartbeat counter stands still for this long, on this server's clock, is lost.",
    )
    sweep_seconds = _seconds(Config.sweep_seconds, "How often lost builds are looked for, while any has not ended.")
    retention_seconds = _seconds(Config.retention_seconds, "How often old builds are removed.")
    retention_days = Float(
        Config.retention_days,
        min=0.0,
        allow_none=True,
        help="Builds that ended earlier are removed, in days; default: 30. None: they are kept however old.",
    ).tag(config=True)
    retention_bytes = Int(
        Config.retention_bytes,
        min=0,
        allow_none=True,
        help="The oldest ended builds are removed while all builds together take more, in bytes; default: 5 GiB."
        " None: they are kept however big.",
    ).tag(config=True)

    log_limit_bytes = _bytes(
        Config.log_limit_bytes,
        "What the log of one build stores whole; beyond it a sample of the newest lines. Kernels inherit it unless it"
        " is the default; $BUILDWIDGET_LOG_LIMIT_BYTES.",
    )

    def hub_settings(self) -> HubSettings:
        """The hub's part.

        Raises:
            ValueError: numbers that cannot work together.
        """
        return HubSettings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(HubSettings)})

    def config_for(self, *, owner: str, database_url: str, root_dir: str) -> Config:
        """The typed settings; ``owner``, ``database_url`` and ``root_dir`` as worked out by the caller."""
        worked_out = {"owner": owner, "database_url": database_url, "root_dir": root_dir, "hub": self.hub_settings()}
        names = {field.name for field in dataclasses.fields(Config)} - set(worked_out)
        values: dict[str, Any] = {**worked_out, **{name: getattr(self, name) for name in names}}
        return Config(**values)
