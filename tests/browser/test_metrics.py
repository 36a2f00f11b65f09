"""The plot of a metric: whole once it is opened, and live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage

RESULTS = Path(__file__).parents[2] / "test-results"

WORK = """
def decay():
    import pathlib, time
    from math import exp, nan
    from buildwidget import report

    def wait_for(name):
        while not pathlib.Path(name).exists():
            time.sleep(0.02)

    for i in range(5000):
        report.metric("loss", 2 * exp(-i / 300) if i != 3000 else 1.5, step=i)
    wait_for("metrics-more")
    for i in range(5000, 5100):
        report.metric("loss", nan if i == 5050 else 0.5, step=i)
    wait_for("metrics-end")
"""
LAUNCH = 'import buildwidget as bw\nbuild = bw.launch(decay, name="Decay")\nbuild'


def test_a_plot_that_is_opened_is_whole_and_goes_on(
    lab: LabServer, open_in_tab: Callable[[LabServer, str], BuildPage]
) -> None:
    RESULTS.mkdir(exist_ok=True)
    page = open_in_tab(lab, lab.notebook("metrics.ipynb", WORK, LAUNCH))
    page.run()
    page.build_id()
    page.view.locator("[data-metric=loss]").click()
    plot = page.view.locator("[data-plot=loss]")
    expect(plot).to_have_attribute("data-whole", "5000")
    assert int(plot.get_attribute("data-points") or 0) > 1_000
    plot.screenshot(path=RESULTS / "plot.png")
    (lab.root / "metrics-more").touch()
    expect(plot).to_have_attribute("data-whole", "5100")
    plot.screenshot(path=RESULTS / "plot-live.png")
    (lab.root / "metrics-end").touch()
    page.wait_for("status", "succeeded")
    assert page.errors == []
