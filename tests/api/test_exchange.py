"""Real builds whose database is restored, or goes away and comes back, while they run and are waited for."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

import buildwidget as bw
from buildwidget.store.errors import StoreError
from tests.waiting import wait_until

WAIT = 60
COUNT = 'i=0; while [ ! -e go ]; do i=$((i+1)); echo "line $i"; sleep 0.02; done; echo finished'


@pytest.fixture
def ended() -> threading.Event:
    return threading.Event()


def database(data: Path) -> Path:
    [found] = data.rglob("builds.db")
    return found


def waited_for(build: bw.Build, ended: threading.Event) -> threading.Thread:
    def wait() -> None:
        build.wait(timeout=WAIT)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def lines(build: bw.Build) -> list[str]:
    return str(build.log()).splitlines()


def test_a_running_build_survives_a_restore_in_place(data: Path, tmp_path: Path, ended: threading.Event) -> None:
    build = bw.launch(COUNT)
    waiting = waited_for(build, ended)
    wait_until(lambda: "line 5" in lines(build), timeout=WAIT, what="some lines")
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(database(data))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    known = len(lines(build))
    wait_until(lambda: len(lines(build)) > known + 20, timeout=WAIT, what="more lines")
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(database(data))) as target:
        source.backup(target)
    wait_until(lambda: any("restored" in line for line in lines(build)), timeout=WAIT, what="the restore to be said")
    (tmp_path / "go").touch()
    waiting.join()
    assert ended.is_set()
    assert build.status == "succeeded"
    assert lines(build)[-1] == "finished"
    seqs = [event.seq for event in build.events()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_running_build_outlives_the_absence_of_its_database(
    data: Path, tmp_path: Path, ended: threading.Event
) -> None:
    build = bw.launch(COUNT)
    waiting = waited_for(build, ended)
    wait_until(lambda: "line 5" in lines(build), timeout=WAIT, what="some lines")
    path = database(data)
    path.rename(tmp_path / "away.db")
    with pytest.raises(StoreError, match="was deleted or moved while it was in use"):
        build.log()
    (tmp_path / "go").touch()
    assert not ended.is_set()
    (tmp_path / "away.db").rename(path)
    waiting.join()
    assert ended.is_set()
    found = lines(build)
    numbered = [int(line.removeprefix("line ")) for line in found if line.startswith("line ")]
    assert numbered == list(range(1, len(numbered) + 1))  # nothing is missing
    assert found[-1] == "finished"
