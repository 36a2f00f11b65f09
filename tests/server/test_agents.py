"""An agent is launched, answered and followed up over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.agents.model_server import ModelServer, Turn
from tests.server.jupyter_process import Client, JupyterServer
from tests.waiting import wait_until


@pytest.fixture
def model() -> Iterator[ModelServer]:
    server = ModelServer([])
    yield server
    server.close()


@pytest.fixture
def page(model: ModelServer, start_server: Callable[..., JupyterServer]) -> Client:
    env = {
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "dummy-key-of-a-test",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return start_server(env=env).with_token()


def state_of(page: Client, build: str) -> dict[str, Any]:
    state: dict[str, Any] = page.get(f"builds/{build}").json()["state"]
    return state


def ended(page: Client, build: str) -> dict[str, Any]:
    wait_until(lambda: "ended_at" in state_of(page, build), timeout=60, what="the end")
    return state_of(page, build)


def test_launch_answer_and_follow_up(page: Client, model: ModelServer) -> None:
    call = ("Bash", {"command": "touch made", "description": "d"})
    model.script(Turn(calls=[call]), Turn(say="So be it."))
    answer = page.post(
        "builds", {"kind": "agent", "prompt": "Build it.", "project": "landing", "operation": "enhancement"}
    )
    assert answer.status == 201, answer.json()
    build = answer.json()["build"]["id"]
    wait_until(lambda: bool(state_of(page, build)["permissions"]), timeout=60, what="the prompt")
    assert page.post(f"builds/{build}/follow_up", {"prompt": "More."}).error["code"] == "unsupported"
    assert page.post(f"builds/{build}/answer", {"decision": "allow"}).status == 202
    state = ended(page, build)
    assert (state["status"], state["summary"]) == ("succeeded", "So be it."), state.get("error")
    assert (state["kind"], state["operation"], state["agent"]["id"]) == ("agent", "enhancement", "claude-code")
    assert state["permissions"][0]["decision"] == "allow"
    model.script(Turn(say="More it is."))
    more = page.post(f"builds/{build}/follow_up", {"prompt": "More."})
    assert more.status == 201, more.json()
    state = ended(page, more.json()["build"]["id"])
    assert (state["summary"], state["follows"], state["project"]) == ("More it is.", build, "landing")
