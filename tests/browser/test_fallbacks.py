"""Where no WebSocket or no server extension can be reached, the same build is shown by another way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from buildwidget.store.store import Store
from tests.browser.lab import LabServer, running_lab
from tests.browser.page import BuildPage
from tests.browser.proxy import proxy_before
from tests.browser.test_resume import Scene, check_finished, start
from tests.waiting import wait_until

NO_WEBSOCKET = """
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(url, protocols) {
      super(String(url).includes("/buildwidget/ws") ? "ws://127.0.0.1:9/blocked" : url, protocols);
    }
  };
"""
"""A proxy that passes everything but our WebSocket."""

WIDGET_STATE = """() => {
  const view = document.querySelector(".buildwidget");
  return view && { status: view.dataset.status, seq: Number(view.dataset.seq), transport: view.dataset.transport };
}"""

Open = Callable[[LabServer, str], BuildPage]


def test_an_event_stream_where_websockets_are_blocked(lab: LabServer, context: BrowserContext) -> None:
    def open_behind_the_proxy(server: LabServer, notebook: str) -> BuildPage:
        page = BuildPage(context.new_page(), server, notebook)
        page.page.add_init_script(NO_WEBSOCKET)
        page.open()
        return page

    scene, page, build_id = start(lab, open_behind_the_proxy, "stream")
    page.wait_for("transport", "stream")
    scene.go()
    check_finished(page, build_id)


def test_polling_where_streams_are_held_back_too(lab: LabServer, context: BrowserContext) -> None:
    with proxy_before(lab.port) as proxy:

        def open_behind_the_proxy(server: LabServer, notebook: str) -> BuildPage:
            page = BuildPage(context.new_page(), server, notebook, url=f"http://127.0.0.1:{proxy.port}/")
            page.open()
            return page

        scene, page, build_id = start(lab, open_behind_the_proxy, "poll")
        page.wait_for("transport", "poll")
        proxy.wait_until_held_back()
        assert "Updates every 2 s" in page.view.inner_text()
        scene.go()
        check_finished(page, build_id)
        page.page.close()


@pytest.fixture(params=["with the Lab extension", "with neither extension"])
def bare_lab(request: pytest.FixtureRequest) -> Iterator[LabServer]:
    """A server without our extension, as another editor would be."""

    def prepare(server: LabServer) -> None:
        server.without_extension()
        if request.param == "with neither extension":
            server.without_labextension()

    with running_lab(prepare) as server:
        yield server


def test_the_kernel_pushes_where_no_server_extension_is(bare_lab: LabServer, open_page: Open) -> None:
    scene = Scene(bare_lab, "comm")
    page = open_page(bare_lab, scene.notebook)
    page.run()
    build_id = page.build_id()
    page.wait_for("transport", "kernel")
    scene.go()
    page.wait_for("status", "succeeded")
    with Store.open(f"sqlite:///{bare_lab.data / 'builds.db'}") as store:
        hydrated = store.hydrate(build_id)
    wait_until(lambda: at_seq(page, hydrated.seq), timeout=30, what="the last event in the page")
    state = json.loads(hydrated.state)
    assert f"{len(state['tools'])} tools" in page.view.inner_text()
    assert f"{state['log']['count']} log lines" in page.view.inner_text()
    assert page.errors == []


def at_seq(page: BuildPage, seq: int) -> dict[str, Any] | None:
    shown: dict[str, Any] | None = page.page.evaluate(WIDGET_STATE)
    return shown if shown and shown["seq"] == seq else None
