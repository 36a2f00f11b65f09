"""Start, trouble and end of a server."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from buildwidget.protocol.events import StatusEvent
from buildwidget.protocol.state import Summary
from buildwidget.store.drafts import draft
from buildwidget.store.records import ProcessIdentity
from buildwidget.store.store import Store
from jupyter_extension.config import Config
from jupyter_extension.lifecycle import Lifecycle
from jupyter_extension.services import Gate, NotReadyError
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import Page
from tests.server.stored import StoredBuild, now
from tests.waiting import wait_until

Start = Callable[..., JupyterServer]


def settings(**traits: Any) -> dict[str, dict[str, Any]]:
    return {"BuildwidgetApp": traits}


def database_file(server: JupyterServer) -> Path:
    server.data_dir.mkdir(exist_ok=True)
    return server.data_dir / "builds.db"


# The seams to the kernels


def test_kernels_inherit_database_and_owner(start_server: Start, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    server = start_server(config=settings(owner="alice", database_url=url), env={"BUILDWIDGET_OWNER": "bob"})
    client = server.with_token()
    assert client.get("status").json()["owner"] == "alice"
    with Store.open(url) as store:
        assert client.get("status").json()["database"] == store.database_id
    kernel = client.post("/api/kernels", {"name": "python3"})
    assert kernel.status == 201, kernel.body

    def inherited() -> bool:
        children = psutil.Process(server.pid).children()
        environments = [child.environ() for child in children if "ipykernel" in " ".join(child.cmdline())]
        return [
            (environment.get("BUILDWIDGET_DATABASE_URL"), environment.get("BUILDWIDGET_OWNER"))
            for environment in environments
        ] == [(url, "alice")]

    wait_until(inherited, what="the kernel's environment")
    client.delete(f"/api/kernels/{kernel.json()['id']}")


# A database that cannot be opened


def corrupt(path: Path) -> None:
    with Store.open(f"sqlite:///{path}"):
        pass
    content = bytearray(path.read_bytes())
    content[100:4096] = os.urandom(3996)
    path.write_bytes(content)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def too_new(path: Path) -> None:
    with Store.open(f"sqlite:///{path}"):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '999' WHERE name IN ('version', 'min_reader', 'min_writer')")


def no_database(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)


SPOILED: list[tuple[Callable[[Path], None], str]] = [
    (corrupt, "damaged"),
    (foreign, "another program"),
    (too_new, "newer"),
    (no_database, "not an SQLite database"),
]


def test_a_database_that_cannot_be_used_is_told_by_every_route(start_server: Start, tmp_path: Path) -> None:
    first, _ = SPOILED[0]
    server = start_server(config=settings(reopen_seconds=0.1), before=lambda server: first(database_file(server)))
    for number, (spoil, sentence) in enumerate(SPOILED):
        spoil(tmp_path / f"{number}.db")
        spoiled = (tmp_path / f"{number}.db").read_bytes()
        # At once: the server tries to open it all the time.
        (tmp_path / f"{number}.db").replace(database_file(server))
        _is_told_by_every_route(server.with_token(), sentence)
        assert database_file(server).read_bytes() == spoiled, spoil
    # Each is told once, not at every try. Whoever opens one file while another takes its place may see a third thing.
    told = re.findall(r"buildwidget: (.*) Trying again", server.log)
    assert all(before != after for before, after in itertools.pairwise(told))
    assert [any(sentence in problem for problem in told) for _, sentence in SPOILED] == [True] * len(SPOILED)
    for file in sorted(server.data_dir.glob("builds.db*"), reverse=True):
        file.unlink()
    client = server.with_token()
    wait_until(lambda: client.get("status").status == 200, what="the server to open a database that was mended")
    assert client.get("builds").json() == {"builds": [], "next_cursor": None}


def _is_told_by_every_route(client: Client, sentence: str) -> None:
    wait_until(lambda: sentence in client.get("status").error["message"], what=sentence)
    for path in ("status", "builds", "builds/x", "builds/x/events", "builds/x/log", "stream?watch=1"):
        answer = client.get(path)
        assert (answer.status, answer.error["code"]) == (503, "unavailable"), path
        assert sentence in answer.error["message"]
        assert "retry-after" in answer.headers
    assert client.post("builds", {"kind": "command", "command": "true"}).status == 503
    assert client.get("/api/kernels").status == 200  # the rest of Jupyter is well


def test_a_locked_database_does_not_hold_up_the_server(start_server: Start) -> None:
    with _locked() as lock:
        server = start_server(before=lambda server: lock(database_file(server)), until="/api")
        assert server.with_token().get("/api/kernels").status == 200
        assert "builds of" not in server.log
    wait_until(lambda: server.with_token().get("status").status == 200, timeout=20, what="the database to be opened")


@contextmanager
def _locked() -> Iterator[Callable[[Path], None]]:
    connections: list[sqlite3.Connection] = []

    def lock(path: Path) -> None:
        connections.append(sqlite3.connect(path, isolation_level=None))
        connections[0].execute("BEGIN EXCLUSIVE")

    try:
        yield lock
    finally:
        for connection in connections:
            connection.close()


def test_settings_that_contradict_each_other_do_not_keep_the_server_from_starting(start_server: Start) -> None:
    server = start_server(config=settings(ring_events=10))
    assert "ring" in server.with_token().get("status").error["message"]
    assert "Traceback" not in server.log


# What happens by itself


def test_lost_and_old_builds_are_swept(start_server: Start) -> None:
    server = start_server(config=settings(sweep_seconds=0.1, retention_seconds=0.1, retention_days=7))
    with Store.open(server.database_url) as store:
        gone = _build_of_a_dead_process(store)
        alive = StoredBuild(store).log("x")
        old = StoredBuild(store).end("failed")
        recent = StoredBuild(store).end("failed")
        _age(server, old.id, days=8)
        client = server.with_token()
        wait_until(lambda: client.get(f"builds/{old.id}").status == 404, timeout=20, what="the old build to be removed")
        wait_until(lambda: _summary(store, gone).status == "lost", timeout=20, what="the lost build to be ended")
        assert _summary(store, alive.id).status == "running"
        assert _summary(store, recent.id).status == "failed"
        assert client.get(f"builds/{gone}").json()["state"]["error"]["message"]
    # Told after the deed, so possibly after it was seen here.
    wait_until(lambda: f"ended as lost: {gone}" in server.log, what="the log to tell of the lost build")
    wait_until(lambda: f"removed old builds: {old.id}" in server.log, what="the log to tell of the old build")


def _build_of_a_dead_process(store: Store) -> str:
    build = StoredBuild(store)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = ProcessIdentity.of(process.pid)
        appender = store.claim(build.id, identity)
        appender.append([draft(StatusEvent(at=now(), status="running"))])
        process.kill()
    return build.id


def _age(server: JupyterServer, build_id: str, *, days: int) -> None:
    with closing(sqlite3.connect(server.data_dir / "builds.db", timeout=10)) as connection, connection:
        aged = connection.execute(
            "UPDATE builds SET ended_at = ended_at - ? WHERE id = ?", (days * 24 * 60 * 60 * 1000, build_id)
        )
        assert aged.rowcount == 1


def _summary(store: Store, build_id: str) -> Summary:
    return store.record(build_id).summary


def test_a_server_is_active_while_builds_are(start_server: Start) -> None:
    server = start_server(config=settings(activity_ms=20))
    client = server.with_token()
    with Store.open(server.database_url) as store:
        build = StoredBuild(store).log("x")
        first = _last_activity(client)
        wait_until(lambda: _last_activity(client) > first, what="activity without any request")
        build.end()
        wait_until(lambda: client.get("status", no_track_activity=1).json()["active_builds"] == 0, what="the end")
        wait_until(lambda: _stands_still(client), what="the activity to end with the builds")


def _stands_still(client: Client) -> bool:
    """Whether five looks, several counts of builds apart, see the same."""
    first = _last_activity(client)
    counted = client.get("status", no_track_activity=1).json()["active_builds"]
    return counted == 0 and all(_last_activity(client) == first for _ in range(5))


def _last_activity(client: Client) -> str:
    return str(client.get("/api/status", no_track_activity=1).json()["last_activity"])


# The end


def test_a_shutdown_tells_clients_to_come_back(start_server: Start) -> None:
    server = start_server(config=settings(reconnect_ms=50))
    page = Page(server.with_cookie())
    page.until(lambda frame: frame["type"] == "welcome")
    process = server.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    opcode, content = page.socket.recv_data()
    assert (opcode, int.from_bytes(content[:2], "big")) == (8, 4102)
    assert 50 <= json.loads(content[2:])["retry_ms"] <= 150
    page.socket.shutdown()
    assert process.wait(timeout=15) == 0
    assert "Traceback" not in server.log
    assert server.token not in server.log


async def test_who_asks_to_stop_while_it_stops_waits_for_the_one_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = Config(owner=OWNER, database_url=f"sqlite:///{tmp_path}/builds.db", root_dir=str(tmp_path))
    gate = Gate()
    lifecycle = Lifecycle(config, gate, logging.getLogger("lifecycle"), on_activity=lambda: None)
    await lifecycle.start()
    services = await gate.services()
    await asyncio.gather(*(lifecycle.stop() for _signal in range(3)))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    with pytest.raises(NotReadyError, match="shutting down"):
        await gate.services()
    with pytest.raises(RuntimeError, match="after shutdown"):
        await services.run(int)
    assert _database_files(tmp_path) == ["builds.db"], "the last to close takes the log away"


def _database_files(directory: Path) -> list[str]:
    return [file.name for file in directory.glob("builds.db*")]


def test_a_build_outlives_the_server_that_launched_it(start_server: Start) -> None:
    server = start_server()
    client = server.with_token()
    command = "until [ -e go ]; do sleep 0.05; done; echo it went on"
    build = client.post("builds", {"kind": "command", "command": command}).json()["build"]["id"]
    try:
        wait_until(lambda: _state(client, build)["status"] == "running", timeout=20, what="the build to run")
        server.stop(signal.SIGKILL)
        server.start()
    finally:
        (server.root_dir / "go").touch()
    wait_until(lambda: _state(client, build)["status"] == "succeeded", timeout=20, what="the build to succeed")
    assert ["stdout", "it went on"] in _state(client, build)["log"]["lines"]


def _state(client: Client, build: str) -> dict[str, Any]:
    return dict(client.get(f"builds/{build}").json()["state"])
