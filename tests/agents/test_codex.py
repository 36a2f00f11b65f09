"""The real Codex against a scripted model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psutil
import pytest

import buildwidget as bw
from buildwidget.build import Build
from tests.agents.gone import is_gone
from tests.agents.model_server import ModelServer, Turn
from tests.waiting import wait_until

MODEL = "gpt-5.5"


def launch(prompt: str = "Build it.", **options: Any) -> Build:
    return bw.launch_agent(prompt, agent="codex", model=MODEL, **options)


def plan(*statuses: str) -> tuple[str, Any]:
    steps = zip(("Write it", "Run it"), statuses, strict=True)
    return ("update_plan", {"plan": [{"step": step, "status": status} for step, status in steps]})


def bash(command: str) -> tuple[str, Any]:
    return ("exec_command", {"cmd": command, "yield_time_ms": 10_000})


def patch(path: str, *lines: str) -> tuple[str, Any]:
    text = "\n".join(["*** Begin Patch", f"*** Add File: {path}", *(f"+{line}" for line in lines), "*** End Patch"])
    return ("apply_patch", text)


def test_todos_edits_a_command_and_an_answer(site: Path, model: ModelServer) -> None:
    model.script(
        Turn(say="I will plan first.", think="A greeting, and a run of it.", calls=[plan("in_progress", "pending")]),
        Turn(calls=[patch("hello.sh", "echo hello")]),
        Turn(calls=[plan("completed", "in_progress")]),
        Turn(calls=[bash("sh hello.sh")]),
        Turn(calls=[plan("completed", "completed")]),
        Turn(say="All is **done**."),
    )
    build = launch(permission="all", project="landing").wait(60)
    state = build.state
    assert (build.status, build.percent, build.summary) == ("succeeded", 100, "All is **done**."), state.error
    assert [(todo.content, todo.status) for todo in build.todos] == [("Write it", "completed"), ("Run it", "completed")]
    assert [(tool.name, tool.state, tool.todo) for tool in build.tools] == [
        ("apply_patch", "succeeded", "step-1"),
        ("Bash", "succeeded", "step-2"),
    ]
    assert str(build.tools[1].output).strip() == "hello"
    assert [text.kind for text in state.texts] == ["reasoning", "answer", "answer"]
    assert [(artifact.path, artifact.size) for artifact in build.artifacts] == [("hello.sh", 11)]
    assert state.agent is not None
    assert state.agent.id == "codex"
    assert state.agent.session
    assert state.agent.version
    assert (state.model, state.project, state.operation) == (MODEL, "landing", "initial")
    assert (build.usage.input_tokens, build.usage.output_tokens) == (600, 120)


def test_a_follow_up_goes_on_in_the_same_session(site: Path, model: ModelServer) -> None:
    model.script(Turn(say="First."))
    first = launch("Build it.", permission="all", project="landing").wait(60)
    model.script(Turn(say="Second."))
    second = first.follow_up("Now the rest.").wait(60)
    assert (second.status, second.summary) == ("succeeded", "Second."), second.error
    assert second.info.follows == first.id
    assert (second.project, second.info.operation) == ("landing", "continuation")
    assert second.state.agent == first.state.agent
    said = str(model.asked[-1]["input"])
    assert "Build it." in said
    assert "Now the rest." in said
    assert second.usage.output_tokens == first.usage.output_tokens == 20


def test_a_permission_is_asked_for_and_given_or_not(site: Path, model: ModelServer) -> None:
    model.script(Turn(calls=[patch("made", "touched")]), Turn(calls=[patch("other", "touched")]), Turn(say="So be it."))
    build = launch()
    wait_until(lambda: bool(build.permissions) or build.done, timeout=30, what="the permission prompt")
    (row,) = build.permissions
    assert (row.tool, row.decision, row.options) == ("apply_patch", None, ["allow", "deny"])
    assert row.input["changes"] == [
        {"path": "made", "kind": "add", "added": 1, "removed": 0, "diff": "@@ -0,0 +1,1 @@\n+touched\n"}
    ]
    build.answer("allow")
    wait_until(lambda: len(build.permissions) == 2 or build.done, timeout=30, what="the second prompt")
    build.answer("deny")
    assert build.wait(60).status == "succeeded", build.error
    assert [row.decision for row in build.permissions] == ["allow", "deny"]
    assert [tool.state for tool in build.tools] == ["succeeded", "denied"]
    assert [(site / name).exists() for name in ("made", "other")] == [True, False]


def test_edits_are_unasked_and_commands_are_not(site: Path, model: ModelServer) -> None:
    model.script(Turn(calls=[patch("made", "x")]), Turn(calls=[bash("touch other")]), Turn(say="So be it."))
    build = launch(permission="edits")
    wait_until(lambda: bool(build.permissions) or build.done, timeout=30, what="the permission prompt")
    assert (site / "made").exists()
    (row,) = build.permissions
    assert row.tool == "Bash"
    assert "touch other" in str(row.input["command"])
    build.answer("deny")
    assert build.wait(60).status == "succeeded"
    assert [tool.state for tool in build.tools] == ["succeeded", "denied"]
    assert not (site / "other").exists()


def test_edits_elsewhere_are_asked_for(site: Path, model: ModelServer) -> None:
    elsewhere = site.parent / "elsewhere"
    model.script(Turn(calls=[patch(str(elsewhere), "x")]), Turn(say="So be it."))
    build = launch(permission="edits")
    wait_until(lambda: bool(build.permissions) or build.done, timeout=30, what="the permission prompt")
    assert [row.tool for row in build.permissions] == ["apply_patch"]
    build.answer("deny")
    assert build.wait(60).status == "succeeded"
    assert not elsewhere.exists()


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
    assert is_gone(int(pid.read_text()))


def test_a_subagent_and_a_command_left_running(site: Path, model: ModelServer) -> None:
    task = "Count the lines"
    model.script(
        Turn(calls=[("multi_agent_v1.spawn_agent", {"message": task})]),
        Turn(
            calls=[("multi_agent_v1.wait_agent", lambda body: {"targets": [subagent_in(body)], "timeout_ms": 30_000})]
        ),
        Turn(calls=[("exec_command", {"cmd": "echo $$ > pid; sleep 300", "yield_time_ms": 250})]),
        Turn(say="It runs on."),
        Turn(about=task, say="I will count.", calls=[bash("echo 42")]),
        Turn(about=task, say="There are 42."),
    )
    build = launch(permission="all").wait(60)
    assert (build.status, build.summary) == ("succeeded", "It runs on."), build.error
    spawn, _, counted, left = build.tools
    assert (spawn.name, spawn.state, spawn.output) == ("spawn_agent", "succeeded", "There are 42.")
    assert (counted.name, counted.parent, str(counted.output).strip()) == ("Bash", spawn.id, "42")
    assert left.state == "failed"
    assert "still running" in str(left.output)
    assert is_gone(int((site / "pid").read_text()))
    assert build.usage.output_tokens == 120
    assert "told no plan" in build.log()


def subagent_in(body: Any) -> str:
    found = re.search(r"agent_id\W+([0-9a-f-]{36})", json.dumps(body["input"]))
    assert found is not None
    return found[1]


def test_a_codex_that_is_killed_ends_its_build(site: Path, model: ModelServer) -> None:
    model.script(Turn(calls=[bash("echo $$ > pid; sleep 300")]))
    build = launch(permission="all")
    pid = site / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip() and build.tools, timeout=30, what="the command's row")
    shell = psutil.Process(int(pid.read_text()))
    next(each for each in shell.parents() if "app-server" in each.cmdline()).kill()
    assert build.wait(30).status == "failed"
    assert build.error is not None
    assert "SIGKILL" in build.error.message
    assert [tool.state for tool in build.tools] == ["failed"]
    assert is_gone(shell.pid)


def test_a_key_that_is_refused(site: Path, model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a configuration of the user's own, in which little is tried again."""
    url, key = f'base_url="{model.url}/v1"', 'env_key="OPENAI_API_KEY"'
    tries = "request_max_retries=0\nstream_max_retries=1"
    text = f'model_provider="own"\n[model_providers.own]\nname="own"\n{url}\n{key}\nwire_api="responses"\n{tries}\n'
    (tmp_path / "codex-home").mkdir()
    (tmp_path / "codex-home" / "config.toml").write_text(text)
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex-home"))
    model.script(Turn(status=503, say="too busy"), *[Turn(status=401, say="Incorrect API key provided.")] * 8)
    build = launch().wait(60)
    assert build.error is not None
    assert build.error.kind == "credentials"
    assert "Check OPENAI_API_KEY" in build.error.message
    assert [(bar.done, "(1 of 1)" in bar.label, "503" in bar.label) for bar in build.progress] == [(True, True, True)]


def test_an_error_of_the_model_is_the_builds(site: Path, model: ModelServer) -> None:
    model.script(*[Turn(status=400, say="a bad request")] * 8)
    build = launch().wait(60)
    assert build.status == "failed"
    assert build.error is not None
    assert "a bad request" in build.error.message
