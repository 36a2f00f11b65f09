"""What the server tells of itself."""

from __future__ import annotations

import re

from buildwidget.protocol.limits import PROTOCOL_VERSION
from buildwidget.store.store import Store
from jupyter_extension import metrics
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import Page
from tests.server.stored import StoredBuild
from tests.waiting import wait_until

SAMPLE = re.compile(r"^(buildwidget_\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


def samples(client: Client) -> dict[str, float]:
    text = client.get("/metrics").body.decode()
    return {name + labels: float(value) for name, labels, value in SAMPLE.findall(text)}


def test_status_tells_which_server_and_which_database(client: Client, store: Store) -> None:
    status = client.get("status").json()
    assert status["database"] == store.database_id
    assert status["protocol"] == PROTOCOL_VERSION
    assert status["owner"] == OWNER
    assert status["server"]
    assert status["version"]
    assert client.get("status").json()["uptime_ms"] >= status["uptime_ms"] > 0


def test_status_counts_the_active_builds_as_they_are_now(client: Client, store: Store) -> None:
    before = client.get("status").json()["active_builds"]
    build = StoredBuild(store).log("one")
    assert client.get("status").json()["active_builds"] == before + 1
    build.end()
    assert client.get("status").json()["active_builds"] == before


def test_status_and_metrics_count_what_is_sent(server: JupyterServer, client: Client, store: Store) -> None:
    build = StoredBuild(store).log("one")
    before, measured_before = client.get("status").json(), samples(client)
    page = Page(server.with_cookie())
    try:
        assert page.receive()["server"] == before["server"]
        page.subscribe(build.id)
        page.until(lambda frame: frame["type"] == "snapshot")
        build.log("two", first=2).end()
        page.until(lambda frame: frame["type"] == "batch" and frame["to"] == store.record(build.id).head)
        now, measured = client.get("status").json(), samples(client)
    finally:
        page.socket.close()
    for name in ("connections", "subscriptions"):
        assert now[name] - before[name] == 1, name
        assert measured[f"buildwidget_{name}"] - measured_before[f"buildwidget_{name}"] == 1, name
    for name in ("batches", "snapshots", "frames", "bytes"):
        assert now[name] > before[name], name
    for name in ("batches", "snapshots", "frames", "sent_bytes"):
        assert measured[f"buildwidget_{name}_total"] > measured_before[f"buildwidget_{name}_total"], name
    assert 0 <= now["commit_to_send_p50_ms"] <= now["commit_to_send_p99_ms"]
    assert measured['buildwidget_commit_to_send_seconds{quantile="0.5"}'] >= 0
    wait_until(
        lambda: client.get("status").json()["connections"] == before["connections"],
        what="the closed page to be forgotten",
    )


def test_the_metrics_are_those_that_are_documented(client: Client) -> None:
    text = client.get("/metrics").body.decode()
    told = set(re.findall(r"^# TYPE (buildwidget_\w+) ", text, re.MULTILINE))
    assert told == set(re.findall(r"buildwidget_\w+", metrics.__doc__ or ""))


def test_the_event_loop_is_measured(client: Client) -> None:
    def measured() -> bool:
        status = client.get("status").json()
        return 0 < status["loop_lag_ms"] <= status["loop_lag_max_ms"]

    wait_until(measured, what="the first measurement of the loop's lag")
