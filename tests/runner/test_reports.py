"""Reports of real processes: in order, from children and forks, and nothing dropped."""

from __future__ import annotations

import sys
from pathlib import Path

from buildwidget.protocol.codec import decode_event
from buildwidget.protocol.events import MetricEvent, TextEvent, TodosEvent
from tests.runner.builds import Builds

FAMILY = """
import os, subprocess, sys, multiprocessing
from buildwidget import report

def child(step):
    report.metric("m", step, step=step)

if __name__ == "__main__":
    report.todos(["Load data", "Train"])
    with report.step("Load data"):
        report.metric("m", 0, step=0)
        if os.fork() == 0:
            report.metric("m", 1, step=1)
            os._exit(0)
        os.wait()
        report.metric("m", 2, step=2)
        subprocess.run([sys.executable, "-c",
            "from buildwidget import report\\nfor i in (3, 4): report.metric('m', i, step=i)"], check=True)
        report.metric("m", 5, step=5)
        process = multiprocessing.get_context("fork").Process(target=child, args=(6,))
        process.start(); process.join()
        report.metric("m", 7, step=7)
    with report.step("Train"), report.tool("fit", input={"epochs": 2}) as call:
        for epoch in report.tqdm(range(2), desc="epoch"):
            report.metric("loss", float("nan") if epoch else 0.5, step=epoch)
        call.output = "fitted"
    report.show({"a": 1}, title="parameters")
    open("model.bin", "wb").write(b"123")
    report.artifact("model.bin", name="model")
    report.log("done")
"""


def test_a_family_of_processes_reports_in_order(builds: Builds, tmp_path: Path) -> None:
    script = tmp_path / "family.py"
    script.write_text(FAMILY)
    state = builds.wait_for(builds.command([sys.executable, str(script)], cwd=str(tmp_path)))
    assert state.error is None
    metrics = {metric.name: metric for metric in state.metrics}
    assert [step for step, _, _ in metrics["m"].points] == list(range(8))
    assert [value for _, value, _ in metrics["loss"].points] == [0.5, "NaN"]
    assert [(todo.content, todo.status) for todo in state.todos] == [("Load data", "completed"), ("Train", "completed")]
    assert [(tool.name, tool.state, tool.input, tool.output, tool.todo) for tool in state.tools] == [
        ("fit", "succeeded", {"epochs": 2}, "fitted", state.todos[1].id)
    ]
    assert [(bar.label, bar.current, bar.total, bar.done) for bar in state.progress] == [("epoch", 2, 2, True)]
    assert [(display.title, display.mime) for display in state.displays] == [("parameters", "application/json")]
    assert builds.store.display(state.id, state.displays[0].id) == ("application/json", b'{"a":1}')
    assert [(each.name, each.path, each.size) for each in state.artifacts] == [("model", "model.bin", 3)]
    assert [text for _, text in state.log.lines] == ["done"]


def test_a_process_that_is_killed_has_reported_what_it_reported(builds: Builds) -> None:
    state = builds.wait_for(
        builds.python(
            "import os, time\n"
            "from buildwidget import report\n"
            "for i in range(5000): report.metric('m', i, step=i)\n"
            "report.flush()\n"
            "os.kill(os.getpid(), 9)"
        )
    )
    assert state.status == "failed"
    assert state.metrics[0].count == 5000


def test_reports_and_their_build_end_together(builds: Builds) -> None:
    build_id = builds.python(
        "from buildwidget import report\n"
        "for i in range(30_000): report.metric('m', i, step=i)\n"
        "report.text('the last word')"
    )
    state = builds.wait_for(build_id, timeout=40)
    assert state.status == "succeeded"
    assert state.metrics[0].count == 30_000
    assert state.texts[0].text == "the last word"
    events = [decode_event(event) for event in builds.store.events(build_id, limit=10_000).events]
    steps = [step for event in events if isinstance(event, MetricEvent) for step, _, _ in event.points]
    assert steps == list(range(30_000))
    assert isinstance(events[-2], TextEvent)
    assert not any(isinstance(event, TodosEvent) for event in events)
