"""A program that draws several rows over and over, seen in a notebook: live, after a refresh, and at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.lab import LabServer
from tests.browser.page import BuildPage
from tests.waiting import wait_until

RESULTS = Path(__file__).parents[2] / "test-results"

WORK = '''
DRAW = """
import pathlib, sys, time
def bar(name, n, total):
    return f"{name:6} {n * 100 // total:3d}%|{'█' * (n * 30 // total):30}| {n}/{total} [00:01<00:02, 3.21it/s]"
print("loading\\\\033[32m the data\\\\033[0m", flush=True)
sys.stdout.write("\\\\033[?25l")
for step in range(21):
    rows = [bar("train", step, 20), bar("valid", step // 2, 10), f"\\\\033[1mloss\\\\033[0m {2 / (1 + step):.3f}"]
    up = "\\\\033[3A" if step else ""
    sys.stdout.write(up + "".join(f"\\\\r\\\\033[2K{row}\\\\n" for row in rows))
    sys.stdout.flush()
    while step == 9 and not pathlib.Path("drawn").exists():
        time.sleep(0.02)
sys.stdout.write("\\\\033[?25h")
print("all done")
"""
import pathlib, sys
pathlib.Path("draw.py").write_text(DRAW)
'''
LAUNCH = 'import buildwidget as bw\nbw.launch([sys.executable, "draw.py"], name="Draw", project="screen")'
OPEN = "[data-testid=log] [data-open=true]"


def test_rows_that_are_drawn_over_and_over(lab: LabServer, open_page: Callable[[LabServer, str], BuildPage]) -> None:
    RESULTS.mkdir(exist_ok=True)
    page = open_page(lab, lab.notebook("screen.ipynb", WORK, LAUNCH))
    page.run()
    build_id = page.build_id()
    _until_open(page)
    page.save()
    page.refresh()
    _until_open(page)
    page.page.locator("[data-testid=log]").first.screenshot(path=RESULTS / "log-open.png")
    page.view.screenshot(path=RESULTS / "build-open.png")
    bars = page.model(build_id, "state.progress")
    assert [(bar["label"], bar["current"], bar["total"]) for bar in bars] == [("train", 9, 20), ("valid", 4, 10)]
    (lab.root / "drawn").touch()
    page.wait_for("status", "succeeded")
    lines = [text for _, text in page.model(build_id, "state.log.lines")]
    assert [line.split("%")[0] for line in lines] == [
        "loading\x1b[32m the data\x1b[0m",
        "train  100",
        "valid  100",
        "\x1b[1mloss\x1b[0m 0.095",
        "all done",
    ]
    assert page.model(build_id, "state.log.open") in (None, {})


def _until_open(page: BuildPage) -> None:
    rows = page.page.locator(OPEN)
    wait_until(lambda: rows.count() == 3 and "9/20" in rows.first.inner_text(), timeout=30, what="the ninth picture")
    assert "loss 0.200" in rows.nth(2).inner_text()
