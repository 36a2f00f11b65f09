"""axe-core finds nothing wrong in an output, the panel and a tab, in any of Lab's themes."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.browser.lab import ROOT, LabServer
from tests.browser.page import BuildPage
from tests.browser.work import SOURCE

AXE = ROOT / "buildwidget" / "frontend" / "lab" / "node_modules" / "axe-core" / "axe.min.js"

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
CHANGE_THEME = "(theme) => globalThis.jupyterapp.commands.execute('apputils:change-theme', { theme })"

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


def test_no_violations_in_any_theme(lab: LabServer, context: BrowserContext) -> None:
    (lab.root / "go").touch()
    page = BuildPage(context.new_page(), lab, lab.notebook("axe.ipynb", SOURCE, CELL))
    page.open()
    page.run()
    page.build_id()
    page.wait_for("status", "succeeded")
    page.view.get_by_role("button", name="Show details").click()
    page.page.evaluate(AXE.read_text())
    for theme in THEMES:
        page.page.evaluate(CHANGE_THEME, theme)
        expect(page.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        page.command("docmanager:open", {"path": page.notebook})
        expect(page.view).to_be_visible()
        assert violations(page, ".jp-OutputArea .buildwidget") == [], theme
        check_panel_and_tab(page, theme)


def check_panel_and_tab(page: BuildPage, theme: str) -> None:
    page.command("buildwidget:show-panel")
    row = page.page.locator(".bw-panel .bw-build").first
    row.wait_for()
    page.command("buildwidget:launch")
    page.page.locator(".bw-form").wait_for()
    assert violations(page, ".bw-panel") == [], theme
    row.locator("[data-action=build-menu]").click()
    assert violations(page, ".bw-panel") == [], theme
    page.page.locator(".bw-menu [data-action=open-tab]").click()
    page.page.locator(".buildwidget-tab .buildwidget[data-status=succeeded]").wait_for()
    assert violations(page, ".buildwidget-tab") == [], theme
