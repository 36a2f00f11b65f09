"""The database file is restored, deleted or locked under a server that pages use."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from buildwidget.store.store import Store
from tests.server.jupyter_process import JupyterServer
from tests.server.page import Page
from tests.server.stored import StoredBuild

Start = Callable[..., JupyterServer]


def copy_of(path: Path) -> Path:
    copy = path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def test_a_restore_while_somebody_watches(start_server: Start) -> None:
    server = start_server()
    page_of = server.with_cookie()
    path = server.data_dir / "builds.db"
    with Store.open(server.database_url) as store:
        build = StoredBuild(store).log("kept")
        copy = copy_of(path)
        for number in range(20):
            build.log(f"lost {number}")
        head = store.record(build.id).head
        with Page(page_of) as page:
            page.subscribe(build.id)
            page.until_seq(build.id, head)
            history = page.frames[0]["history"]
            with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)
            code, reason = page.closed_with()
        assert (code, json.loads(reason)["message"]) == (
            4102,
            "The builds database was restored to an earlier state.",
        )
        with Page(page_of, dict(page.cursors)) as again:
            again.subscribe(build.id, resume=True)
            snapshot = again.until(lambda frame: frame["type"] == "snapshot")
            assert again.frames[0]["history"] != history
        hydrated = page_of.get(f"builds/{build.id}").json()
        assert snapshot["state"] == hydrated["state"] == json.loads(store.hydrate(build.id).state)
        assert hydrated["state"]["log"]["count"] == 1
    assert "restored to an earlier state" in server.log


def test_a_deleted_database_is_said_by_every_route_and_served_again_when_it_is_back(start_server: Start) -> None:
    server = start_server()
    client = server.with_cookie()
    path = server.data_dir / "builds.db"
    with Store.open(server.database_url) as store:
        build = StoredBuild(store).log("a line").end()
        assert client.get(f"builds/{build.id}").status == 200
        away = path.with_name("away.db")
        path.rename(away)
        for route in ("builds", f"builds/{build.id}", f"builds/{build.id}/log"):
            answer = client.get(route)
            assert (answer.status, answer.error["code"]) == (503, "unavailable")
            assert "builds.db was deleted or moved while it was in use" in answer.error["message"]
        assert not path.exists()
        away.rename(path)
        assert client.get(f"builds/{build.id}").json()["state"]["status"] == "succeeded"
    assert "Traceback" not in server.log


def test_reads_do_not_wait_behind_writes_that_wait_for_the_lock(start_server: Start) -> None:
    server = start_server()
    client = server.with_cookie()
    with Store.open(server.database_url) as store:
        builds = [StoredBuild(store).log("a line") for _ in range(8)]
    answers: list[int] = []

    def cancel(build: str) -> None:
        answers.append(client.post(f"builds/{build}/cancel").status)

    writes = [threading.Thread(target=cancel, args=(build.id,)) for build in builds]
    with closing(sqlite3.connect(server.data_dir / "builds.db", isolation_level=None)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        for write in writes:
            write.start()
        for build in builds:
            assert client.get(f"builds/{build.id}").status == 200
            assert client.get("builds").status == 200
        assert answers == []  # every write still waits
        locker.execute("ROLLBACK")
    for write in writes:
        write.join()
    assert answers == [202] * len(builds)
