"""The README's picture, and what a designer should look at: a build in a notebook, light and dark, wide and narrow.

The pictures go to ``test-results``; ``make screenshot`` copies the README's from there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage
from tests.waiting import wait_until

RESULTS = Path(__file__).parents[2] / "test-results"

WORK = """
def train():
    import pathlib, time
    from buildwidget import report

    report.todos(["Load the data", "Train the model", "Evaluate on the test set", "Write the report"])
    with report.step("Load the data"):
        with report.tool("Bash", input={"command": "python download.py --split train"}) as call:
            print("\\x1b[32m✓\\x1b[0m downloaded 1.2 GB in 12 s")
            call.output = "1.2 GB"
        with report.tool("Read", input={"file_path": "data/labels.csv"}) as call:
            call.output = "60000 rows"
    with report.step("Train the model", active_form="Training the model"):
        with report.tool("Bash", input={"command": "python train.py --epochs 20"}):
            for epoch in range(1, 14):
                loss = 2.3 / (1 + 0.35 * epoch)
                report.metric("loss", loss, step=epoch)
                report.metric("accuracy", 1 - loss / 2.5, step=epoch)
                report.progress(epoch, 20, label="epoch", unit="epochs")
                print(f"epoch {epoch:2}  loss {loss:.3f}  accuracy {1 - loss / 2.5:.3f}")
                time.sleep(0.15)
            while not pathlib.Path("go").exists():
                time.sleep(0.02)
"""
LAUNCH = 'import buildwidget as bw\nbuild = bw.launch(train, name="Train the classifier", project="vision")\nbuild'
FITS = "element => element.scrollWidth <= element.clientWidth"


def test_the_readmes_picture(lab: LabServer, open_page: Callable[[LabServer, str], BuildPage]) -> None:
    RESULTS.mkdir(exist_ok=True)
    page = open_page(lab, lab.notebook("picture.ipynb", WORK, LAUNCH))
    page.run()
    build_id = page.build_id()
    wait_until(lambda: has_points(page, build_id, 13), timeout=60, what="thirteen epochs")
    page.command("application:toggle-left-area")
    for theme in ("light", "dark"):
        page.command("apputils:change-theme", {"theme": f"JupyterLab {theme.title()}"})
        light = str(theme == "light").lower()
        page.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        for width in (1000, 480):
            page.page.set_viewport_size({"width": width, "height": 900})
            assert page.view.evaluate(FITS)
            assert page.view.screenshot(path=RESULTS / f"build-{theme}-{width}.png")
    (lab.root / "go").touch()
    page.wait_for("status", "succeeded")


def has_points(page: BuildPage, build_id: str, count: int) -> bool:
    metrics = page.model(build_id, "state.metrics")
    return bool(metrics) and metrics[0]["count"] >= count
