"""Recorded streams of real agents, replayed. ``python -m tests.agents.replay`` writes the golden files anew."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from buildwidget.protocol.events import Event, LogEvent, StatusEvent
from buildwidget.protocol.reducer import fold
from buildwidget.protocol.state import State, initial_state
from buildwidget.runner.agents.claude import ClaudeSession
from buildwidget.runner.agents.codex import CodexSession
from buildwidget.runner.agents.codex_exec import CodexExecSession
from buildwidget.runner.agents.ending import end_of
from buildwidget.runner.agents.session import Order, Session

HERE = Path(__file__).parent
STREAMS = HERE / "streams"
GOLDEN = HERE / "golden"
SESSIONS: dict[str, type[Session]] = {
    "claude": ClaudeSession,
    "codex-app-server": CodexSession,
    "codex-exec": CodexExecSession,
}
CWD = "/home/user/project"
NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in STREAMS.glob("*/*.jsonl"))


def lines_of(name: str) -> list[str]:
    """What the agent wrote; of the app server's recording, which has both directions, only that."""
    lines = (STREAMS / f"{name}.jsonl").read_text("utf-8").splitlines()
    if not name.startswith("codex-app-server"):
        return lines
    said = [json.loads(line) for line in lines]
    return [json.dumps(each["msg"]) for each in said if each["dir"] == "in"]


def session_of(name: str, **order: Any) -> Session:
    ticks = itertools.count(1_000)
    kind = next(made for prefix, made in SESSIONS.items() if name.startswith(prefix))
    return kind(Order("Build it.", CWD, **order), lambda: next(ticks))


def events_of(session: Session, lines: Iterable[str]) -> list[Event]:
    """A whole build's events, its end included."""
    events: list[Event] = [StatusEvent(at=1_000, status="running"), *session.start().events]
    for line in lines:
        events += session.feed(line).events
    events += session.close().events
    return numbered([*events, end_of(session, 0, "", now_ms=2_000_000)])


def numbered(events: list[Event]) -> list[Event]:
    """With the numbers of log lines, as the store gives them."""
    count, result = 0, []
    for event in events:
        log = isinstance(event, LogEvent)
        result.append(msgspec.structs.replace(event, first=count + 1) if log else event)
        count += len(event.lines) if isinstance(event, LogEvent) else 0
    return result


def state_of(events: list[Event]) -> State:
    return fold(initial_state(id="a-build", owner="tester", kind="agent", created_at=1_000), events)


def golden_of(name: str) -> dict[str, Any]:
    events = events_of(session_of(name), lines_of(name))
    return {"events": msgspec.to_builtins(events), "state": msgspec.to_builtins(state_of(events))}


def golden_path(name: str) -> Path:
    return GOLDEN / f"{name.replace('/', '-')}.json"


if __name__ == "__main__":
    for each in NAMES:
        golden_path(each).write_text(json.dumps(golden_of(each), indent=1, ensure_ascii=False) + "\n", "utf-8")
