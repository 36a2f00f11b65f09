"""Every recorded stream gives the same events and the same state as when it was last looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from buildwidget.runner.agents.claude_usage import ClaudeUsage
from buildwidget.runner.agents.ending import end_of
from tests.agents.replay import NAMES, events_of, golden_of, golden_path, lines_of, session_of, state_of


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_stream_gives_its_golden_events(name: str) -> None:
    golden = json.loads(golden_path(name).read_text("utf-8"))
    assert json.loads(json.dumps(golden_of(name))) == golden, "if it is meant to: python -m tests.agents.replay"


def state(name: str, **order: Any) -> Any:
    return state_of(events_of(session_of(name, **order), lines_of(name)))


@pytest.mark.parametrize("name", ["claude-2.1.330/tasks_subagent", "claude-2.1.330/partial_messages"])
def test_tasks_subagents_and_failures_of_claude_code(name: str) -> None:
    build = state(name)
    assert (build.status, build.percent) == ("succeeded", 100)
    assert build.summary == "All done: hello.py is written, run and reviewed."
    assert build.agent.id == "claude-code"
    assert build.agent.version == "2.1.330"
    assert build.model == "claude-opus-5-5"
    assert [(todo.content, todo.status) for todo in build.todos] == [
        ("Write the greeting module", "completed"),
        ("Run it", "completed"),
        ("Review with a subagent", "completed"),
    ]
    tools = {tool.id: tool for tool in build.tools}
    assert [(tool.name, tool.state, tool.todo) for tool in tools.values()] == [
        ("Write", "succeeded", "task-1"),
        ("Bash", "succeeded", "task-2"),
        ("Bash", "failed", "task-2"),
        ("Agent", "succeeded", "task-3"),
        ("Read", "succeeded", "task-3"),
        ("Bash", "succeeded", "task-3"),
        ("Edit", "succeeded", "task-3"),
    ]
    assert [tools[tool.parent].name for tool in tools.values() if tool.parent] == ["Agent", "Agent"]
    assert [artifact.path for artifact in build.artifacts] == ["hello.py"]
    assert (build.usage.input_tokens, build.usage.output_tokens) == (13_910, 260)


@pytest.mark.parametrize("name", ["codex-app-server-0.169.0/plan", "codex-exec-0.169.0/plan"])
def test_plan_commands_and_patches_of_codex(name: str) -> None:
    build = state(name)
    assert (build.status, build.percent) == ("succeeded", 100)
    assert build.summary == "All done: hello.py is written and run."
    assert [(todo.content, todo.status) for todo in build.todos] == [
        ("Write the greeting module", "completed"),
        ("Run it", "completed"),
    ]
    assert [(tool.name, tool.state, tool.todo) for tool in build.tools] == [
        ("apply_patch", "succeeded", "step-1"),
        ("Bash", "failed", "step-2"),
        ("Bash", "succeeded", "step-2"),
        ("apply_patch", "succeeded", "step-2"),
    ]
    assert build.usage.output_tokens == 140


def test_missing_todo_tools_are_told() -> None:
    lines = [text for _, text in state("claude-2.1.330/todo_tools_off").log.lines]
    assert any("todo tools switched off" in line for line in lines)
    lines = [text for _, text in state("codex-exec-0.169.0/plan_tool_off").log.lines]
    assert any("told no plan" in line for line in lines)


def test_the_older_dialect_of_todos() -> None:
    build = state("claude-2.1.330/todo_write")
    assert [(todo.id, todo.content, todo.status, todo.active_form) for todo in build.todos] == [
        ("step-1", "Write it", "completed", "Writing it"),
        ("step-2", "Run it", "completed", "Running it"),
    ]
    assert [(tool.name, tool.todo) for tool in build.tools] == [("Bash", "step-2")]


def test_a_subagent_in_the_background_ends_when_it_does() -> None:
    build = state("claude-2.1.330/background_subagent")
    assert (build.status, build.summary, build.usage.turns) == ("succeeded", "All told.", 3)
    agent, counted = build.tools
    assert (agent.name, agent.state, agent.output) == ("Agent", "succeeded", "There are 42.")
    assert (counted.parent, counted.state) == (agent.id, "succeeded")
    assert agent.ended_at > counted.ended_at


def test_only_the_last_turns_result_finishes_a_session() -> None:
    session = session_of("claude-2.1.330/background_subagent")
    heard = []
    for line in lines_of("claude-2.1.330/background_subagent"):
        session.feed(line)
        heard.append((session.finished, session.lingering))
    assert heard.index((False, True)) < heard.index((True, False)) == len(heard) - 1


def test_an_agent_that_is_killed_between_two_turns_has_not_succeeded() -> None:
    session = session_of("claude-2.1.330/background_subagent")
    for line in lines_of("claude-2.1.330/background_subagent"):
        session.feed(line)
        if session.outcome is not None:
            break
    assert not session.finished
    session.close()
    assert end_of(session, -9, "", now_ms=1).status == "failed"
    assert end_of(session, 0, "", now_ms=1).status == "succeeded"


def test_a_session_that_codex_does_not_know_is_told() -> None:
    session = session_of("codex-app-server-0.169.0/plan", resume="gone")
    refusal = {"id": 2, "error": {"code": -32600, "message": "no rollout found for thread id gone"}}
    build = state_of(events_of(session, [json.dumps({"id": 1, "result": {}}), json.dumps(refusal)]))
    assert build.error is not None
    assert build.error.message == "Codex could not go on with the session: no rollout found for thread id gone"
    assert session.usable, "another way would know it no better"


@pytest.mark.parametrize(
    ("told", "used"),
    [(100 + 60 + 40, 40), (100 + 40, 40), (40, 40), (100 + 60 + 40 + 300, 340)],
    ids=["goes on", "a killed run forgotten", "all forgotten", "with subagents"],
)
def test_a_sessions_total_is_taken_apart(told: int, used: int) -> None:
    usage = ClaudeUsage([{"output_tokens": 160, "cost_usd": 1.0}, {"output_tokens": 100, "cost_usd": 1.0}])
    usage.message("m", {"output_tokens": 40})
    usage.result({"modelUsage": {"m": {"outputTokens": told}}, "total_cost_usd": 5.0})
    assert usage.figures["output_tokens"] == used


def test_calls_of_codex_subagents_nest_and_their_report_is_the_calls_output() -> None:
    build = state("codex-app-server-0.163.0/subagent")
    assert [(tool.id, tool.name, tool.parent, tool.state) for tool in build.tools] == [
        ("call_0002_0", "spawn_agent", None, "succeeded"),
        ("call_0003_0", "wait", None, "succeeded"),
        ("call_0004_0", "Bash", "call_0002_0", "succeeded"),
        ("call_0005_0", "apply_patch", "call_0002_0", "succeeded"),
    ]
    assert build.tools[0].output == "There are 42 lines."
    assert [text.text for text in build.texts] == ["All counted."]
    assert (build.usage.input_tokens, build.usage.output_tokens) == (800, 160)
    assert [artifact.path for artifact in build.artifacts] == ["count.txt"]


def test_a_subagent_that_is_heard_before_its_call_is_told_nests_too() -> None:
    name = "codex-app-server-0.163.0/subagent"
    lines = lines_of(name)
    late = [line for line in lines if '"spawnAgent"' in line]
    early = [line for line in lines if line not in late]
    place = next(place for place, line in enumerate(early) if '"turn/completed"' in line and "All counted" in line)
    tools = {
        tool.id: tool for tool in state_of(events_of(session_of(name), early[:place] + late + early[place:])).tools
    }
    assert {tool.parent for tool in tools.values()} == {None, "call_0002_0"}
    assert tools["call_0002_0"].output == "There are 42 lines."


def test_a_command_still_running_at_the_end_is_closed() -> None:
    build = state("codex-app-server-0.163.0/left_running")
    assert (build.status, build.summary) == ("succeeded", "It runs on.")
    assert [(tool.state, tool.output) for tool in build.tools] == [
        ("failed", "It was still running when the agent ended.")
    ]


def test_ends_are_told_truly() -> None:
    failed = state("claude-2.1.330/fail_400")
    assert (failed.status, failed.error.message) == ("failed", "API Error: 400 fake bad request")
    refused = state("claude-2.1.330/fail_401").error
    assert refused.kind == "credentials"
    assert "ANTHROPIC_API_KEY" in refused.message
    assert state("claude-2.1.330/max_turns").error.message == "Reached maximum number of turns (2)"
    assert "without a result" in state("claude-2.1.330/sigterm").error.message
    assert state("codex-exec-0.169.0/fail_400").error.message == "fake bad request"


def test_usage_of_a_resumed_session_is_this_builds() -> None:
    before = {"input_tokens": 7_028, "output_tokens": 140, "cache_read_tokens": 700, "reasoning_tokens": 35}
    usage = state("codex-exec-0.169.0/resume", usage_before=[before]).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (2_003, 40, 200)


def test_input_tokens_count_what_caches_gave_whichever_agent() -> None:
    claude = session_of("claude-2.1.330/minimal")
    used = {"input_tokens": 100, "cache_read_input_tokens": 700, "cache_creation_input_tokens": 30, "output_tokens": 9}
    result = {"type": "result", "subtype": "success", "result": "Done.", "usage": used}
    read = state_of(events_of(claude, [json.dumps(result)])).usage
    assert (read.input_tokens, read.cache_read_tokens, read.cache_write_tokens) == (830, 700, 30)
    codex = state("codex-exec-0.169.0/resume").usage
    assert codex.input_tokens > codex.cache_read_tokens > 0


def test_a_denied_call_is_told_from_a_failed_one() -> None:
    assert [tool.state for tool in state("claude-2.1.330/denied").tools] == ["denied"]
    assert [tool.state for tool in state("codex-app-server-0.163.0/declined").tools] == ["denied"]


@pytest.mark.parametrize("name", ["claude-2.1.330/interrupted", "codex-app-server-0.163.0/interrupted"])
def test_an_interrupted_agent_has_not_succeeded(name: str) -> None:
    build = state(name)
    assert build.status == "failed"
    assert [tool.state for tool in build.tools] == ["failed"]
