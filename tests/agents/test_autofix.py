"""An agent is set on a build that failed, whatever kind of build it was."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

import buildwidget as bw
from buildwidget.agent_follow_up import FollowUp, prepare_follow_up
from buildwidget.agent_prompts import LOG_CHARACTERS, fenced, fix_prompt
from buildwidget.build import Build
from buildwidget.launching import Request, first_events
from buildwidget.store.drafts import draft
from buildwidget.store.ids import new_build_id
from buildwidget.store.records import NewBuild
from tests.agents.model_server import ModelServer, Turn


def failed(command: str = "echo broken; exit 3", **options: Any) -> Build:
    build = bw.launch(command, **options).wait(30)
    assert build.status == "failed"
    return build


def prepared(build: Build, **wanted: Any) -> Request:
    return prepare_follow_up(build.store, build.store.record(build.id), FollowUp(operation="autofix", **wanted))


def queue(request: Request, like: Build) -> None:
    """Stores the build, which nobody runs."""
    info = like.info
    new = NewBuild(
        id=new_build_id(), owner=info.owner, kind="agent", created_at=1, spec=request.spec, project=info.project
    )
    like.store.create(new, [draft(event) for event in first_events(1, "queued", request.options)])


def test_a_failed_command_gets_an_agent_and_the_next_one_its_session(site: Path, model: ModelServer) -> None:
    model.script(Turn(say="Fixed it."))
    first = failed(project="landing", name="pytest")
    fixed = first.autofix(permission="edits").wait(60)
    assert (fixed.status, fixed.summary, fixed.name) == ("succeeded", "Fixed it.", "Fix pytest"), fixed.error
    assert (fixed.info.follows, fixed.info.operation, fixed.project) == (first.id, "autofix", "landing")
    asked = str(model.asked[-1]["messages"])
    for words in ("The build 'pytest' failed", "Command: echo broken; exit 3", "Exit code: 3", "broken", str(site)):
        assert words.replace("'", "\\'") in asked or words in asked

    second = failed("echo worse; exit 4", project="landing")
    model.script(Turn(say="Fixed that too."))
    again = second.autofix("Mind the tests.").wait(60)
    assert (again.summary, again.info.follows) == ("Fixed that too.", second.id), again.error
    assert again.state.agent == fixed.state.agent
    assert again.store.record(again.id).spec["permission"] == "edits"
    asked = str(model.asked[-1]["messages"])
    assert "broken" in asked
    assert "Mind the tests." in asked
    assert again.usage.output_tokens == 20

    # Whose session goes on: of the same project and directory and agent, and not at work.
    session = again.state.agent
    assert session is not None
    assert prepared(second).spec["resume"] == session.session
    assert prepared(second, agent="claude-code").spec["resume"] == session.session
    assert "resume" not in prepared(second, agent="codex").spec
    assert "resume" not in prepared(failed(project="other")).spec
    assert "resume" not in prepared(failed(project="landing", cwd="..")).spec
    queue(prepared(second), again)
    assert "resume" not in prepared(second).spec
    with pytest.raises(bw.LaunchError, match=r"'queued'.* already"):
        again.follow_up("More.")


def test_the_prompt_is_bounded_plain_and_without_secrets(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "tok-0123456789")
    lines = "for i in $(seq 300); do printf 'line %s \\033[31mred\\033[0m\\n' $i; done"
    build = failed(f"{lines}; echo $DEPLOY_TOKEN; head -c 50000 /dev/zero | tr '\\0' x; echo; echo '````'; exit 1")
    prompt = fix_prompt(build.store, build.state, build.store.record(build.id).spec)
    assert len(prompt) < LOG_CHARACTERS + 5_000
    assert "line 299 red" in prompt
    assert "line 150 " not in prompt
    assert "\x1b" not in prompt
    assert "tok-0123456789" not in prompt
    assert "***" in prompt
    assert "`````\n" in prompt


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced("x") == "```\nx\n```"
    assert fenced("a ```` b").startswith("`````\n")


def test_a_traceback_is_told(site: Path) -> None:
    def divide() -> float:
        return 1 / 0

    build = bw.launch(divide).wait(30)
    prompt = fix_prompt(build.store, build.state, build.store.record(build.id).spec, "Please.")
    assert prompt.startswith("Please.\n\nThe build 'divide' failed.")
    assert "Error: ZeroDivisionError: division by zero" in prompt
    assert "return 1 / 0" in prompt
    words = ["sh", "-c", "exit 2"]
    assert f"Command: {shlex.join(words)}" in fix_prompt(build.store, build.state, {"command": words})


def test_what_cannot_be_fixed_is_told(site: Path) -> None:
    done = bw.launch("true").wait(30)
    with pytest.raises(bw.LaunchError, match="nothing to fix: the build is succeeded") as told:
        done.autofix()
    assert told.value.code == "unsupported"
    with pytest.raises(bw.LaunchError, match="no agent session"):
        done.follow_up("More.")
    with pytest.raises(bw.LaunchError, match="prompt is missing"):
        done.follow_up()
    with pytest.raises(bw.LaunchError, match="agent is one of"):
        failed().autofix(agent="hal")
