"""The shell around a session: when the agent is told that nothing more will come."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

from buildwidget.protocol.events import Event
from buildwidget.runner.agents.attempts import Attempt
from buildwidget.runner.agents.claude import ClaudeSession
from buildwidget.runner.agents.codex import CodexSession
from buildwidget.runner.agents.masked import MaskedEvents
from buildwidget.runner.agents.run import LINGER_SECONDS, AgentRun
from buildwidget.runner.agents.session import MAX_UNKNOWN_BYTES, Order
from buildwidget.runner.secrets import Masker

SUBAGENT = {"task_id": "a", "task_type": "local_agent", "tool_use_id": "call"}
LINES = [
    {"type": "system", "subtype": "init", "model": "m", "session_id": "s", "tools": ["TaskCreate"]},
    {"type": "system", "subtype": "task_started", "is_backgrounded": True, **SUBAGENT},
    {"type": "result", "subtype": "success", "result": "It will tell."},
    {"type": "system", "subtype": "background_tasks_changed", "tasks": []},
]


def test_an_agent_of_which_another_turn_is_expected_in_vain_is_let_go(tmp_path: Path) -> None:
    program = tmp_path / "agent"
    program.write_text("\n".join(["#!/bin/sh", *(f"echo '{json.dumps(line)}'" for line in LINES), "cat > said"]))
    program.chmod(0o755)
    order = Order("Build it.", str(tmp_path))
    times = itertools.count(0.0, LINGER_SECONDS / 4)
    attempt = Attempt(ClaudeSession(order, lambda: 1), [str(program)], dict(os.environ))
    events: list[Event] = []
    run = AgentRun(attempt, events.append, Masker([]), permission_seconds=60, clock=lambda: next(times))
    end = run.pump(run.start(), lambda: None, 1.0)
    assert (end.status, end.summary) == ("succeeded", "It will tell.")
    assert "Build it." in (tmp_path / "said").read_text()


SECRET = "tok-0123456789-abcdefghij"


def test_what_is_cut_shows_no_beginning_of_a_secret(tmp_path: Path) -> None:
    session = CodexSession(Order("Build it.", str(tmp_path)), lambda: 1)
    masker = Masker([SECRET])
    masked = MaskedEvents(masker)
    session.hide_secrets(masked.shown)
    command = {"id": "c", "type": "commandExecution", "command": "env", "status": "inProgress"}
    unknown = {"type": "news", "text": f"{'x' * (MAX_UNKNOWN_BYTES - 40)}{SECRET}"}
    error = {"willRetry": True, "error": {"message": f"{'x' * 190}{SECRET} and more"}}
    lines = [
        {"method": "item/started", "params": {"item": command}},
        {
            "method": "item/commandExecution/outputDelta",
            "params": {"itemId": "c", "delta": f"{'x' * 1024}{SECRET[:9]}"},
        },
        {"method": "item/commandExecution/outputDelta", "params": {"itemId": "c", "delta": SECRET[9:]}},
        unknown,
        {"method": "error", "params": error},
    ]
    events = [masked.mask(event) for line in lines for event in session.feed(json.dumps(line)).events]
    events += [masked.mask(event) for event in session.close().events]
    told = str(events)
    assert "still running" in told
    assert "not known" in told
    assert "Asking again" in told
    assert SECRET[:3] not in told
