"""The numbers of a hub."""

from __future__ import annotations

from dataclasses import dataclass

from buildwidget.protocol import limits


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    """The numbers of a hub; times are milliseconds, sizes bytes."""

    batch_ms: int = 200
    """Batches of one build leave at most this often, unless something urgent is in them."""
    heartbeat_ms: int = 30_000
    """How often every connection gets a heartbeat frame."""
    timeout_ms: int = 60_000
    """A connection whose client speaks is closed (4101) when nothing was heard from it for this long."""
    write_timeout_ms: int = 20_000
    """A connection whose one write is not taken by the transport for this long is closed (4100)."""

    max_connections: int = 1_000
    max_subscriptions: int = 200
    """Builds that one connection may subscribe to."""
    max_queued_replies: int = 256
    """Answers (pong, error) a client may leave unread before it is closed as slow."""

    max_lag_events: int = limits.MAX_LAG_EVENTS
    max_lag_bytes: int = limits.MAX_LAG_BYTES
    """A subscriber further behind than these gets a snapshot."""
    ring_events: int = 2 * limits.MAX_LAG_EVENTS
    ring_bytes: int = 2 * limits.MAX_LAG_BYTES
    """What is kept in memory per watched build; at least the lag, so that who may catch up can."""
    max_batch_events: int = limits.MAX_BATCH_EVENTS
    max_batch_bytes: int = limits.MAX_BATCH_BYTES
    """The size of a batch, and what makes it leave early."""

    snapshot_cache_bytes: int = 16 * 1024 * 1024
    """Snapshots kept for the next who asks, of all builds together."""
    list_newest: int = 50
    """Builds of a list besides the active ones."""
    list_rows: int = 500
    """Rows of a list at most; the oldest fall out."""

    full_poll_ms: int = 5_000
    """While any runs, how often the heads of all watched builds are read even if no change was seen."""
    activity_ms: int = 30_000
    """How often the active builds are counted, if the database has changed; 0: only when asked."""
    reconnect_ms: int = 1_000
    """A hub that stops tells every client to come back after a random time from this to three times this."""
    fanout_chunk: int = 50
    """Connections served before the event loop may do something else."""

    def __post_init__(self) -> None:
        """Refuse numbers that cannot work together."""
        numbers = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name, value in numbers.items():
            if value < (0 if name == "activity_ms" else 1):
                raise ValueError(f"{name} must be positive, not {value}")
        if self.ring_events < self.max_lag_events or self.ring_bytes < self.max_lag_bytes:
            raise ValueError("the ring must hold what a subscriber may lag behind")
