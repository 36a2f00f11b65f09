"""What a reader meets after the launch: retries, tabs, the way back to a cell, and HTML in a dark theme."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, expect

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage
from tests.browser.test_lab_panel import Panel

VIEW = ".jp-OutputArea .buildwidget[data-build]"


def opened(context: BrowserContext, lab: LabServer, name: str, *cells: str) -> BuildPage:
    page = BuildPage(context.new_page(), lab, lab.notebook(f"{name}.ipynb", *cells))
    page.open()
    return page


def test_an_output_follows_its_retries_over_a_refresh(lab: LabServer, context: BrowserContext) -> None:
    cell = "import buildwidget as bw\nbw.launch('test -e oven-is-warm', name='bake')"
    page = opened(context, lab, "retried", cell)
    page.run()
    view = page.page.locator(VIEW)
    expect(view).to_have_attribute("data-status", "failed")
    first = view.get_attribute("data-build")
    page.save()
    (lab.root / "oven-is-warm").touch()
    view.locator("[data-action=retry-button]").click()
    expect(view).to_have_attribute("data-status", "succeeded")
    second = view.get_attribute("data-build")
    assert second != first
    for save in (False, True):
        if save:
            page.save()
        page.refresh()
        expect(view).to_have_attribute("data-build", str(second))
        expect(view).to_have_attribute("data-status", "succeeded")
    lab.delete(str(second))
    page.refresh()
    expect(view).to_have_attribute("data-problem", "not_found")
    expect(view).to_have_attribute("data-build", str(second))  # not the first attempt again


def test_a_build_opened_in_a_tab_is_the_current_document(lab: LabServer, context: BrowserContext) -> None:
    page = opened(context, lab, "tabs", "import buildwidget as bw\nbw.launch('true', name='tabbed')")
    page.run()
    expect(page.page.locator(VIEW)).to_have_attribute("data-status", "succeeded")
    panel = Panel(page).show()
    panel.choose("tabbed", "open-tab")
    page.page.wait_for_function("() => jupyterapp.shell.currentWidget?.id.startsWith('buildwidget-build-')")
    expect(page.page.locator(".buildwidget-tab .buildwidget[data-build]")).to_be_visible()


def test_the_way_to_the_cell_leads_to_the_renamed_notebook(lab: LabServer, context: BrowserContext) -> None:
    page = opened(context, lab, "old-name", "import buildwidget as bw\nbw.launch('true', name='found again')")
    page.run()
    expect(page.page.locator(VIEW)).to_have_attribute("data-status", "succeeded")
    page.save()
    page.page.evaluate(
        """async () => {
          const { shell, serviceManager } = globalThis.jupyterapp;
          await shell.currentWidget.context.rename("new-name.ipynb");
          await shell.currentWidget.context.save();
        }"""
    )
    panel = Panel(page).show()
    for closed in (False, True):
        if closed:
            page.page.evaluate("() => { globalThis.jupyterapp.shell.currentWidget.dispose(); }")
        panel.choose("found again", "go-to-cell")
        page.page.wait_for_function("() => jupyterapp.shell.currentWidget?.context?.path === 'new-name.ipynb'")


HTML = """
import buildwidget as bw

def show():
    from buildwidget import report
    report.show(bw_html("<table><tr><td>plain table</td></tr></table>"), title="plain")
    report.show(bw_html("<p style='background: white'>on white</p>"), title="white")

class bw_html:
    def __init__(self, text): self.text = text
    def _repr_html_(self): return self.text

bw.launch(show, name="html")
"""

CONTRAST = """(element) => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b;
  let ground = null;
  for (let at = element; at && !ground; at = at.parentElement) {
    const found = parse(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || (found.length === 4 && found[3] > 0)) ground = found;
  }
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  ground ??= scheme === "dark" ? [17, 17, 17] : [255, 255, 255];
  return Math.abs(light(parse(getComputedStyle(element).color)) - light(ground));
}"""


def test_html_is_readable_in_every_theme(lab: LabServer, context: BrowserContext) -> None:
    page = opened(context, lab, "themes", HTML)
    page.run()
    view = page.page.locator(VIEW)
    expect(view).to_have_attribute("data-status", "succeeded")
    try:
        for theme in ("JupyterLab Dark", "JupyterLab Light", "JupyterLab Dark High Contrast"):
            page.page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
            dark = str("Dark" in theme).lower()
            expect(view).to_have_attribute("data-dark", dark)
            if view.get_attribute("data-folded") == "true":
                view.get_by_role("button", name=re.compile("outputs?$")).first.click()
            frames = view.locator("iframe.bw-frame")
            expect(frames).to_have_count(2)
            for index, selector in enumerate(("td", "p")):
                inside = page.page.frame_locator(f"{VIEW} iframe.bw-frame >> nth={index}").locator(selector)
                inside.wait_for()
                contrast = inside.evaluate(CONTRAST)
                assert contrast > 100, (theme, selector, contrast)
    finally:
        page.page.evaluate("() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
