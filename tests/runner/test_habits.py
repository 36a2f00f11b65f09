"""What code does in a notebook, it does in a launched function, and in a script as far as that can be."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from buildwidget.protocol.state import State
from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.function import load_result
from tests.runner.builds import Builds

PACKAGES = Path(sys.prefix) / "parallel"
HABITS = Path(__file__).parents[2] / "buildwidget/habits/buildwidget-habits.pth"
TIMEOUT = 60

DISPLAYS = """
import IPython.display
from IPython.display import HTML, JSON, Markdown, clear_output, publish_display_data, update_display
from IPython.display import display as shown
def displays():
    shown("words", Markdown("# title"))
    shown(HTML("<b>bold</b>"), display_id="here")
    update_display(HTML("<b>bolder</b>"), display_id="here")
    handle = IPython.display.display(JSON({"a": 1}), display_id=True)
    handle.update(JSON({"a": 2}))
    shown({"text/plain": "plain", "text/html": "<i>raw</i>"}, raw=True)
    publish_display_data({"text/markdown": "*published*"})
    clear_output()
"""
FIGURES = """
import matplotlib.pyplot as plt
def figures():
    plt.plot([1, 2])
    plt.show()
    left, right = plt.figure(), plt.figure()
    plt.show()
    for _ in range(3):
        plt.pause(0.001)
    live = plt.figure()
    for _ in range(3):
        plt.plot([3, 1])
        plt.pause(0.001)
    return plt.get_fignums()
"""
BARS = """
import logging, warnings
import tqdm.notebook
from tqdm.auto import tqdm as auto
from tqdm.notebook import tqdm, trange
def bars():
    for _ in tqdm(range(20), desc="notebook", display=True):
        pass
    for _ in trange(30, desc="range"):
        pass
    bar = tqdm.notebook.tqdm(total=7, desc="counted") if False else tqdm(total=7, desc="counted")
    bar.update(7)
    bar.container
    bar.close()
    for _ in auto([1, 2, 3], desc="auto"):
        pass
    for _ in tqdm(range(3), desc="hidden", display=False):
        pass
    logging.warning("logged")
    warnings.warn("warned")
    from rich.progress import track
    for _ in track(range(5), description="rich"):
        pass
"""


LOGS = """
import logging, multiprocessing
def child(text):
    logging.info(text)
def logs():
    logging.info("here")
    logging.debug("not this")
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        workers.map(child, ["in a child"])
"""
REPORTED = """
import io
import matplotlib.pyplot as plt
from buildwidget import report
from IPython.display import display
def reported():
    for show in (report.show, display):
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        show(figure)
    plt.figure().savefig(io.BytesIO())
"""


def cell(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(code, namespace)
    return namespace


@pytest.fixture(autouse=True)
def packages(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # as every kernel has it


def succeeded(builds: Builds, build_id: str) -> State:
    end = builds.wait_for(build_id, timeout=TIMEOUT)
    assert end.status == "succeeded", (end.error, builds.lines(build_id))
    return end


def shown(builds: Builds, build_id: str) -> list[tuple[str, str]]:
    found = []
    for display in succeeded(builds, build_id).displays:
        mime, content = builds.store.display(build_id, display.id)
        found.append((mime, "" if mime == "image/png" else content.decode()))
    return found


SHOWN = [
    ("text/plain", "words"),
    ("text/markdown", "# title"),
    ("text/html", "<b>bolder</b>"),
    ("application/json", '{"a":2}'),
    ("text/html", "<i>raw</i>"),
    ("text/markdown", "*published*"),
]


def test_what_is_displayed_is_a_display(builds: Builds, tmp_path: Path) -> None:
    function = builds.function(cell(DISPLAYS)["displays"])
    (tmp_path / "script.py").write_text(DISPLAYS + "\ndisplays()\n")
    script = builds.command([sys.executable, str(tmp_path / "script.py")])
    bare = builds.function(cell("def bare():\n    display('as IPython has it')")["bare"])
    assert shown(builds, function) == SHOWN
    assert shown(builds, script) == SHOWN
    assert shown(builds, bare) == [("text/plain", "as IPython has it")]


def test_figures_are_displays(builds: Builds, tmp_path: Path) -> None:
    function = builds.function(cell(FIGURES)["figures"])
    (tmp_path / "script.py").write_text(FIGURES + "\nfigures()\nplt.show()\n")
    script = builds.command([sys.executable, str(tmp_path / "script.py")])
    reported = builds.function(cell(REPORTED)["reported"])
    chosen = builds.python(
        "import matplotlib; matplotlib.use('svg'); import matplotlib.pyplot as plt; print(plt.get_backend())"
    )
    # One, two at once, and one that is drawn over; the function's end shows it a last time.
    assert shown(builds, function) == [("image/png", "")] * 4
    assert len(load_result(build_dir(function))) == 1
    assert shown(builds, script) == [("image/png", "")] * 4
    # Once each; and as below a cell, the one that was only saved.
    assert shown(builds, reported) == [("image/png", "")] * 3
    succeeded(builds, chosen)
    assert builds.lines(chosen) == ["svg"]


def test_bars_of_notebooks_are_bars_and_the_rest_is_in_the_log(builds: Builds, tmp_path: Path) -> None:
    function = builds.function(cell(BARS)["bars"])
    (tmp_path / "script.py").write_text(BARS + "\nbars()\n")
    script = builds.command([sys.executable, str(tmp_path / "script.py")])
    for build_id in (function, script):
        end = succeeded(builds, build_id)
        bars = {bar.label.rstrip(":"): (bar.current, bar.total) for bar in end.progress}
        expected = {"notebook": (20, 20), "range": (30, 30), "counted": (7, 7), "auto": (3, 3)}
        assert {label: bars.get(label) for label in expected} == expected
        assert "hidden" not in bars
        assert any("rich" in label for label in bars), bars
        text = "\n".join(builds.lines(build_id))
        assert "WARNING:root:logged" in text
        assert "UserWarning: warned" in text


def test_logging_is_as_another_cell_set_it_up(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "level", logging.WARNING)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    build_id = builds.function(cell(LOGS)["logs"])
    succeeded(builds, build_id)
    assert builds.lines(build_id) == ["INFO: here", "INFO: in a child"]


def test_a_kernel_that_a_build_starts_displays_as_ever(builds: Builds, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from IPython.display import display\nInteractiveShell.instance()\ndisplay('its own')\n"
    )
    build_id = builds.command([sys.executable, str(tmp_path / "script.py")])
    assert shown(builds, build_id) == []
    assert builds.lines(build_id) == ["'its own'"]


def test_an_interpreter_without_buildwidget_starts_as_ever() -> None:
    line = HABITS.read_text("utf-8")
    program = f"import os, sys; before = set(sys.modules)\n{line}\nprint(sorted(set(sys.modules) - before))"
    for more in ({}, {"BUILDWIDGET_REPORT_SOCKET": "nowhere"}):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program], env=more, capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("[]\n", "")
