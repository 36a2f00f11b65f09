"""A real agent asks for leave in the page; the prompt survives a refresh and is answered once, in every tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.agents.model_server import ModelServer, Turn
from tests.browser.lab import LabServer
from tests.browser.page import BuildPage

LAUNCH = """
import buildwidget as bw

env = {{"ANTHROPIC_BASE_URL": {url!r}, "ANTHROPIC_API_KEY": "dummy-key-of-a-test"}}
env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
bw.launch_agent("Build it.", model="claude-haiku-4-5", key="agents", name="landing page", env=env, cwd={cwd!r})
"""


@pytest.fixture
def model() -> Iterator[ModelServer]:
    server = ModelServer([])
    yield server
    server.close()


def test_a_permission_prompt_in_the_page(
    lab: LabServer, open_page: Callable[[LabServer, str], BuildPage], model: ModelServer, tmp_path: Path
) -> None:
    command = {"command": "touch made", "description": "d"}
    model.script(Turn(calls=[("Bash", command)]), Turn(say="The page is **there**."))
    notebook = lab.notebook("agents.ipynb", LAUNCH.format(url=model.url, cwd=str(tmp_path)))
    page = open_page(lab, notebook)
    page.run()
    build_id = page.build_id()
    prompt = page.view.get_by_test_id("permission")
    prompt.wait_for(timeout=60_000)
    assert "touch made" in prompt.inner_text()
    page.save()
    page.refresh()
    page.view.get_by_test_id("permission").wait_for(timeout=60_000)
    other = open_page(lab, notebook)
    other.view.get_by_test_id("permission").wait_for(timeout=60_000)
    page.view.locator('[data-action="allow"]').click()
    for each in (page, other):
        each.wait_for("status", "succeeded")
        expect(each.view.get_by_test_id("permission")).to_have_count(0)
        expect(each.view.locator("strong", has_text="there").first).to_be_visible()
    assert (tmp_path / "made").exists()
    state = page.assert_same_as_hydrated(build_id)
    assert state["permissions"][0]["decision"] == "allow"
    assert page.errors == other.errors == []
