"""The same cases with the Lab extension switched off: then the anywidget draws the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.lab import LabServer, running_lab
from tests.browser.page import BuildPage
from tests.browser.test_resume import check_finished, check_refresh_at_half, start
from tests.waiting import wait_until

pytestmark = pytest.mark.xdist_group("anywidget")  # one server for all of them

Open = Callable[[LabServer, str], BuildPage]


@pytest.fixture(scope="module")
def plain_lab() -> Iterator[LabServer]:
    with running_lab(LabServer.without_labextension) as server:
        yield server


def test_the_widget_draws_the_output_and_restores_it(plain_lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(plain_lab, open_page, "plain-refresh")
    assert not page.page.evaluate("() => globalThis.jupyterapp.hasPlugin('@buildwidget/lab:renderer')")
    assert page.page.locator(".buildwidget-output").count() == 0
    check_refresh_at_half(scene, page, build_id)


def test_the_widget_streams_on_after_a_kernel_restart(plain_lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(plain_lab, open_page, "plain-restart")
    page.restart_kernel()
    assert page.attribute("status") == "running"
    page.run()
    wait_until(lambda: page.view.count() == 1 and page.build_id() == build_id, timeout=30, what="the same build")
    scene.go()
    check_finished(page, build_id)
