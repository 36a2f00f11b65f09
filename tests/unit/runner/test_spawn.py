from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import buildwidget
from buildwidget.errors import LaunchError
from buildwidget.runner.settings import RunnerSettings
from buildwidget.runner.spawn import check_python, runner_environment


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path))


def test_the_runner_carries_secrets_and_its_own_mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUILDWIDGET_BUILD_ID", "outer")
    monkeypatch.setenv("BUILDWIDGET_REPORT_SOCKET", "/outer")
    env = runner_environment("sqlite:////x.db", "inner", {"MY_TOKEN": "secret value"})
    assert env["MY_TOKEN"] == "secret value"
    assert env["BUILDWIDGET_BUILD_ID"] == "inner"
    assert env["BUILDWIDGET_DATABASE_URL"] == "sqlite:////x.db"
    assert env["BUILDWIDGET_DATA_DIR"] == str(tmp_path)
    assert "BUILDWIDGET_REPORT_SOCKET" not in env


def test_a_source_tree_is_put_behind_the_users_own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(buildwidget.__file__).parent.parent)
    monkeypatch.setenv("PYTHONPATH", "/mine")
    assert runner_environment("u", "i", {})["PYTHONPATH"] == os.pathsep.join(["/mine", root])
    monkeypatch.setenv("PYTHONPATH", root)
    assert runner_environment("u", "i", {})["PYTHONPATH"] == root


def test_this_python_runs_builds() -> None:
    check_python(sys.executable)


def test_a_python_that_is_none_is_refused() -> None:
    with pytest.raises(LaunchError, match="cannot be started") as raised:
        check_python("/no/such/python")
    assert raised.value.field == "python"


def test_a_python_without_buildwidget_is_refused_with_the_remedy(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'buildwidget'\" >&2\nexit 1\n")
    python.chmod(0o700)
    with pytest.raises(LaunchError, match=r"No module named 'buildwidget'.*pip install buildwidget"):
        check_python(str(python))


@pytest.mark.parametrize(("given", "limit"), [("3", 3), ("0", 1), ("-2", 1), ("many", os.cpu_count())])
def test_the_limit_can_be_set(monkeypatch: pytest.MonkeyPatch, given: str, limit: int) -> None:
    monkeypatch.setenv("BUILDWIDGET_MAX_RUNNING", given)
    assert RunnerSettings.of_environment().max_running == limit


@pytest.mark.parametrize(
    ("given", "limit"), [("1000", 1000), ("2e6", 2_000_000), ("0", 0), ("-1", 0), ("much", 1024**3), ("inf", 1024**3)]
)
def test_the_limit_of_a_log_can_be_set(monkeypatch: pytest.MonkeyPatch, given: str, limit: int) -> None:
    monkeypatch.setenv("BUILDWIDGET_LOG_LIMIT_BYTES", given)
    assert RunnerSettings.of_environment().log_limit_bytes == limit


def test_a_cancel_has_five_seconds_for_each_signal_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDWIDGET_CANCEL_SECONDS", raising=False)
    rungs = RunnerSettings.of_environment().cancel_rungs
    assert [(number.name, seconds) for number, seconds in rungs] == [
        ("SIGINT", 5.0),
        ("SIGTERM", 5.0),
        ("SIGKILL", 5.0),
    ]
