"""A build is watched through everything that used to lose it; at the end the page has what the database has."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage
from tests.browser.work import SOURCE
from tests.waiting import wait_until

Open = Callable[[LabServer, str], BuildPage]


class Scene:
    """A notebook with one build of ten todos, thirty tools and over five hundred lines, and the gate it waits at."""

    def __init__(self, server: LabServer, name: str, arguments: str = "") -> None:
        self.server = server
        self.directory = server.root / name
        self.directory.mkdir()
        call = f"bw.launch(work, key={name!r}, name={name!r}, cwd={name!r}{arguments})"
        launch = f"import buildwidget as bw\nbuild = {call}\nbuild"
        self.notebook = server.notebook(f"{name}.ipynb", SOURCE, launch)

    def go(self) -> None:
        (self.directory / "go").touch()


def check_finished(page: BuildPage, build_id: str, status: str = "succeeded") -> dict[str, Any]:
    page.wait_for("status", status)
    state = page.assert_same_as_hydrated(build_id)
    assert len(state["todos"]) == 10
    assert len(state["tools"]) == 30
    assert state["log"]["count"] >= 500
    assert page.errors == []
    return state


def check_refresh_at_half(scene: Scene, page: BuildPage, build_id: str) -> None:
    """The page is loaded anew in the middle: it shows the half that it had, and then the rest."""
    page.save()
    page.refresh()
    assert page.build_id() == build_id
    page.wait_for_half(build_id)
    scene.go()
    check_finished(page, build_id)


def start(server: LabServer, open_page: Open, name: str, arguments: str = "") -> tuple[Scene, BuildPage, str]:
    scene = Scene(server, name, arguments)
    page = open_page(server, scene.notebook)
    page.run()
    build_id = page.build_id()
    page.wait_for_half(build_id)
    return scene, page, build_id


def test_basic_build_reads_100_percent(lab: LabServer, open_in_tab: Open) -> None:
    scene, page, build_id = start(lab, open_in_tab, "basic")
    assert page.attribute("connection") == "live"
    scene.go()
    state = check_finished(page, build_id)
    assert state["percent"] == 100
    assert "100" in page.view.inner_text()


def test_refresh_at_half(lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(lab, open_page, "refresh")
    check_refresh_at_half(scene, page, build_id)


def test_tab_closed_and_reopened(lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(lab, open_page, "reopen")
    page.save()
    page.page.close()
    seq = lab.hydrated(build_id)["seq"]
    scene.go()
    wait_until(lambda: lab.hydrated(build_id)["seq"] > seq + 10, timeout=30, what="the build to go on unseen")
    again = open_page(lab, scene.notebook)
    assert again.build_id() == build_id
    check_finished(again, build_id)


def test_offline_in_the_middle(lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(lab, open_page, "offline", ", hold=True")
    page.set_offline(True)
    page.wait_for("connection", "reconnecting")
    before = page.seq(build_id)
    scene.go()
    page.page.wait_for_timeout(10_000)  # the ten seconds are the case itself: the build goes on meanwhile
    assert page.seq(build_id) == before
    assert page.attribute("status") == "running"
    assert lab.hydrated(build_id)["seq"] > before + 10
    page.set_offline(False)
    page.wait_for("connection", "live")
    (scene.directory / "finish").touch()
    check_finished(page, build_id)


def test_kernel_restart_and_the_cell_run_again(lab: LabServer, open_in_tab: Open) -> None:
    scene, page, build_id = start(lab, open_in_tab, "restart")
    page.restart_kernel()
    assert page.attribute("status") == "running"
    assert lab.hydrated(build_id)["state"]["status"] == "running"
    page.run()
    wait_until(lambda: page.view.count() == 1 and page.build_id() == build_id, timeout=30, what="the same build")
    scene.go()
    check_finished(page, build_id)
    listed = lab.get("buildwidget/api/builds?q=restart")["builds"]
    assert [build["id"] for build in listed] == [build_id]


def test_server_killed_and_started_again(own_lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(own_lab, open_page, "killed", ", hold=True")
    own_lab.kill()
    page.wait_for("connection", "reconnecting")
    assert page.attribute("status") == "running"
    scene.go()
    own_lab.start()
    page.wait_for("connection", "live", timeout=60)
    (scene.directory / "finish").touch()
    check_finished(page, build_id)


def test_two_tabs_see_the_same_live(lab: LabServer, open_page: Open) -> None:
    scene, first, build_id = start(lab, open_page, "tabs")
    first.save()
    second = open_page(lab, scene.notebook)
    assert second.build_id() == build_id
    second.wait_for_half(build_id)
    scene.go()
    check_finished(first, build_id)
    check_finished(second, build_id)


def test_cancel_from_the_page(lab: LabServer, open_in_tab: Open) -> None:
    _, page, build_id = start(lab, open_in_tab, "cancel")
    page.view.get_by_role("button", name="Cancel").click()
    page.wait_for("status", "cancelled")
    state = page.assert_same_as_hydrated(build_id)
    assert state["status"] == "cancelled"
    assert state["percent"] == 50


def test_a_failing_build_shows_its_error(lab: LabServer, open_in_tab: Open) -> None:
    scene, page, build_id = start(lab, open_in_tab, "failing", ", fail=True")
    scene.go()
    check_finished(page, build_id, "failed")
    assert "the oven is cold" in page.view.inner_text()


def test_a_killed_runner_shows_lost(lab: LabServer, open_in_tab: Open) -> None:
    _, page, build_id = start(lab, open_in_tab, "lost")
    runner = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if build_id in (process.info["cmdline"] or []) and "buildwidget.runner" in process.info["cmdline"]
    )
    os.kill(runner.pid, signal.SIGKILL)
    page.wait_for("status", "lost", timeout=60)
    state = page.assert_same_as_hydrated(build_id)
    assert state["error"]["kind"] == "lost"
    marked = [
        process.pid
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("BUILDWIDGET_BUILD_ID") == build_id
    ]
    assert marked == []


HOSTILE = r"""
def hostile():
    from buildwidget import report
    nasty = "<script>globalThis.harmed = 1</script><img src=x onerror='globalThis.harmed = 1'>"
    print(nasty)
    print("\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m \x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07")
    report.todos([nasty])
    with report.step(nasty):
        with report.tool(nasty, input={"command": nasty}) as tool:
            tool.output = nasty
    report.text("answer " + nasty + " [x](javascript:globalThis.harmed=1)")
    report.show(nasty, mime="text/html", title=nasty)
    report.show("# hi " + nasty, mime="text/markdown")
    report.progress(1, 2, label=nasty)
    report.metric(nasty, 1.0)
    raise RuntimeError(nasty)
"""


def test_hostile_output_harms_nothing(lab: LabServer, open_in_tab: Open, tmp_path: Path) -> None:
    notebook = lab.notebook(
        "hostile.ipynb", HOSTILE, "import buildwidget as bw\nbuild = bw.launch(hostile, name='<b>hostile</b>')\nbuild"
    )
    page = open_in_tab(lab, notebook)
    page.run()
    build_id = page.build_id()
    page.wait_for("status", "failed")
    page.assert_same_as_hydrated(build_id)
    open_everything(page)
    assert page.page.evaluate("globalThis.harmed") is None
    assert page.view.locator("script, img[onerror], a[href^='javascript:']").count() == 0
    assert page.dialogs == []
    assert "<b>hostile</b>" in page.view.inner_text()


def open_everything(page: BuildPage) -> None:
    """Unfolds what is folded and looks at every tab."""
    for expander in page.view.locator("[aria-expanded=false]").all():
        if expander.is_visible():
            expander.click()
    for tab in page.view.get_by_role("tab").all():
        tab.click()
