from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from buildwidget import live, process_store
from tests.api.kernels import Kernel


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database of this test's own; whatever its builds left running is ended."""
    directory = tmp_path / "data"
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(directory))
    monkeypatch.delenv("BUILDWIDGET_DATABASE_URL", raising=False)
    monkeypatch.setenv("BUILDWIDGET_OWNER", "tester")
    monkeypatch.chdir(tmp_path)
    yield directory
    live.close_all()
    process_store.close_all()
    for process in psutil.process_iter(["environ"]):
        if (process.info["environ"] or {}).get("BUILDWIDGET_DATA_DIR") == str(directory):
            process.kill()


@pytest.fixture
def kernel(data: Path) -> Iterator[Kernel]:
    kernel = Kernel()
    yield kernel
    kernel.close()
