"""The hub's numbers in the server's own ``/metrics``.

buildwidget_connections, buildwidget_subscriptions, buildwidget_watched_builds, buildwidget_active_builds: as of now.
buildwidget_batches_total, buildwidget_snapshots_total, buildwidget_frames_total, buildwidget_sent_bytes_total,
buildwidget_slow_closed_total, buildwidget_timed_out_total: since the server's start.
buildwidget_loop_lag_seconds, buildwidget_loop_lag_max_seconds: how late the event loop ran its last task, and at
worst in the last minute.
buildwidget_commit_to_send_seconds{quantile="0.5"} and "0.99": from the making of an event to its leaving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from logging import Logger

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from buildwidget.hub.stats import HubStats

_GAUGES = {
    "connections": "WebSockets and event streams",
    "subscriptions": "Builds that connections are subscribed to, each counted once per connection",
    "watched_builds": "Builds that somebody is subscribed to",
    "active_builds": "Builds of the owner that have not ended",
}
_COUNTERS = {
    "batches": ("batches", "Batches of events"),
    "snapshots": ("snapshots", "Snapshots of states"),
    "frames": ("frames", "Frames sent"),
    "bytes": ("sent_bytes", "Bytes of frames sent"),
    "slow_closed": ("slow_closed", "Connections closed because they did not take what was sent"),
    "timed_out": ("timed_out", "Connections closed because nothing was heard from them"),
}
_LAGS = {
    "loop_lag_ms": ("loop_lag_seconds", "How late the event loop ran its last task"),
    "loop_lag_max_ms": ("loop_lag_max_seconds", "How late the event loop ran a task at worst in the last minute"),
}


class Metrics(Collector):
    """Reads the numbers when they are asked for; nothing is counted twice."""

    def __init__(self, stats: Callable[[], HubStats], registry: CollectorRegistry = REGISTRY) -> None:
        self._stats = stats
        self._registry = registry
        self._registered = False

    def register(self, log: Logger) -> None:
        """Puts them into the registry; a second server in the same process leaves them to the first."""
        try:
            self._registry.register(self)
        except ValueError:
            log.debug("buildwidget: another server of this process has the metrics")
        else:
            self._registered = True

    def unregister(self) -> None:
        """Takes them out again."""
        if self._registered:
            self._registry.unregister(self)
            self._registered = False

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        stats = self._stats()
        for field, help_text in _GAUGES.items():
            yield GaugeMetricFamily(f"buildwidget_{field}", help_text, value=getattr(stats, field))
        for field, (name, help_text) in _COUNTERS.items():
            yield CounterMetricFamily(f"buildwidget_{name}", help_text, value=getattr(stats, field))
        for field, (name, help_text) in _LAGS.items():
            yield GaugeMetricFamily(f"buildwidget_{name}", help_text, value=getattr(stats, field) / 1000)
        yield _latency(stats)


def _latency(stats: HubStats) -> Metric:
    metric = GaugeMetricFamily(
        "buildwidget_commit_to_send_seconds", "From the making of an event to its leaving", labels=["quantile"]
    )
    for quantile, value in (("0.5", stats.commit_to_send_p50_ms), ("0.99", stats.commit_to_send_p99_ms)):
        if value is not None:
            metric.add_metric([quantile], value / 1000)
    return metric
