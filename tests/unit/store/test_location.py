from __future__ import annotations

import getpass
import stat
from pathlib import Path

import pytest

from buildwidget.store import location


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("BUILDWIDGET_DATA_DIR", "BUILDWIDGET_DATABASE_URL", "BUILDWIDGET_OWNER", "JUPYTERHUB_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def test_by_default_all_lies_in_jupyters_data_directory(tmp_path: Path) -> None:
    assert location.data_dir() == tmp_path / "jupyter" / "buildwidget"
    assert stat.S_IMODE(location.data_dir().stat().st_mode) == 0o700
    assert location.database_url() == f"sqlite:///{tmp_path}/jupyter/buildwidget/builds.db"


def test_the_environment_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "mine"))
    assert location.database_url() == f"sqlite:///{tmp_path}/mine/builds.db"
    monkeypatch.setenv("BUILDWIDGET_DATABASE_URL", "sqlite:////else.db")
    assert location.database_url() == "sqlite:////else.db"


def test_the_owner_is_told_or_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert location.owner() == getpass.getuser()
    monkeypatch.setenv("JUPYTERHUB_USER", "hub-user")
    assert location.owner() == "hub-user"
    monkeypatch.setenv("BUILDWIDGET_OWNER", "ann")
    assert location.owner() == "ann"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert location.owner().isdigit()
