from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, ViewportSize, expect, sync_playwright

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

VIEWPORT: ViewportSize = {"width": 1200, "height": 900}

SOON = 30_000
"""Milliseconds within which a page does what is waited for, also on a busy machine; Playwright's own are 5,000."""

expect.set_options(timeout=SOON)


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser for the tests of this process: what JupyterLab loads stays in its cache, compiled."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=find(),
            args=CHROMIUM_ARGUMENTS,
            viewport=VIEWPORT,
            reduced_motion="reduce",  # without a GPU each frame of what turns is drawn by the processor
        )
        context.set_default_timeout(SOON)
        yield context
        context.close()


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


@pytest.fixture(scope="session")
def tab(profile: BrowserContext, lab: LabServer) -> BuildPage:
    page = BuildPage(profile.new_page(), lab, lab.notebook("first.ipynb", "1"))
    page.open()
    return page


@pytest.fixture
def open_in_tab(tab: BuildPage, lab: LabServer) -> Callable[[LabServer, str], BuildPage]:
    """Opens notebooks in a tab that stays open from test to test: what takes longest is to load JupyterLab."""

    def opened(server: LabServer, notebook: str) -> BuildPage:
        assert server is lab
        tab.open_instead(notebook)
        return tab

    return opened


@pytest.fixture
def context(profile: BrowserContext) -> Iterator[BrowserContext]:
    """The browser, from which a test's pages and what it permitted are gone after it."""
    before = profile.pages
    yield profile
    profile.clear_permissions()
    for page in profile.pages:
        if page not in before:
            page.close()


@pytest.fixture
def open_page(context: BrowserContext) -> Callable[[LabServer, str], BuildPage]:
    def opened(server: LabServer, notebook: str) -> BuildPage:
        page = BuildPage(context.new_page(), server, notebook)
        page.open()
        return page

    return opened
