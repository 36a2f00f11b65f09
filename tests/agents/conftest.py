from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from buildwidget import live, process_store
from buildwidget.runner.agents.binaries import PROGRAMS
from tests.agents.model_server import ModelServer


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A model that says what the test scripts."""
    server = ModelServer([])
    yield server
    server.close()


@pytest.fixture
def site(model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory for agents that talk to the scripted model, with homes and a database of this test's own."""
    for name in (
        "BUILDWIDGET_DATABASE_URL",
        "BUILDWIDGET_BUILD_ID",
        "CODEX_HOME",
        "CLAUDE_CONFIG_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    for program in PROGRAMS.values():
        monkeypatch.delenv(program.setting, raising=False)
    variables = {
        "BUILDWIDGET_DATA_DIR": str(tmp_path / "data"),
        "BUILDWIDGET_OWNER": "tester",
        "HOME": str(tmp_path / "home"),
        **model.environment,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    directory = tmp_path / "site"
    directory.mkdir()
    monkeypatch.chdir(directory)
    yield directory
    live.close_all()
    process_store.close_all()
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("BUILDWIDGET_DATA_DIR") == str(tmp_path / "data"):
            process.kill()
