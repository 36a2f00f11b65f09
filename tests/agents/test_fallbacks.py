"""Agents that end without a word, that know less than they should, or that are not there at all."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

import buildwidget as bw
from buildwidget.runner.agents.binaries import find_binary
from buildwidget.runner.agents.credentials import missing_credentials
from tests.agents.gone import is_gone
from tests.agents.model_server import ModelServer, Turn
from tests.waiting import wait_until

NO_APP_SERVER = """#!{python}
import os, sys
if "app-server" in sys.argv:
    sys.exit("error: unrecognized subcommand 'app-server'")
os.execv({binary!r}, [{binary!r}, *sys.argv[1:]])
"""


def script(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_an_older_codex_is_run_without_its_app_server(
    site: Path, model: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = find_binary("codex", os.environ)
    assert binary is not None
    older = script(tmp_path / "codex", NO_APP_SERVER.format(python=sys.executable, binary=binary))
    monkeypatch.setenv("BUILDWIDGET_CODEX", older)
    run = ("exec_command", {"cmd": "echo hello", "yield_time_ms": 10_000})
    model.script(Turn(calls=[run]), Turn(say="All done."))
    prompt = f"Build it.{' And so on.' * 20_000}"  # longer than a word of a command may be
    build = bw.launch_agent(prompt, agent="codex", model="gpt-5.5", permission="all").wait(60)
    assert (build.status, build.summary) == ("succeeded", "All done."), build.error
    assert prompt in str(model.asked[0]["input"])
    assert [(tool.name, tool.state, str(tool.output).strip()) for tool in build.tools] == [
        ("Bash", "succeeded", "hello")
    ]
    model.script(Turn(say="And on."))
    more = build.follow_up("More.").wait(60)
    assert more.summary == "And on.", more.error
    assert more.usage.output_tokens == 20


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_an_agent_that_is_killed_ends_its_build(site: Path, model: ModelServer, ending: signal.Signals) -> None:
    command = {"command": "echo $$ > pid; sleep 300", "description": "d"}
    model.script(Turn(calls=[("Bash", command)]))
    build = bw.launch_agent("Build it.", permission="all")
    pid = site / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip() and build.tools, timeout=30, what="the command's row")
    shell = psutil.Process(int(pid.read_text()))
    agents = [each for each in shell.parents() if "--permission-prompt-tool" in each.cmdline()]
    os.kill(agents[0].pid, ending)
    assert build.wait(30).status == "failed"
    assert build.error is not None
    assert "without a result" in build.error.message
    assert ending.name in build.error.message or "143" in build.error.message
    assert [tool.state for tool in build.tools] == ["failed"]
    assert is_gone(shell.pid)


def test_a_key_is_never_stored(
    site: Path, model: ModelServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = {"command": "echo key is $ANTHROPIC_API_KEY", "description": "d"}
    model.script(Turn(calls=[("Bash", command)]), Turn(say="It is dummy-key-of-a-test , said in pieces."))
    build = bw.launch_agent("Deploy with dummy-key-of-a-test and go.", permission="all").wait(60)
    assert (build.status, build.summary) == ("succeeded", "It is *** , said in pieces."), build.error
    assert build.name == "Deploy with *** and go."
    assert "Deploy with dummy-key-of-a-test and go." in str(model.asked[0]["messages"])
    assert "dummy-key" not in str(list(build.events()))
    assert "dummy-key" not in str(build.store.record(build.id).spec)
    assert "may do everything unasked" in capsys.readouterr().out
    assert "may do everything unasked" in build._repr_mimebundle_()[0]["text/plain"]
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(bw.LaunchError, match=r"needs the secret \w+_API_KEY"):
        build.retry()


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"prompt": " "}, "prompt", "empty"),
        ({"agent": "hal"}, "agent", '"claude-code", "codex"'),
        ({"permission": "much"}, "permission", '"ask"'),
        ({"operation": "else"}, "operation", '"autofix"'),
        ({"model": "--dangerous"}, "model", "no name of a model"),
        ({"cwd": "no/such/place"}, "cwd", "does not exist"),
        ({"env": {"BUILDWIDGET_CLAUDE": "/no/such/claude"}}, "agent", "there is no such program"),
        ({"env": {"ANTHROPIC_API_KEY": ""}}, "agent", "ANTHROPIC_API_KEY"),
        ({"agent": "codex", "env": {"OPENAI_API_KEY": ""}}, "agent", "codex login"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_stored(
    site: Path, options: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(bw.LaunchError, match=words) as told:
        bw.launch_agent(options.pop("prompt", "Build it."), **options)
    assert told.value.field == field
    assert bw.builds() == []


@pytest.mark.parametrize(
    ("agent", "file", "text"),
    [
        ("claude-code", ".claude/settings.json", '{"env": {"ANTHROPIC_AUTH_TOKEN": "a token"}}'),
        ("claude-code", ".claude/settings.json", '{"apiKeyHelper": "key.sh"}'),
        ("claude-code", ".claude/.credentials.json", "{}"),
        ("claude-code", ".claude/.claude.json", '{"primaryApiKey": "a key"}'),
        ("claude-code", ".claude.json", '{"oauthAccount": {}}'),
        ("codex", ".codex/auth.json", "{}"),
        ("codex", ".codex/config.toml", 'model_provider = "own"'),
    ],
)
def test_a_login_of_the_agents_own_will_do(tmp_path: Path, agent: str, file: str, text: str) -> None:
    assert missing_credentials(agent, {"HOME": str(tmp_path)}) is not None
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert missing_credentials(agent, {"HOME": str(tmp_path)}) is None


def test_a_program_that_is_no_agent_is_told(site: Path, tmp_path: Path) -> None:
    other = script(tmp_path / "claude", "#!/bin/sh\necho hello\n")
    with pytest.raises(bw.LaunchError, match="does not tell its version"):
        bw.launch_agent("Build it.", env={"BUILDWIDGET_CLAUDE": other})


def test_an_agent_too_old_is_told(site: Path, tmp_path: Path) -> None:
    old = script(tmp_path / "claude", "#!/bin/sh\necho '1.0.3 (Claude Code)'\n")
    with pytest.raises(bw.LaunchError, match=r"2\.0 or newer"):
        bw.launch_agent("Build it.", env={"BUILDWIDGET_CLAUDE": old})


@pytest.mark.parametrize(
    ("agent", "setting", "refusal", "option"),
    [
        (
            "claude-code",
            "BUILDWIDGET_CLAUDE",
            "error: unknown option '--forward-subagent-text'",
            "--forward-subagent-text",
        ),
        ("codex", "BUILDWIDGET_CODEX", "error: unexpected argument '--json' found", "--json"),
    ],
)
def test_an_option_that_is_refused_is_told_before_anything_is_stored(
    site: Path, tmp_path: Path, agent: Any, setting: str, refusal: str, option: str
) -> None:
    text = f'#!/bin/sh\n[ "$1" = --version ] && echo 2.1.0 && exit\necho "{refusal}" >&2\nexit 2\n'
    with pytest.raises(bw.LaunchError, match=f"does not know {option}, which is needed. Install it with") as told:
        bw.launch_agent("Build it.", agent=agent, env={setting: script(tmp_path / "other", text)})
    assert told.value.field == "agent"
    assert bw.builds() == []


def test_an_agent_that_takes_too_many_turns(site: Path, model: ModelServer, tmp_path: Path) -> None:
    binary = find_binary("claude-code", os.environ)
    short = script(tmp_path / "claude", f'#!/bin/sh\nexec {binary} "$@" --max-turns 1\n')
    model.script(*[Turn(calls=[("Bash", {"command": "echo hi", "description": "d"})])] * 3)
    build = bw.launch_agent("Build it.", permission="all", env={"BUILDWIDGET_CLAUDE": short}).wait(60)
    assert build.status == "failed"
    assert build.error is not None
    assert build.error.kind == "error_max_turns"
    assert "maximum number of turns" in build.error.message
