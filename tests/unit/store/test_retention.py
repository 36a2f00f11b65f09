from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget.store.errors import StillRunning
from buildwidget.store.retention import sweep_retention
from buildwidget.store.store import Store
from tests.store.making import ended, later, started


@pytest.fixture
def builds_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path))
    return tmp_path / "builds"


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def _files(builds_dir: Path, build_id: str, size: int) -> Path:
    directory = builds_dir / build_id / "nested"
    directory.mkdir(parents=True)
    (directory / "result.pkl").write_bytes(bytes(size))
    return builds_dir / build_id


def test_the_files_of_a_build_go_with_it_and_count(store: Store, builds_dir: Path) -> None:
    old, new = ended(store), ended(store)
    directories = [_files(builds_dir, build, 60_000) for build in (old, new)]
    assert sweep_retention(store, now_ms=later(), max_bytes=100_000, builds_dir=builds_dir) == [old]
    assert [directory.exists() for directory in directories] == [False, True]
    store.delete(new)
    assert not directories[1].exists()


def test_an_active_build_keeps_its_files(store: Store, builds_dir: Path) -> None:
    active = started(store).build_id
    directory = _files(builds_dir, active, 60_000)
    with pytest.raises(StillRunning):
        store.delete(active)
    assert sweep_retention(store, now_ms=later() * 2, days=1, max_bytes=1, builds_dir=builds_dir) == []
    assert directory.exists()


def test_files_that_cannot_be_removed_are_tried_again(
    store: Store, builds_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = ended(store)
    directory = _files(builds_dir, build, 10)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_args, **_kwargs: None)
        store.delete(build)
    assert directory.exists()
    sweep_retention(store, now_ms=later(), builds_dir=builds_dir)
    assert not directory.exists()


def test_a_deletion_that_was_cut_short_takes_the_files_later(
    store: Store, builds_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = ended(store)
    directory = _files(builds_dir, build, 10)
    with monkeypatch.context() as patch:
        patch.setattr("buildwidget.store.removal._finish", lambda *_: None)  # the process dies
        store.delete(build)
    assert directory.exists()
    sweep_retention(store, now_ms=later(), builds_dir=builds_dir)
    assert not directory.exists()


def test_deleting_makes_no_directory(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "none"))
    store.delete(ended(store))
    assert not (tmp_path / "none").exists()
