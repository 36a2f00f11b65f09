"""An agent is launched, answered and followed up over REST."""

from __future__ import annotations

import signal
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
    return start_server(env=model.environment).with_token()


def state_of(page: Client, build: str) -> dict[str, Any]:
    state: dict[str, Any] = page.get(f"builds/{build}").json()["state"]
    return state


def ended(page: Client, build: str) -> dict[str, Any]:
    wait_until(lambda: "ended_at" in state_of(page, build), timeout=60, what="the end")
    return state_of(page, build)


def test_launch_answer_and_follow_up(page: Client, model: ModelServer) -> None:
    name_what_is_wrong(page)
    call = ("Bash", {"command": "touch made", "description": "d"})
    model.script(Turn(calls=[call]), Turn(say="So be it."))
    wanted: dict[str, Any] = {
        "kind": "agent",
        "prompt": "Build it.",
        "agent": "claude-code",
        "model": "claude-haiku-4-5",
    }
    wanted |= {"permission": "ask", "operation": "enhancement", "name": "page", "project": "landing", "cwd": "."}
    wanted |= {"env": {"SEED": "1"}, "key": "page", "tags": ["web"]}
    answer = page.post("builds", wanted)
    assert answer.status == 201, answer.json()
    build = answer.json()["build"]["id"]
    again = page.post("builds", wanted)
    assert (again.status, again.json()["build"]["id"]) == (200, build)
    assert page.post("builds", {**wanted, "prompt": "Else."}).error["code"] == "key_taken"
    wait_until(lambda: bool(state_of(page, build)["permissions"]), timeout=60, what="the prompt")
    page.server.stop(signal.SIGKILL)
    page.server.start()
    assert [row.get("decision") for row in state_of(page, build)["permissions"]] == [None], "the prompt is still open"
    assert page.post(f"builds/{build}/follow_up", {"prompt": "More."}).error["code"] == "unsupported"
    assert page.post(f"builds/{build}/answer", {"decision": "allow"}).status == 202
    late = page.post(f"builds/{build}/answer", {"decision": "deny"})
    assert (late.status, late.error["code"]) == (409, "answered")
    state = ended(page, build)
    assert (state["status"], state["summary"]) == ("succeeded", "So be it."), state.get("error")
    assert (state["kind"], state["operation"], state["agent"]["id"]) == ("agent", "enhancement", "claude-code")
    assert (state["name"], state["model"], state["tags"]) == ("page", "claude-haiku-4-5", ["web"])
    assert state["permissions"][0]["decision"] == "allow"
    assert page.post(f"builds/{build}/follow_up", {}).error["field"] == "prompt"
    assert page.post(f"builds/{build}/follow_up", {"operation": "autofix"}).error["code"] == "unsupported"
    model.script(Turn(say="More it is."))
    more = page.post(f"builds/{build}/follow_up", {"prompt": "More."})
    assert more.status == 201, more.json()
    state = ended(page, more.json()["build"]["id"])
    assert (state["summary"], state["follows"], state["project"]) == ("More it is.", build, "landing")
    assert state["operation"] == "continuation"
    fix_what_failed(page, model, state["agent"]["session"])


def fix_what_failed(page: Client, model: ModelServer, session: str) -> None:
    """A command's build of the project failed; the agent's session goes on with it."""
    command = {"kind": "command", "command": "echo oh no; exit 3", "name": "pytest", "project": "landing"}
    failed = page.post("builds", command).json()["build"]["id"]
    assert ended(page, failed)["status"] == "failed"
    model.script(Turn(say="Fixed."))
    fix = page.post(f"builds/{failed}/follow_up", {"operation": "autofix", "permission": "edits"})
    assert fix.status == 201, fix.json()
    state = ended(page, fix.json()["build"]["id"])
    assert (state["summary"], state["follows"], state["operation"]) == ("Fixed.", failed, "autofix")
    assert (state["name"], state["agent"]["session"]) == ("Fix pytest", session)
    assert "oh no" in str(model.asked[-1]["messages"])


def name_what_is_wrong(page: Client) -> None:
    wanted = {"kind": "agent", "prompt": "Build it."}
    for field, value in {
        "prompt": " ",
        "agent": "hal",
        "permission": "much",
        "operation": "x",
        "cwd": "no/such",
    }.items():
        answer = page.post("builds", {**wanted, field: value})
        assert (answer.status, answer.error["field"]) == (400, field)
    for agent, name in (("claude-code", "ANTHROPIC_API_KEY"), ("codex", "OPENAI_API_KEY")):
        answer = page.post("builds", {**wanted, "agent": agent, "env": {name: ""}})
        assert (answer.status, answer.error["field"]) == (400, "agent")
        assert f"has no credentials here: set {name}, or log in once" in answer.error["message"]
