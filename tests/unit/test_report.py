"""What a program reports, and that reporting never harms it."""

from __future__ import annotations

import asyncio
import os
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buildwidget import report
from buildwidget.protocol.events import ArtifactEvent, MetricEvent, ProgressEvent, TextEvent, ToolEvent, UsageEvent
from buildwidget.reporting.messages import DisplayReport, LogReport, StepEnded, StepStarted, TodosReport
from tests.unit.reporting.recording import Recorder


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.delenv("BUILDWIDGET_REPORT_SOCKET", raising=False)
    monkeypatch.setattr(report, "_warned", False)
    recorder = Recorder()
    with report.use_sink(recorder):
        yield recorder


def only(sink: Recorder) -> Any:
    assert len(sink.messages) == 1
    return sink.messages[0]


def test_outside_a_build_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDWIDGET_REPORT_SOCKET", raising=False)
    report.todos(["a"])
    report.metric("loss", 1)
    report.show(object())
    with report.step("s"), report.tool("t"):
        pass
    assert list(report.tqdm(range(3))) == [0, 1, 2]
    assert report.flush()


def test_a_runner_that_is_gone_is_nobody_to_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("buildwidget.reporting.sinks._socket", None)
    monkeypatch.setenv("BUILDWIDGET_REPORT_SOCKET", str(tmp_path / "none"))
    report.metric("loss", 1)
    assert not report.flush()
    report.metric("loss", 2)


def test_todos_take_texts_and_dicts(sink: Recorder) -> None:
    report.todos(["plan", {"content": "build", "status": "in_progress", "active_form": "Building", "id": 7}])
    message = only(sink)
    assert isinstance(message, TodosReport)
    assert [(todo.content, todo.status, todo.active_form, todo.id) for todo in message.todos] == [
        ("plan", None, None, None),
        ("build", "in_progress", "Building", "7"),
    ]


def test_a_step_begins_and_ends_within_its_parent(sink: Recorder) -> None:
    with report.step("outer"), report.step("inner", active_form="Inner-ing"):
        pass
    outer, inner, inner_end, outer_end = sink.messages
    assert isinstance(outer, StepStarted)
    assert isinstance(inner, StepStarted)
    assert (outer.parent, inner.parent, inner.active_form) == (None, outer.step, "Inner-ing")
    assert inner_end == StepEnded(at=inner_end.at, step=inner.step)  # type: ignore[union-attr]  # a StepEnded
    assert outer_end == StepEnded(at=outer_end.at, step=outer.step)  # type: ignore[union-attr]  # a StepEnded


def test_a_step_left_by_an_exception_failed_and_lets_it_through(sink: Recorder) -> None:
    with pytest.raises(KeyError), report.step("s"):
        raise KeyError
    end = sink.messages[-1]
    assert isinstance(end, StepEnded)
    assert end.failed


def test_a_step_decorates(sink: Recorder) -> None:
    @report.step("work")
    def work(depth: int) -> int:
        return depth if depth == 0 else work(depth - 1)

    assert work(1) == 0
    assert [type(message) for message in sink.messages] == [StepStarted, StepStarted, StepEnded, StepEnded]
    assert len({message.step for message in sink.messages}) == 2  # type: ignore[union-attr]  # steps, as just asserted


@pytest.mark.parametrize(
    ("arguments", "done"),
    [(((1, 2), {}), False), (((2, 2), {}), True), (((5,), {}), False), (((1, 2), {"done": True}), True)],
)
def test_progress_is_done_at_its_total(sink: Recorder, arguments: Any, done: bool) -> None:
    args, kwargs = arguments
    report.progress(*args, label="copy", unit="files", **kwargs)
    message = only(sink)
    assert isinstance(message, ProgressEvent)
    assert (message.id, message.label, message.unit, message.done) == ("copy", "copy", "files", done)


class Scalar:
    """Like a NumPy or torch scalar."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        return self.value


@pytest.mark.parametrize(
    ("given", "kept"),
    [(1, 1), (0.5, 0.5), (True, 1), (Scalar(0.25), 0.25), (Scalar(3), 3), (2**60, float(2**60))],
)
def test_metrics_take_any_number(sink: Recorder, given: Any, kept: float) -> None:
    report.metric("loss", given, step=3)
    message = only(sink)
    assert isinstance(message, MetricEvent)
    assert message.points == [(3, kept, message.at)]


def test_what_is_no_number_warns_once_and_the_work_goes_on(sink: Recorder) -> None:
    with pytest.warns(RuntimeWarning, match="metric could not report: TypeError"):
        report.metric("loss", "high")  # type: ignore[arg-type]  # the mistake under test
    report.metric("loss", None)  # type: ignore[arg-type]  # the mistake under test
    report.metric("loss", 1)
    assert len(sink.messages) == 1


def test_even_a_warning_that_is_an_error_does_not_reach_the_program(sink: Recorder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report.todos(5)  # type: ignore[arg-type]  # the mistake under test
    assert sink.messages == []


def test_an_artifact_tells_its_size_and_type(sink: Recorder, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("{}")
    report.artifact(file)
    assert only(sink) == ArtifactEvent(
        at=only(sink).at, name="model.json", path=str(file), mime="application/json", size=2
    )


def test_show_sends_the_content(sink: Recorder) -> None:
    report.show("hello", title="A text", id="x")
    message = only(sink)
    assert message == DisplayReport(at=message.at, id="x", mime="text/plain", content=b"hello", title="A text")


def test_log_text_and_usage(sink: Recorder) -> None:
    report.log("a\nb", stream="stderr")
    report.text("so", id="t", kind="plan")
    report.text(" on", id="t", kind="plan", append=True)
    report.usage(input_tokens=3, cost_usd=0.5)
    log, whole, delta, usage = sink.messages
    assert isinstance(log, LogReport)
    assert (log.text, log.stream) == ("a\nb", "stderr")
    assert isinstance(whole, TextEvent)
    assert isinstance(delta, TextEvent)
    assert (whole.text, whole.delta, delta.text, delta.delta) == ("so", None, None, " on")
    assert isinstance(usage, UsageEvent)
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (3, None, 0.5)


def test_a_tool_runs_and_ends_with_its_output(sink: Recorder) -> None:
    with report.tool("outer", input={"a": 1}) as outer, report.tool("inner") as inner:
        inner.output = [1, 2]
    events = [message for message in sink.messages if isinstance(message, ToolEvent)]
    assert [(event.id, event.state) for event in events] == [
        (outer.id, "running"),
        (inner.id, "running"),
        (inner.id, "succeeded"),
        (outer.id, "succeeded"),
    ]
    assert (events[0].name, events[0].input, events[0].parent) == ("outer", {"a": 1}, None)
    assert (events[1].parent, events[2].output) == (outer.id, [1, 2])


def test_a_tool_left_by_an_exception_fails_with_it(sink: Recorder) -> None:
    with pytest.raises(ValueError, match="no"), report.tool("t"):
        raise ValueError("no")
    end = sink.messages[-1]
    assert isinstance(end, ToolEvent)
    assert (end.state, end.output) == ("failed", "ValueError: no")


def test_a_thread_reports_to_the_sink_of_its_process(sink: Recorder) -> None:
    thread = threading.Thread(target=report.metric, args=("loss", 1))
    thread.start()
    thread.join()
    assert isinstance(only(sink), MetricEvent)


def test_two_tasks_report_to_their_own_sinks() -> None:
    async def tracked(name: str, sink: Recorder, both: Callable[[], Awaitable[None]]) -> None:
        with report.use_sink(sink):
            await both()
            report.metric(name, 1)
            await both()

    async def main() -> None:
        met = 0
        changed = asyncio.Condition()

        async def both() -> None:
            nonlocal met
            async with changed:
                met += 1
                target = (met + 1) // 2 * 2
                changed.notify_all()
                await changed.wait_for(lambda: met >= target)

        await asyncio.gather(tracked("a", first, both), tracked("b", second, both))

    first, second = Recorder(), Recorder()
    asyncio.run(main())
    assert [only(first).name, only(second).name] == ["a", "b"]


def test_a_closed_sink_gets_nothing_more() -> None:
    recorder = Recorder()
    use = report.use_sink(recorder)
    use.close()
    use.close()
    report.metric("loss", 1)
    assert recorder.messages == []


def test_a_fork_drops_the_sink(sink: Recorder) -> None:
    child = os.fork()
    if child == 0:
        report.metric("loss", 1)
        os._exit(len(sink.messages))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
