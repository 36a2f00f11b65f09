"""Real agents in a real page: permission prompts, files with their diffs, launches from the form and follow-ups."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from buildwidget.widget import MIME_TYPE
from tests.agents.model_server import ModelServer, Turn
from tests.browser.lab import LabServer, running_lab
from tests.browser.page import BuildPage
from tests.browser.test_lab_axe import AXE, violations

SOON = 60_000
"""Milliseconds within which an agent has started, said its turns and ended, also on a busy machine."""

LAUNCH = """
import buildwidget as bw
bw.launch_agent("Build it.", model="claude-haiku-4-5", key="agents", name="landing page", cwd={cwd!r})
"""


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    server = ModelServer([])
    yield server
    server.close()


@pytest.fixture(scope="module")
def agents_lab(model: ModelServer) -> Iterator[LabServer]:
    """A server whose agents talk to the scripted model, from wherever they are launched."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in model.environment.items():
            patch.setenv(name, value)
        with running_lab() as server:
            yield server


def follow_ups(notebook: Path) -> Any:
    """The builds that the first output of a saved notebook shows below its own."""
    output = json.loads(notebook.read_text())["cells"][0]["outputs"][0]
    return output["metadata"][MIME_TYPE]["follow_ups"]


def follow_up(view: Locator, prompt: str) -> None:
    """Asks for more in the box of a build that has ended."""
    view.locator('[data-action="follow-up"]').click()
    box = view.get_by_label("What the agent is to do next")
    expect(box).to_be_focused()
    box.fill(prompt)
    box.press("Control+Enter")


def test_a_permission_prompt_and_a_follow_up_in_the_page(
    agents_lab: LabServer, open_page: Callable[[LabServer, str], BuildPage], model: ModelServer, tmp_path: Path
) -> None:
    command = {"command": "touch made", "description": "d"}
    model.script(Turn(calls=[("Bash", command)]), Turn(say="The page is **there**."))
    notebook = agents_lab.notebook("agents.ipynb", LAUNCH.format(cwd=str(tmp_path)))
    page = open_page(agents_lab, notebook)
    page.run()
    build_id = page.build_id()
    prompt = page.view.get_by_test_id("permission")
    prompt.wait_for(timeout=SOON)
    assert "touch made" in prompt.inner_text()
    page.save()
    page.refresh()
    page.view.get_by_test_id("permission").wait_for(timeout=SOON)
    other = open_page(agents_lab, notebook)
    other.view.get_by_test_id("permission").wait_for(timeout=SOON)
    page.view.locator('[data-action="allow"]').click()
    expect(other.view.get_by_text("Bash was allowed elsewhere.")).to_be_visible(timeout=SOON)
    for each in (page, other):
        each.wait_for("status", "succeeded")
        expect(each.view.get_by_test_id("permission")).to_have_count(0)
        expect(each.view.locator("strong", has_text="there").first).to_be_visible()
    assert (tmp_path / "made").exists()
    state = page.assert_same_as_hydrated(build_id)
    assert state["permissions"][0]["decision"] == "allow"
    model.script(Turn(say="It is **dark** now."))
    follow_up(page.view, "Now add dark mode.")
    later = page.page.locator(".buildwidget-later .buildwidget")
    expect(later).to_have_attribute("data-status", "succeeded", timeout=SOON)
    expect(later.get_by_test_id("follows")).to_have_text("continues landing page", timeout=SOON)
    expect(later.locator("strong", has_text="dark")).to_be_visible()
    page.save()
    assert follow_ups(agents_lab.root / notebook) == [later.get_attribute("data-build")]
    assert page.errors == other.errors == []


def test_an_agent_from_the_form_and_a_follow_up_in_the_panel(
    agents_lab: LabServer, open_page: Callable[[LabServer, str], BuildPage], model: ModelServer
) -> None:
    site = agents_lab.root / "site"
    site.mkdir()
    write = {"file_path": str(site / "index.html"), "content": "<h1>Hello</h1>\n"}
    model.script(Turn(calls=[("Write", write)]), Turn(say="The page is **written**."))
    page = open_page(agents_lab, agents_lab.notebook("form.ipynb", "1"))
    page.command("buildwidget:launch")
    panel = page.page.locator(".bw-panel")
    panel.get_by_text("Agent", exact=True).click()
    panel.get_by_label("Permission").select_option("edits")
    panel.get_by_label("Directory").fill("nowhere")
    panel.get_by_label("Task").fill("Write a page\nthat says hello.")
    panel.get_by_label("Task").press("Control+Enter")
    expect(panel.locator("[data-field=cwd] [role=alert]")).to_be_visible(timeout=SOON)
    expect(panel.get_by_label("Directory")).to_be_focused()
    page.page.evaluate(AXE.read_text())
    assert violations(page, ".bw-panel") == []
    panel.get_by_label("Directory").fill("site")
    panel.get_by_label("Directory").press("Enter")
    view = panel.locator(".buildwidget[data-build]")
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SOON)
    expect(view.locator(".bw-place")).to_have_text("initial build")
    view.locator("[data-tab=artifacts]").click()
    view.get_by_role("button", name="index.html").first.click()
    expect(view.locator('[data-testid=artifacts] [data-kind="added"]')).to_contain_text("<h1>Hello</h1>", timeout=SOON)
    first = view.get_attribute("data-build")
    follow_up(view, "Now in green.")
    expect(view).not_to_have_attribute("data-build", str(first), timeout=SOON)
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SOON)
    expect(view.locator(".bw-place").first).to_have_text("continuation")
    expect(view.get_by_test_id("follows")).to_have_text("continues Write a page that says hello.", timeout=SOON)
    view.get_by_test_id("follows").get_by_role("button").click()
    expect(view).to_have_attribute("data-build", str(first))
    assert page.errors == []
