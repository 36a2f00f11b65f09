from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget.store.store import Store
from tests.runner.builds import Builds


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Builds]:
    """Real runners on a database of their own; whatever a test leaves running is ended."""
    for name in ("BUILDWIDGET_DATABASE_URL", "BUILDWIDGET_BUILD_ID", "BUILDWIDGET_REPORT_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BUILDWIDGET_CANCEL_SECONDS", "0.5")
    monkeypatch.setenv("BUILDWIDGET_MAX_RUNNING", "8")
    with Store.open() as store:
        launched = Builds(store)
        try:
            yield launched
        finally:
            launched.close()
