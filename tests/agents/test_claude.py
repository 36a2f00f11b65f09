"""The real Claude Code against a scripted model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import buildwidget as bw
from buildwidget.agent_follow_up import FollowUp, prepare_follow_up
from buildwidget.build import Build
from buildwidget.launching import request_again
from buildwidget.protocol.events import ProgressEvent
from tests.agents.gone import is_gone
from tests.agents.model_server import ModelServer, Turn
from tests.waiting import wait_until

MODEL = "claude-haiku-4-5"


def launch(prompt: str = "Build it.", **options: Any) -> Build:
    return bw.launch_agent(prompt, agent="claude-code", model=MODEL, **options)


def task(number: int, status: str) -> tuple[str, Any]:
    return ("TaskUpdate", {"taskId": str(number), "status": status})


def bash(command: str) -> tuple[str, Any]:
    return ("Bash", {"command": command, "description": "A command"})


def prompt_of(build: Build) -> str:
    wait_until(lambda: bool(build.permissions) or build.done, timeout=30, what="the permission prompt")
    return build.permissions[-1].request_id


def test_todos_edits_a_command_and_an_answer(site: Path, model: ModelServer) -> None:
    model.script(
        Turn(
            say="I will plan first.",
            think="A greeting, and a run of it.",
            calls=[
                ("TaskCreate", {"subject": "Write it", "description": "d", "activeForm": "Writing it"}),
                ("TaskCreate", {"subject": "Run it", "description": "d", "activeForm": "Running it"}),
            ],
        ),
        Turn(calls=[task(1, "in_progress")]),
        Turn(calls=[("Write", {"file_path": str(site / "hello.sh"), "content": "echo hello\n"})]),
        Turn(calls=[task(1, "completed"), task(2, "in_progress")]),
        Turn(calls=[bash("sh hello.sh")]),
        Turn(calls=[task(2, "completed")]),
        Turn(say="All is **done**."),
    )
    build = launch(permission="all", project="landing").wait(60)
    state = build.state
    assert (build.status, build.percent, build.summary) == ("succeeded", 100, "All is **done**."), state.error
    assert [(todo.content, todo.status) for todo in build.todos] == [("Write it", "completed"), ("Run it", "completed")]
    assert [(tool.name, tool.state, tool.todo) for tool in build.tools] == [
        ("Write", "succeeded", "task-1"),
        ("Bash", "succeeded", "task-2"),
    ]
    assert build.tools[1].output == "hello"
    assert build.tools[0].output == {
        "changes": [
            {"path": "hello.sh", "kind": "add", "added": 1, "removed": 0, "diff": "@@ -0,0 +1,1 @@\n+echo hello\n"}
        ]
    }
    assert [text.kind for text in state.texts] == ["reasoning", "answer", "answer"]
    assert [(artifact.path, artifact.size) for artifact in build.artifacts] == [("hello.sh", 11)]
    assert state.agent is not None
    assert state.agent.id == "claude-code"
    assert state.agent.session
    assert state.agent.version
    assert (state.model, state.project, state.operation) == (MODEL, "landing", "initial")
    assert (build.usage.input_tokens, build.usage.output_tokens) == (700, 140)
    assert build.usage.cost_usd


def test_the_older_todo_tool_and_a_key_that_is_refused(
    site: Path, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_CODE_ENABLE_TASKS", "0")
    monkeypatch.setenv("CLAUDE_CODE_MAX_RETRIES", "0")
    todo = {"content": "Write it", "status": "in_progress", "activeForm": "Writing it"}
    model.script(Turn(calls=[("TodoWrite", {"todos": [todo]})]), *[Turn(status=401, say="invalid x-api-key")] * 4)
    build = launch().wait(60)
    assert [(todo.content, todo.status, todo.active_form) for todo in build.todos] == [
        ("Write it", "in_progress", "Writing it")
    ]
    assert build.tools == []
    assert build.status == "failed"
    assert build.error is not None
    assert build.error.kind == "credentials"
    assert "Check ANTHROPIC_API_KEY" in build.error.message


def test_a_follow_up_goes_on_in_the_same_session(site: Path, model: ModelServer) -> None:
    model.script(Turn(say="First."))
    first = launch("Build it.", permission="all", project="landing").wait(60)
    model.script(Turn(say="Second."))
    second = first.follow_up("Now the rest.").wait(60)
    assert (second.status, second.summary) == ("succeeded", "Second."), second.error
    assert second.info.follows == first.id
    assert (second.project, second.info.operation) == ("landing", "continuation")
    assert second.state.agent is not None
    assert second.state.agent == first.state.agent
    said = str(model.asked[-1]["messages"])
    assert "Build it." in said
    assert "Now the rest." in said
    assert second.usage.output_tokens == first.usage.output_tokens == 20
    assert second.usage.cost_usd == pytest.approx(first.usage.cost_usd)
    # Whatever goes on in the session next counts from where it stands, not from the build it is made from.
    store = first.store
    again = request_again(store, store.record(second.id))
    more = prepare_follow_up(store, store.record(first.id), FollowUp("More."))
    for request in (again, more):
        assert request.spec["resume"] == second.state.agent.session
        assert [before["output_tokens"] for before in request.spec["usage_before"]] == [40, 40]


def test_a_permission_is_asked_for_and_given_or_not(
    site: Path, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "tok-0123456789")
    model.script(
        Turn(calls=[bash("touch made; echo touched")]), Turn(calls=[bash("touch other")]), Turn(say="So be it.")
    )
    build = launch()
    first = prompt_of(build)
    (row,) = build.permissions
    assert (row.tool, row.decision, row.options) == ("Bash", None, ["allow", "deny"])
    assert row.input["command"] == "touch made; echo touched"
    build.answer("allow")
    wait_until(lambda: len(build.permissions) == 2 or build.done, timeout=30, what="the second prompt")
    with pytest.raises(ValueError, match="decided already: allow"):
        build.answer("deny", request_id=first)
    build.answer("deny", "Not with tok-0123456789.")
    assert build.wait(60).status == "succeeded", build.error
    assert [row.decision for row in build.permissions] == ["allow", "deny"]
    assert [tool.state for tool in build.tools] == ["succeeded", "denied"]
    assert [(site / name).exists() for name in ("made", "other")] == [True, False]
    assert "Not with ***." in str(model.asked[-1]["messages"])
    assert "tok-0123456789" not in str(build.store.commands(build.id))


def test_a_subagent_in_the_background_asks_after_the_agents_turn_has_ended(site: Path, model: ModelServer) -> None:
    task = "Count the lines"
    model.script(
        Turn(calls=[("Agent", {"description": "Count", "prompt": task, "subagent_type": "general-purpose"})]),
        Turn(say="It will tell."),
        Turn(say="All told."),
        Turn(about=task, calls=[bash("touch made; echo 42")]),
        Turn(about=task, say="There are 42."),
    )
    build = launch()
    prompt_of(build)
    wait_until(lambda: any(row.text == "It will tell." for row in build.state.texts), timeout=30, what="the turn's end")
    build.answer("allow")
    assert (build.wait(60).status, build.summary) == ("succeeded", "All told."), build.error
    agent, counted = build.tools
    assert (agent.name, agent.state, agent.output) == ("Agent", "succeeded", "There are 42.")
    assert (counted.parent, counted.state, counted.output) == (agent.id, "succeeded", "42")
    assert (site / "made").exists()
    assert (build.usage.output_tokens, build.usage.turns) == (100, 3)


def test_a_plan_is_made_and_kept_and_not_carried_out(site: Path, model: ModelServer) -> None:
    model.script(Turn(calls=[("ExitPlanMode", {"plan": "1. Write it"})]), Turn(say="That is the plan."))
    build = launch(permission="plan").wait(60)
    assert (build.status, build.summary) == ("succeeded", "That is the plan."), build.error
    assert build.plan == "1. Write it"
    assert [(tool.name, tool.state) for tool in build.tools] == [("ExitPlanMode", "succeeded")]
    assert build.permissions == []


def test_nobody_answers(site: Path, model: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_PERMISSION_SECONDS", "0.2")
    model.script(Turn(calls=[bash("touch made")]), Turn(say="So be it."))
    build = launch().wait(60)
    assert (build.status, build.permissions[0].decision) == ("succeeded", "timeout")
    assert "in time" in str(build.tools[0].output)
    assert not (site / "made").exists()


def test_a_cancel_in_the_middle_of_a_command_leaves_nothing_behind(site: Path, model: ModelServer) -> None:
    model.script(Turn(calls=[bash("echo $$ > pid; sleep 300")]), Turn(say="Never said."))
    build = launch(permission="all")
    pid = site / "pid"
    wait_until(
        lambda: pid.exists() and pid.read_text().strip() and build.tools, timeout=30, what="the command and its row"
    )
    build.cancel()
    assert build.wait(30).status == "cancelled"
    assert [tool.state for tool in build.tools] == ["failed"]
    assert "stopped while running" in str(build.tools[0].output), "it was interrupted, and had time to tell"
    assert is_gone(int(pid.read_text()))
    assert build.follow_up("Go on.", permission="all").wait(60).summary == "Never said."


def test_an_error_of_the_model_is_the_builds(site: Path, model: ModelServer) -> None:
    model.script(*[Turn(status=400, say="a bad request")] * 8)
    build = launch().wait(60)
    assert build.status == "failed"
    assert build.error is not None
    assert "a bad request" in build.error.message
    model.script(Turn(say="Fixed."))
    fixed = build.autofix().wait(60)
    assert (fixed.summary, fixed.info.operation) == ("Fixed.", "autofix")
    assert "a bad request" in str(model.asked[-1]["messages"])


def test_retries_are_shown_while_they_last(site: Path, model: ModelServer) -> None:
    model.script(Turn(status=529, say="too busy"), Turn(say="At last."))
    build = launch().wait(60)
    assert (build.status, build.summary) == ("succeeded", "At last.")
    (bar,) = build.progress
    assert bar.done
    assert "529" in bar.label
    told = [event.done for event in build.events() if isinstance(event, ProgressEvent)]
    assert len(told) > 1
    assert not any(told[:-1]), "it is shown while it lasts"
    assert told[-1]
