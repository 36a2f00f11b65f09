from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser.find_chromium import find
from tests.browser.lab import LabServer, running_lab
from tests.browser.page import BuildPage

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # tests may run as root, which Chromium's sandbox refuses
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]

SOON = 30_000
"""Milliseconds within which a page does what is waited for, also on a busy machine; Playwright's own are 5,000."""

expect.set_options(timeout=SOON)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab() -> Iterator[LabServer]:
    """One server for the tests that leave it running."""
    with running_lab() as server:
        yield server


@pytest.fixture
def own_lab() -> Iterator[LabServer]:
    """A server of this test's own, which it may kill."""
    with running_lab() as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(SOON)
    yield context
    context.close()


@pytest.fixture
def open_page(context: BrowserContext) -> Callable[[LabServer, str], BuildPage]:
    def opened(server: LabServer, notebook: str) -> BuildPage:
        page = BuildPage(context.new_page(), server, notebook)
        page.open()
        return page

    return opened
