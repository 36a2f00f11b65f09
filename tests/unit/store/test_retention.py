from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget.store.errors import StillRunning
from buildwidget.store.retention import delete_build, sweep_retention
from buildwidget.store.store import Store
from tests.store.making import ended, later, started


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def _files(builds_dir: Path, build_id: str, size: int) -> Path:
    directory = builds_dir / build_id / "nested"
    directory.mkdir(parents=True)
    (directory / "result.pkl").write_bytes(bytes(size))
    return builds_dir / build_id


def test_the_files_of_a_build_go_with_it_and_count(store: Store, tmp_path: Path) -> None:
    old, new = ended(store), ended(store)
    directories = [_files(tmp_path, build, 60_000) for build in (old, new)]
    assert sweep_retention(store, now_ms=later(), max_bytes=100_000, builds_dir=tmp_path) == [old]
    assert [directory.exists() for directory in directories] == [False, True]
    delete_build(store, new, tmp_path)
    assert not directories[1].exists()


def test_an_active_build_keeps_its_files(store: Store, tmp_path: Path) -> None:
    active = started(store).build_id
    directory = _files(tmp_path, active, 60_000)
    with pytest.raises(StillRunning):
        delete_build(store, active, tmp_path)
    assert sweep_retention(store, now_ms=later() * 2, days=1, max_bytes=1, builds_dir=tmp_path) == []
    assert directory.exists()
