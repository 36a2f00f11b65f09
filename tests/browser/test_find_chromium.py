"""Where the browser comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.find_chromium import find


def test_one_can_be_looked_for_while_another_runs(profile: BrowserContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "/no/such/directory")
    found = find()  # Playwright's own, where it has been downloaded
    assert found is None or Path(found).exists()
    assert profile.pages, "it goes on running"
    monkeypatch.setenv("CHROMIUM", "/opt/chromium")
    assert find() == "/opt/chromium"
