"""Two pages that share a notebook by real-time collaboration (jupyter-collaboration, in a directory of its own)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.browser.lab import LabServer, running_lab
from tests.browser.page import BuildPage
from tests.waiting import wait_until

PACKAGES = Path(sys.prefix) / "collaboration"
"""Where the Makefile installs them, so that no other test's JupyterLab shares its notebooks."""

MIME_TYPE = "application/vnd.buildwidget.build+json"
TURNS_MS = 11_000
"""Two pages' turns of five seconds (build-output.ts), and a second more."""

VIEW = ".jp-OutputArea .buildwidget[data-build]"
CELL = "import buildwidget as bw\nbw.launch('while [ ! -e both ]; do sleep 0.05; done', name='shared')"


def prepare(server: LabServer) -> None:
    server.with_packages(PACKAGES)


def outputs(server: LabServer, notebook: str) -> list[dict[str, Any]]:
    """What the file has; nothing in the moment in which it is written."""
    text = (server.root / notebook).read_text()
    return [output for cell in json.loads(text)["cells"] for output in cell["outputs"]] if text else []


def test_a_build_that_ends_before_two_pages_is_one_output(context: BrowserContext) -> None:
    with running_lab(prepare) as lab:
        notebook = lab.notebook("shared.ipynb", CELL)
        first = BuildPage(context.new_page(), lab, notebook)
        first.open()
        first.run()
        views = [first.page.locator(VIEW)]
        expect(views[0]).to_have_attribute("data-status", "running")
        second = BuildPage(context.new_page(), lab, notebook)
        second.open()
        views.append(second.page.locator(VIEW))
        for view in views:
            expect(view).to_have_count(1)
            expect(view).to_have_attribute("data-status", "running")
        (lab.root / "both").touch()
        for view in views:
            expect(view).to_have_attribute("data-status", "succeeded")

        def saved() -> bool:
            found = outputs(lab, notebook)
            return any("snapshot" in output["metadata"].get(MIME_TYPE, {}) for output in found)

        wait_until(saved, timeout=60, what="the last state in the shared notebook")
        # By then both pages have had their turns.
        second.page.wait_for_function("(ms) => performance.now() > ms", arg=_now(second) + TURNS_MS)
        for view in views:
            expect(view).to_have_count(1)
        found = wait_until(lambda: outputs(lab, notebook), timeout=10, what="the notebook's outputs")
        assert found is not None
        assert len(found) == 1
        first.page.close()
        second.page.close()


def _now(page: BuildPage) -> float:
    now: float = page.page.evaluate("() => performance.now()")
    return now
