from __future__ import annotations

import asyncio
import base64
import os
import signal
import threading
import warnings
from pathlib import Path

import psutil
import pytest

import buildwidget as bw
from buildwidget import report
from buildwidget.comm_actions import perform
from buildwidget.store.errors import NotFound
from buildwidget.widget import MIME_TYPE, BuildWidget, display_bundle
from tests.waiting import wait_until

GATE = "echo waiting; while [ ! -e go ]; do sleep 0.02; done; echo done"
WAIT = 30


def test_a_wait_that_runs_out_leaves_the_build_running(data: Path, tmp_path: Path) -> None:
    build = bw.launch(GATE)
    with pytest.raises(TimeoutError, match=r"has not ended after 0\.2 s"):
        build.wait(timeout=0.2)
    assert build.status in ("queued", "running")
    (tmp_path / "go").touch()
    assert build.wait(timeout=WAIT).status == "succeeded"


async def test_await_leaves_the_loop_free(data: Path, tmp_path: Path) -> None:
    build = await asyncio.to_thread(bw.launch, GATE)
    waiting = asyncio.ensure_future(_awaited(build))
    await asyncio.sleep(0)
    assert not waiting.done()
    (tmp_path / "go").touch()
    assert (await asyncio.wait_for(waiting, WAIT)) is build
    assert build.status == "succeeded"


async def _awaited(build: bw.Build) -> bw.Build:
    return await build


def test_changes_are_told_until_the_end(data: Path, tmp_path: Path) -> None:
    build = bw.launch(GATE)
    seen: list[str] = []
    ended = threading.Event()

    def changed(changed_build: bw.Build) -> None:
        assert changed_build is build
        seen.append(changed_build.status)
        if changed_build.done:
            ended.set()

    build.on_change(changed)
    wait_until(lambda: "running" in seen, timeout=WAIT, what="the first change")
    (tmp_path / "go").touch()
    assert ended.wait(WAIT)
    assert seen[-1] == "succeeded"


def test_a_callback_that_fails_ends_nothing(data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    build = bw.launch(GATE)
    build.on_change(lambda _: 1 / 0)
    (tmp_path / "go").touch()
    assert build.wait(timeout=WAIT).status == "succeeded"
    wait_until(lambda: "division by zero" in caplog.text, what="the callback's error in the log")


def test_a_stopped_callback_hears_no_more(data: Path, tmp_path: Path) -> None:
    build = bw.launch(GATE)
    seen: list[int] = []
    stop = build.on_change(lambda _: seen.append(1))
    wait_until(lambda: seen, timeout=WAIT, what="the first change")
    stop()
    before = len(seen)
    (tmp_path / "go").touch()
    build.wait(timeout=WAIT)
    assert len(seen) <= before + 1  # one may have been under way


def test_waiting_for_a_build_whose_runner_was_killed_ends(data: Path) -> None:
    build = bw.launch("sleep 1000")
    wait_until(lambda: build.status == "running", timeout=WAIT, what="the build to run")
    runner = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if "buildwidget.runner" in (process.info["cmdline"] or []) and build.id in process.info["cmdline"]
    )
    os.kill(runner.pid, signal.SIGKILL)
    assert build.wait(timeout=WAIT).status == "lost"
    assert build.error is not None
    assert build.error.kind == "lost"


def test_waiting_for_a_deleted_build_says_so(data: Path) -> None:
    build = bw.launch("true")
    build.wait(timeout=WAIT)
    build.delete()
    with pytest.raises(NotFound):
        build.wait(timeout=WAIT)


def test_track_reports_the_block(data: Path) -> None:
    with bw.track("training", project="demo", key="t") as build:
        assert build.status == "running"
        with report.step("Load"):
            report.metric("loss", 0.5, step=1)
        report.progress(3, 4, label="epoch")
        assert bw.attach("t").id == build.id
    assert (build.status, build.percent, build.kind) == ("succeeded", 100, "track")
    assert [todo.status for todo in build.todos] == ["completed"]
    assert build.metrics["loss"].points[0][:2] == (1, 0.5)


def test_track_tells_how_the_block_ended(data: Path) -> None:
    with pytest.raises(ZeroDivisionError), bw.track("breaks") as broken:
        1 / 0  # noqa: B018 - it is to raise
    assert broken.status == "failed"
    assert broken.error is not None
    assert broken.error.kind == "ZeroDivisionError"
    with pytest.raises(KeyboardInterrupt), bw.track("interrupted") as interrupted:
        raise KeyboardInterrupt
    assert interrupted.status == "cancelled"


def test_track_masks_secrets(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2hunter2")
    with pytest.raises(RuntimeError), bw.track("secretive") as build:  # noqa: PT012 - the block is what is tested
        report.log("the token is hunter2hunter2")
        report.text("hunter2", append=True)
        report.text("hunter2!", append=True)
        raise RuntimeError("no hunter2hunter2 here")
    assert build.log() == "the token is ***"
    assert build.error is not None
    assert build.error.message == "no *** here"
    for file in data.rglob("*"):
        assert not file.is_file() or b"hunter2hunter2" not in file.read_bytes(), file


def test_a_tracked_key_with_a_secret_is_stored_without_and_found_with_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2hunter2")
    Path("hunter2hunter2.bin").write_text("weights")
    with bw.track("t hunter2hunter2", project="p hunter2hunter2", key="k-hunter2hunter2", tags=["hunter2hunter2"]) as b:
        report.artifact("hunter2hunter2.bin")
    found = bw.attach("k-hunter2hunter2", project="p hunter2hunter2")
    assert found.id == bw.attach("k-hunter2hunter2").id == b.id
    assert [each.id for each in bw.builds(project="p hunter2hunter2")] == [b.id]
    assert (found.name, found.project, found.info.key) == ("t ***", "p ***(DEPLOY_TOKEN)", "k-***(DEPLOY_TOKEN)")
    assert [row.path for row in found.artifacts] == ["***.bin"]
    content = perform(found, "artifact", {"index": 0})
    assert base64.b64decode(content["base64"]) == b"weights"
    for file in data.rglob("*"):
        assert not file.is_file() or b"hunter2hunter2" not in file.read_bytes(), file


def test_cancelling_a_tracked_block_interrupts_it(data: Path) -> None:
    forever = threading.Event()
    with pytest.raises(KeyboardInterrupt), bw.track("long") as build:  # noqa: PT012 - the block is what is tested
        build.cancel()
        forever.wait(WAIT)
    assert build.status == "cancelled"
    assert [event.cancelling for event in build.events() if getattr(event, "cancelling", None)] == [True]


def test_a_fork_of_a_tracking_process_writes_nothing(data: Path) -> None:
    with bw.track("forks") as build:
        report.metric("parent", 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks of threaded processes
            pid = os.fork()
        if pid == 0:
            report.metric("child", 1)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    assert build.status == "succeeded"
    assert list(build.metrics) == ["parent"]


def test_the_widgets_traits_follow_without_a_browser(data: Path, tmp_path: Path) -> None:
    build = bw.launch("echo '[ 50%] half'; while [ ! -e go ]; do sleep 0.02; done")
    widget = BuildWidget(build)
    assert (widget.build_id, widget.database) == (build.id, build.store.database_id)
    wait_until(lambda: widget.status == "running" and widget.percent == 50, timeout=WAIT, what="half in the traits")
    (tmp_path / "go").touch()
    wait_until(
        lambda: (widget.status, widget.percent) == ("succeeded", 100), timeout=WAIT, what="the end in the traits"
    )
    widget.close()


def test_the_output_is_the_same_at_every_run(data: Path) -> None:
    bundles = []
    for _ in range(2):
        build = bw.launch("true", name="<same>")
        build.wait(timeout=WAIT)
        content, metadata = display_bundle(build)
        assert metadata[MIME_TYPE] == {"build": build.id, "database": build.store.database_id}
        content.pop("application/vnd.jupyter.widget-view+json", None)
        bundles.append(content)
    assert bundles[0] == bundles[1]
    assert bundles[0]["text/html"] == "<p>Build &#x27;&lt;same&gt;&#x27; (command)</p>"


def test_without_a_server_extension_frames_come_over_the_comm(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUILDWIDGET_OWNER")
    frames: list[dict[str, object]] = []
    monkeypatch.setattr(BuildWidget, "send", lambda self, content, buffers=None: frames.append(content))
    build = bw.launch(GATE)
    widget = BuildWidget(build)
    wait_until(lambda: frames, timeout=WAIT, what="the first frame")
    assert frames[0]["type"] == "snapshot"
    (tmp_path / "go").touch()
    wait_until(lambda: widget.status == "succeeded", timeout=WAIT, what="the end")
    assert {frame["type"] for frame in frames} >= {"snapshot", "batch"}
    last = [frame for frame in frames if frame["type"] == "batch"][-1]
    assert last["to"] == build.info.head
    widget.close()


def test_a_page_acts_over_the_comm(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATABASE_URL", f"sqlite:///{data}/builds.db")
    answers: list[dict[str, object]] = []
    monkeypatch.setattr(BuildWidget, "send", lambda self, content, buffers=None: answers.append(content))
    build = bw.launch("echo hello")
    build.wait(timeout=WAIT)
    widget = BuildWidget(build)
    for number, (action, args) in enumerate([("log", {"after": 0}), ("nonsense", {}), ("tool", {"id": "none"})]):
        message = {"type": "action", "n": number, "action": action, "args": args}
        widget._msg_callbacks(widget, message, [])
    assert answers[0]["ok"] is True
    assert answers[0]["result"]["lines"] == [(1, "stdout", "hello")]  # type: ignore[index] - JSON
    assert [answer["ok"] for answer in answers] == [True, False, False]
    widget._msg_callbacks(widget, {"type": "subscribe", "build": build.id}, [])
    wait_until(lambda: any(answer["type"] == "snapshot" for answer in answers), timeout=WAIT, what="a snapshot")
    widget.close()
