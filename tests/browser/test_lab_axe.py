"""axe-core finds nothing wrong in an output, the panel and a tab, in any of Lab's themes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.lab import ROOT, LabServer
from tests.browser.page import BuildPage
from tests.browser.work import SOURCE

AXE = ROOT / "buildwidget" / "frontend" / "lab" / "node_modules" / "axe-core" / "axe.min.js"

CELL = """
import buildwidget as bw
bw.launch("exit 3", name="failing", project="colours").wait(timeout=60)
build = bw.launch(work, name="axe", cwd=".", lines=2)
build
"""


def violations(page: BuildPage, selector: str) -> list[Any]:
    found: list[Any] = page.page.evaluate(
        """async (selector) => {
          const found = await globalThis.axe.run(document.querySelector(selector), { resultTypes: ["violations"] });
          if (found.passes.length < 5) throw new Error(`axe looked at nothing: ${selector}`);
          return found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]);
        }""",
        selector,
    )
    return found


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"])
def test_no_violations(lab: LabServer, context: BrowserContext, theme: str) -> None:
    (lab.root / "go").touch()
    page = BuildPage(context.new_page(), lab, lab.notebook("axe.ipynb", SOURCE, CELL))
    page.open()
    page.page.evaluate("(theme) => globalThis.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    page.run()
    page.build_id()
    page.wait_for("status", "succeeded")
    page.view.get_by_role("button", name="Show details").click()
    page.command("buildwidget:show-panel")
    row = page.page.locator(".bw-panel .bw-build").first
    row.wait_for()
    page.page.evaluate(AXE.read_text())
    assert violations(page, ".jp-OutputArea .buildwidget") == []
    page.command("buildwidget:launch")
    page.page.locator(".bw-form").wait_for()
    assert violations(page, ".bw-panel") == []
    row.locator("[data-action=build-menu]").click()
    assert violations(page, ".bw-panel") == []
    page.page.locator(".bw-menu [data-action=open-tab]").click()
    page.page.locator(".buildwidget-tab .buildwidget[data-status=succeeded]").wait_for()
    assert violations(page, ".buildwidget-tab") == []
