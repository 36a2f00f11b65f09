"""Outputs drawn by the Lab extension: no kernel and no widget's model is needed, so nothing loses them."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage
from tests.browser.test_resume import check_finished, start
from tests.waiting import wait_until

Open = Callable[[LabServer, str], BuildPage]
MIME_TYPE = "application/vnd.buildwidget.build+json"


def test_refresh_after_a_kernel_restart_shows_the_live_build(lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(lab, open_page, "revived")
    page.save()
    page.restart_kernel()
    page.refresh()
    assert page.build_id() == build_id
    page.wait_for_half(build_id)
    assert page.attribute("connection") == "live"
    assert page.page.locator("text=model not found").count() == 0
    scene.go()
    check_finished(page, build_id)


def output_of(server: LabServer, notebook: str) -> dict[str, object]:
    content = json.loads((server.root / notebook).read_text())
    output: dict[str, object] = next(
        output for cell in content["cells"] for output in cell["outputs"] if MIME_TYPE in output.get("data", {})
    )
    return output


def test_a_saved_untrusted_notebook_elsewhere_after_a_server_restart(own_lab: LabServer, open_page: Open) -> None:
    scene, page, build_id = start(own_lab, open_page, "saved")
    scene.go()
    check_finished(page, build_id)
    wait_until(
        lambda: page.page.evaluate("() => globalThis.jupyterapp.shell.currentWidget.context.model.dirty"),
        timeout=10,
        what="the snapshot in the notebook",
    )
    page.save()
    output = output_of(own_lab, scene.notebook)
    assert output["data"][MIME_TYPE] == {"kind": "function", "name": "saved"}  # type: ignore[index] # nbformat's JSON
    told = output["metadata"][MIME_TYPE]  # type: ignore[index] # nbformat's JSON
    assert told["build"] == build_id
    assert told["snapshot"]["percent"] == 100
    assert len(json.dumps(output)) < 70_000
    page.page.close()
    own_lab.kill()
    own_lab.start()
    (own_lab.root / "elsewhere").mkdir()
    content = (own_lab.root / scene.notebook).read_text()
    # Another content has no signature: the notebook is not trusted.
    (own_lab.root / "elsewhere" / "moved.ipynb").write_text(content.replace("def work(", "def changed("))
    again = open_page(own_lab, "elsewhere/moved.ipynb")
    assert again.build_id() == build_id
    assert not again.page.evaluate("() => jupyterapp.shell.currentWidget.model.cells.get(1).trusted")
    check_finished(again, build_id)
    own_lab.delete(build_id)
    again.refresh()
    assert again.build_id() == build_id
    again.wait_for("problem", "not_found")
    assert again.attribute("status") == "succeeded"
    assert "What was known of it last is shown below." in again.view.inner_text()
