"""Every loop over what comes from outside takes time in proportion to its input.

Measured with texts in one piece and in small reads, and with many things one after the other.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from tornado.httputil import HTTPHeaders

from buildwidget import agent_program, agent_prompts, command_checks, log_html
from buildwidget.protocol import codec, text
from buildwidget.protocol.events import Event, LogEvent, MetricEvent, ProgressEvent, TextEvent
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import initial_state
from buildwidget.reporting.messages import StepEnded, StepStarted, TodoReport
from buildwidget.runner import exit_status
from buildwidget.runner.agents import changes, claude_results, codex
from buildwidget.runner.agents.claude import ClaudeSession
from buildwidget.runner.agents.claude_background import BackgroundAgents
from buildwidget.runner.agents.claude_blocks import Blocks
from buildwidget.runner.agents.claude_todos import ClaudeTodos
from buildwidget.runner.agents.claude_usage import ClaudeUsage
from buildwidget.runner.agents.codex import CodexSession
from buildwidget.runner.agents.rows import TextRows, ToolRows
from buildwidget.runner.agents.session import Order
from buildwidget.runner.agents.steps import PlanSteps
from buildwidget.runner.output import Output
from buildwidget.runner.report_intake import join_points
from buildwidget.runner.secrets import Masker
from buildwidget.runner.terminal import lines as terminal
from buildwidget.runner.terminal.bar_formats import read_bar
from buildwidget.runner.terminal.lines import LineSplitter
from buildwidget.runner.todo_list import TodoList
from buildwidget.store import logs
from buildwidget.store.coalesce import coalesce
from buildwidget.store.records import Draft
from jupyter_extension.handlers import content, framing, requests
from jupyter_extension.handlers.errors import ApiError
from tests.hostile import inputs
from tests.hostile.timing import superlinear

_LONG: Final = 10.0
"""Seconds that a loop may take for the smaller input: many do something with every character."""


# Text in one piece


def split(step: int) -> Callable[[str], object]:
    """The terminal's lines, read so many bytes at a time."""

    def call(of: str) -> None:
        data, splitter = of.encode("utf-8", "replace"), LineSplitter()
        for place in range(0, len(data), step):
            splitter.feed(data[place : place + step])
        splitter.finish()

    return call


def printed(step: int) -> Callable[[str], object]:
    """What a program prints, up to the events of its log and bars."""

    def call(of: str) -> None:
        data, events = of.encode("utf-8", "replace"), list[Event]()
        output = Output(events.append, Masker([]))
        for place in range(0, len(data), step):
            output.feed("stdout", data[place : place + step])
            output.idle()
        output.finish()

    return call


def ended(of: str) -> None:
    tail = exit_status.OutputTail()
    tail.add(of.split("\n"))
    for code in (1, 126, 127):
        exit_status.explain(code, tail.text())


def refused(call: Callable[[str], object], *errors: type[Exception]) -> Callable[[str], object]:
    """A call that may refuse the text."""

    def safely(of: str) -> None:
        with contextlib.suppress(*errors):
            call(of)

    return safely


def order() -> Order:
    return Order(prompt="a", cwd="/tmp")


def heard(session: type[ClaudeSession | CodexSession], line: Callable[[str], str]) -> Callable[[str], object]:
    """A line that an agent prints."""
    return lambda of: session(order(), lambda: 1).feed(line(of))


def tool_event(of: str) -> str:
    return f'{{"type":"tool","at":1,"id":"a","input":{of}}}'


def assistant(of: str) -> str:
    said = {"id": "a", "content": [{"type": "text", "text": of}]}
    return json.dumps({"type": "assistant", "message": said, "parent_tool_use_id": None})


def codex_item(of: str) -> str:
    item = {"id": "a", "type": of, "text": of}
    return json.dumps({"method": "item/completed", "params": {"item": item}})


def codex_error(of: str) -> str:
    return json.dumps({"method": "error", "params": {"error": {"message": of}, "willRetry": True}})


def changed(of: str) -> object:
    diffs = [{"path": "a", "kind": {"type": "add", "move_path": of}, "diff": of}]
    result = {"notebook_path": "a", "old_source": of, "new_source": f"{of}b"}
    return changes.changes_of_codex(diffs, "/"), changes.changes_of_claude(result, "/")


TEXTS: Final[dict[str, Callable[[str], object]]] = {
    "terminal, in one piece": split(1_000_000),
    "terminal, in reads of 64 bytes": split(64),
    "output, in one piece": printed(1_000_000),
    "output, in reads of 256 bytes": printed(256),
    "the end of the output": ended,
    "colours": terminal.strip_colours,
    "a log as HTML": lambda of: (log_html.log_as_html(of), log_html.log_as_text(of)),
    "a cut text": lambda of: terminal.cut_text(of, len(of) // 2),
    "a shell line": command_checks.first_program,
    "a fenced text": agent_prompts.fenced,
    "an agent's version": refused(
        lambda of: agent_program._checked_version("codex", "codex", of),
        agent_program.LaunchError,
    ),
    "a searched line": logs._shown,
    "bounds of texts": lambda of: (text.keep_start(of, 100), text.keep_end(of, 100), text.clean_text(of)),
    "a JSON value": lambda of: (text.clean_json([of, of]), text.weight([of])),
    "an event with a text": lambda of: codec.decode_event(codec.encode_event(TextEvent(at=1, id=of, kind="answer"))),
    "an event that is no JSON": codec.decode_event,
    "an event with the text as JSON": lambda of: codec.decode_event(tool_event(of)),
    "a state that is no JSON": refused(codec.decode_state, codec.MalformedError),
    "a client's frame": refused(codec.decode_client_frame, codec.MalformedError),
    "a request": refused(lambda of: requests.json_object(of.encode("utf-8", "replace"), 1 << 30), ApiError),
    "an offer of extensions": lambda of: framing.agree(HTTPHeaders({framing.EXTENSIONS: of})),
    "a mime type": lambda of: content.safe_mime(of, of),
    "an agent's line that is no message": heard(ClaudeSession, str),
    "an agent's line of JSON": heard(ClaudeSession, lambda of: f'{{"a":{of}}}'),
    "Claude Code's text": heard(ClaudeSession, assistant),
    "Codex's item": heard(CodexSession, codex_item),
    "Codex's error": heard(CodexSession, codex_error),
    "an error as JSON": codex.readable,
    "changes of files": changed,
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_takes_linear_time(name: str) -> None:
    for hostile in inputs.generic():
        assert not superlinear(TEXTS[name], hostile.text, hopeless=_LONG), hostile


@pytest.mark.parametrize("name", [name for name in TEXTS if "reads" not in name])
def test_a_megabyte_takes_linear_time(name: str) -> None:
    for unit in ("a", "\n", "[", "\b\x1b[31m"):
        assert not superlinear(TEXTS[name], inputs.Hostile((unit,)).text, size=1_000_000, floor=0.1, hopeless=_LONG), (
            unit
        )


@pytest.mark.parametrize("unit", ["a", "\r", "\x1b[", "\x1b]0;", "\b", "a\b", "\b\x1b[31m", "🙂", "a\x1b[A\r", " 10%"])
def test_reading_byte_by_byte_takes_linear_time(unit: str) -> None:
    assert not superlinear(split(1), inputs.Hostile((unit,)).text, size=12_000, hopeless=_LONG)


_SCROLLING = [
    "\x1b[S",
    "\x1b[T",
    "\x1bD",
    "\x1bM",
    "\x1b[99S",
    "\x1b[2;9r\x1b[9Hx\n",
    "x\n\x1b[2;9r",
    "\x1b[L",
    "\x1b[50L",
    "\x1b[M",
    "x\x1b[50M",
    "\x1b[Hx\x1b[L",
    "x\x1b[G\x1b[@",
    "\x1b[Gx\x1b[G\x1b[99@",
    "xy\x1b[G\x1b[P",
    "x\x1b[99b",
    "x\x1b[9999b",
    "\x1b[2J",
    "x\n\x1b[H\x1b[J",
    "\x1b[?1049hx\x1b[?1049l",
    "\x1b[50;120Hx",
    "\x1b[31mx\x1b[32m",
    "\x1b[31m\x1b[K",
    "x\x1b7\x1b[Hy\x1b8",
    "\x1b[?25l" + "x\n" * 9 + "\x1b[9A",
    "漢\x1b[G",
    "e\u0301\x1b[2b",
]


@pytest.mark.parametrize("unit", _SCROLLING)
@pytest.mark.parametrize("step", [32, 1_000_000])
def test_drawing_takes_linear_time(unit: str, step: int) -> None:
    # The sequences that fill the screen cost what that costs each time; the number of them is what grows.
    size = 48_000 // (40 if "9999" in unit else 1)
    assert not superlinear(split(step), inputs.Hostile((unit,)).text, size=size, hopeless=_LONG)


# Many things one after the other


def texts(count: int) -> None:
    rows = TextRows(lambda: 1)
    for _ in range(count):
        rows.delta("a", "answer", "a few words of it")
    rows.whole("a", "answer", "another")


def blocks(count: int) -> None:
    found = Blocks(ToolRows(lambda: 1), TextRows(lambda: 1))
    for number in range(count):
        found.begin_message(f"m{number}", None)
        found.more(0, {"type": "text_delta", "text": "a"}, None)
        found.whole(f"m{number}", {"type": "text", "text": "b"}, None)


def blocks_of_one_message(count: int) -> None:
    found = Blocks(ToolRows(lambda: 1), TextRows(lambda: 1))
    for number in range(count):
        found.more(number, {"type": "text_delta", "text": "a"}, None)
        found.whole("message", {"type": "text", "text": f"b{number}"}, None)


def plans(count: int) -> None:
    steps = PlanSteps()
    for word in "ab":
        steps.todos([(f"{word}{number}", "pending", None) for number in range(count)])


def todos(count: int) -> None:
    reports = [TodoReport(content=f"a{number}") for number in range(count)]
    plan = TodoList()
    plan.replace(reports)
    plan.replace(reports[::-1])


def open_steps(count: int) -> None:
    plan = TodoList()
    for number in range(count):
        plan.start(StepStarted(at=1, step=f"a{number}", content="a"))
    for number in range(count):
        plan.start(StepStarted(at=1, step=f"b{number}", content="b"))
        plan.end(StepEnded(at=1, step=f"b{number}"))


def tasks(count: int) -> None:
    plan = ClaudeTodos({})
    for number in range(count):
        plan.succeeded("TaskCreate", {"subject": "a"}, f"Task #{number} created", None)


def usage(count: int) -> None:
    used = ClaudeUsage(())
    for number in range(count):
        used.message(str(number), {"input_tokens": 1})
        assert used.figures


def background(count: int) -> None:
    agents = BackgroundAgents(ToolRows(lambda: 1))
    begun = {"subtype": "task_started", "is_backgrounded": True, "task_type": "local_agent"}
    for number in range(count):
        agents.told({**begun, "task_id": number, "tool_use_id": f"{number}"})
        agents.has("another")


def rejected(count: int) -> None:
    message = {"tool_result_meta": [{"id": f"{number}"} for number in range(count)]}
    results = [{"type": "tool_result", "tool_use_id": f"{number}", "is_error": True} for number in range(count)]
    line = {"type": "user", "message": {"content": results}, **message}
    ClaudeSession(order(), lambda: 1).feed(json.dumps(line))
    claude_results.rejected_calls(message)


def joined(count: int) -> None:
    points: list[Any] = [MetricEvent(at=1, name="a", points=[(1, 1, 1)]) for _ in range(count)]
    join_points(points)
    events: list[Event] = [LogEvent(at=1, first=1, lines=[("stdout", "a")]) for _ in range(count)]
    events += [TextEvent(at=1, id="a", kind="answer", delta="a") for _ in range(count)]
    coalesce(Draft(event) for event in events)


def folded(count: int) -> None:
    builder = StateBuilder(initial_state(id="a", owner="a", kind="command", created_at=1))
    for number in range(count):
        builder.apply(LogEvent(at=1, first=number + 1, lines=[("stdout", "a")]))
        builder.apply(TextEvent(at=1, id="a", kind="answer", delta="a"))
        builder.apply(MetricEvent(at=1, name="a", points=[(number, 1, 1)]))
    builder.state()


def bars(count: int) -> None:
    of = "".join(
        f"\rpart {number}: {number % 100:3}%|##   | {number}/{count} [00:01<00:02, 3it/s]" for number in range(count)
    )
    printed(4096)(of)


LOOPS: Final = {
    each.__name__: each
    for each in (texts, blocks, blocks_of_one_message, plans, todos, open_steps, tasks, usage, background, rejected)
} | {each.__name__: each for each in (joined, folded, bars)}


@pytest.mark.parametrize("name", LOOPS)
def test_many_things_take_linear_time(name: str) -> None:
    size = 80_000 if name == "texts" else 4_000
    assert not superlinear(LOOPS[name], lambda count: count, size=size, floor=0.01, hopeless=_LONG)


# What long input must not do


@pytest.mark.parametrize("session", [ClaudeSession, CodexSession])
@pytest.mark.parametrize("depth", [250, 900, 5_000, 100_000])
def test_a_line_nested_deep_is_not_understood(session: type[ClaudeSession | CodexSession], depth: int) -> None:
    line = f'{{"type":"user","method":{"[" * depth}{"]" * depth}}}'
    (event,) = session(order(), lambda: 1).feed(line).events
    assert isinstance(event, LogEvent)
    assert event.lines[0][1].startswith('{"type":"user"')
    assert codex.readable("[" * depth) == "[" * depth


def test_numbers_of_thousands_of_digits_are_none() -> None:
    plan, digits = ClaudeTodos({}), "1" * 5_000
    plan.succeeded("TaskCreate", {"subject": "a"}, f"Task #{digits} created", None)
    assert [todo.content for todo in plan.todos] == ["a"]
    (event,) = CodexSession(order(), lambda: 1).feed(codex_error(f"Reconnecting... {digits}/5")).events
    assert isinstance(event, ProgressEvent)


def test_past_the_tasks_that_a_state_holds_further_ones_change_nothing() -> None:
    plan = ClaudeTodos({})
    for number in range(600):
        plan.succeeded("TaskCreate", {"subject": f"a{number}"}, f"Task #{number} created", None)
    assert plan.succeeded("TaskUpdate", {"taskId": "1", "status": "completed"}, "", None)
    assert not plan.succeeded("TaskUpdate", {"taskId": "900", "status": "completed"}, "", None)
    assert len(plan.todos) == 500


def test_colours_that_wait_for_a_character_are_bounded() -> None:
    splitter = LineSplitter()
    for _ in range(10_000):
        splitter.feed(b"\b\x1b[31m")
    lines = splitter.feed(b"\x1b[32mx\n").lines
    assert [*lines, *splitter.finish().lines] == ["\x1b[32mx\x1b[0m"]


# The same results as before


@pytest.mark.parametrize(
    ("line", "label", "current", "unit"),
    [
        ("12it [00:03, 4.0it/s]", "", 12, "it"),
        ("load: 12it [00:03, 4.0it/s]", "load", 12, "it"),
        ("a: b: 1.5MB [1:00:03, 2.00s/B]", "a: b", 1_500_000, "B"),
        ("1it [00:01, a: 2it [00:02, 3it/s]", "1it [00:01, a", 2, "it"),
    ],
)
def test_a_bar_without_a_total_is_read(line: str, label: str, current: float, unit: str) -> None:
    bar = read_bar(line)
    assert bar is not None
    assert (bar.label, bar.current, bar.unit) == (label, current, unit)
