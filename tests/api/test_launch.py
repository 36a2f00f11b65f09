from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

import buildwidget as bw
from buildwidget.comm_actions import perform
from buildwidget.store.errors import NotFound
from tests.waiting import wait_until

WAIT = 30


def test_a_command_runs_and_is_read_back(data: Path) -> None:
    build = bw.launch("echo one; echo two", name="count", project="demo", tags=["a"])
    assert build.wait(timeout=WAIT) is build
    info = build.info
    assert (info.status, info.percent, info.exit_code) == ("succeeded", 100, 0)
    assert (info.name, info.project, info.kind, info.tags) == ("count", "demo", "command", ["a"])
    assert build.log() == "one\ntwo"
    assert build.log(tail=1) == "two"
    assert build.result() is None
    events = list(build.events())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert list(build.events(after=events[-2].seq)) == events[-1:]


def test_words_are_taken_as_they_are(data: Path) -> None:
    build = bw.launch(["echo", "$HOME", "a  b"], env={"HOME": "/nowhere"})
    build.wait(timeout=WAIT)
    assert build.log() == "$HOME a  b"
    assert build.name == "echo $HOME a b"


def test_environment_and_directory(data: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    build = bw.launch("echo $COLOUR in $PWD", env={"COLOUR": "green"}, cwd="inner")
    build.wait(timeout=WAIT)
    assert build.log() == f"green in {tmp_path / 'inner'}"


def test_a_callable_gives_its_result(data: Path) -> None:
    build = bw.launch(divmod, 17, 5)
    assert build.result(timeout=WAIT) == (3, 2)
    assert bw.attach(build.id).result() == (3, 2)
    assert build.name == "divmod"


def test_a_callable_raises_its_exception(data: Path) -> None:
    def fail() -> None:
        raise KeyError("the key is under the mat")

    build = bw.launch(fail)
    with pytest.raises(KeyError, match="under the mat"):
        build.result(timeout=WAIT)
    assert build.status == "failed"
    assert build.error is not None
    assert build.error.kind == "KeyError"
    assert "raise KeyError" in (build.error.traceback or "")


def test_a_failing_command_says_so(data: Path) -> None:
    build = bw.launch("exit 3")
    with pytest.raises(bw.BuildFailed, match=r"failed: .*3"):
        build.result(timeout=WAIT)
    assert build.exit_code == 3


def test_a_callable_has_no_keyboard(data: Path) -> None:
    build = bw.launch(functools.partial(input, "name? "))
    build.wait(timeout=WAIT)
    assert build.status == "failed"
    assert build.error is not None
    assert "keyboard" in build.error.message


def test_a_key_attaches_while_it_runs_and_not_after(data: Path, tmp_path: Path) -> None:
    line = "while [ ! -e go ]; do sleep 0.02; done"
    first = bw.launch(line, key="once")
    again = bw.launch(line, key="once")
    assert again.id == first.id
    with pytest.raises(bw.LaunchError, match="belongs to the active build") as caught:
        bw.launch("echo other", key="once")
    assert (caught.value.field, caught.value.code) == ("key", "key_taken")
    assert bw.launch("true", key="once", project="another").wait(timeout=WAIT).status == "succeeded"
    (tmp_path / "go").touch()
    first.wait(timeout=WAIT)
    assert bw.attach("once").id == first.id
    assert bw.launch(line, key="once", reuse="succeeded").id == first.id
    later = bw.launch(line, key="once")
    assert later.id != first.id
    later.wait(timeout=WAIT)


def test_nothing_is_stored_of_a_bad_request(data: Path) -> None:
    lock = threading.Lock()
    for work in ("no-such-program-here", lock.acquire):
        with pytest.raises(bw.LaunchError):
            bw.launch(work)
    with pytest.raises(bw.LaunchError, match="epochs"):
        bw.launch("echo", epochs=3)
    with pytest.raises(bw.LaunchError, match=r"[Pp]ython"):
        bw.launch("echo", python="/no/such/python")
    with pytest.raises(bw.LaunchError, match="reuse"):
        bw.launch("echo", reuse="failed", key="k")  # type: ignore[arg-type] - wrong on purpose
    assert bw.builds() == []
    assert not list((data / "builds").glob("*"))


def test_cancel_ends_the_whole_tree(data: Path, tmp_path: Path) -> None:
    build = bw.launch("(setsid sleep 1000 &) ; sleep 1000 & echo $! > pid; echo started; wait")
    wait_until((tmp_path / "pid").exists, timeout=WAIT, what="the build to start")
    build.cancel()
    build.wait(timeout=WAIT)
    assert build.status == "cancelled"
    marked = [
        process.info["cmdline"]
        for process in psutil.process_iter(["environ", "status", "cmdline"])
        if (process.info["environ"] or {}).get("BUILDWIDGET_BUILD_ID") == build.id
        and process.info["status"] != psutil.STATUS_ZOMBIE  # only its parent can bury it
        and "buildwidget.runner" not in process.info["cmdline"]  # which is just leaving
    ]
    assert marked == []
    build.cancel()  # an ended build takes it without a word


def test_retry_is_a_new_build_of_the_same_spec(data: Path, tmp_path: Path) -> None:
    build = bw.launch("test -e fixed && echo fixed", name="check", project="demo", key="check")
    build.wait(timeout=WAIT)
    assert build.status == "failed"
    (tmp_path / "fixed").touch()
    again = build.retry()
    assert again.wait(timeout=WAIT).status == "succeeded"
    assert again.info.retry_of == build.id
    assert (again.name, again.project, again.info.key) == ("check", "demo", "check")
    function = bw.launch(divmod, 7, 2)
    function.wait(timeout=WAIT)
    assert function.retry().result(timeout=WAIT) == (3, 1)


def test_a_retry_needs_the_secrets_it_had(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = bw.launch("echo token=$DEPLOY_TOKEN", env={"DEPLOY_TOKEN": "hunter2hunter2"})
    build.wait(timeout=WAIT)
    assert build.log() == "token=***"
    with pytest.raises(bw.LaunchError, match="DEPLOY_TOKEN") as caught:
        build.retry()
    assert caught.value.code == "secret_missing"
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2hunter2")
    assert build.retry().wait(timeout=WAIT).log() == "token=***"
    for file in data.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file


def test_a_command_that_holds_a_secret_runs_with_it_and_is_stored_without(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "hunter2hunter2")
    line = bw.launch("test hunter2hunter2 = $DEPLOY_TOKEN && echo same", name="deploy hunter2hunter2")
    words = bw.launch(["sh", "-c", 'test "$0" = "$DEPLOY_TOKEN"', "hunter2hunter2"])
    assert line.wait(timeout=WAIT).log() == "same"
    assert words.wait(timeout=WAIT).status == "succeeded"
    assert words.retry().wait(timeout=WAIT).status == "succeeded"
    assert line.name == "deploy ***"
    for file in data.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file


def test_lists(data: Path) -> None:
    builds = [bw.launch("true", name=f"build <{number}>", project="demo") for number in range(3)]
    for build in builds:
        build.wait(timeout=WAIT)
    listed = bw.builds(status="succeeded", project="demo")
    assert [build.id for build in listed] == [build.id for build in reversed(builds)]
    assert bw.builds(status="running") == []
    assert bw.builds(project="none") == []
    assert len(bw.builds(limit=2)) == 2
    table = listed._repr_html_()
    assert "build &lt;0&gt;" in table
    assert "<table>" in table


def test_several_statuses_are_taken(data: Path) -> None:
    good, bad = bw.launch("true").wait(timeout=WAIT), bw.launch("false").wait(timeout=WAIT)
    both = ["succeeded", "failed"]
    for statuses in (both, tuple(both), set(both), frozenset(both), iter(both), dict.fromkeys(both)):
        assert {build.id for build in bw.builds(status=statuses)} == {good.id, bad.id}
    assert bw.builds(status=[]) == []
    assert [build.id for build in bw.builds(status=["failed"])] == [bad.id]
    assert len(bw.builds(limit=10**30)) == 2


@pytest.mark.parametrize(
    ("filters", "kind", "said"),
    [
        ({"status": "nonsense"}, ValueError, "no status 'nonsense': a build is queued, running, succeeded, failed"),
        ({"status": ["running", "nonsense"]}, ValueError, "no status 'nonsense'"),
        ({"status": ["running", None]}, ValueError, "no status None"),
        ({"status": "failed,lost"}, ValueError, "no status 'failed,lost'"),
        ({"status": "Running"}, ValueError, "no status 'Running'"),
        ({"status": ""}, ValueError, "no status ''"),
        ({"status": [["running"]]}, ValueError, "no status"),
        ({"status": 3}, TypeError, "status is a string or several, not int"),
        ({"status": b"running"}, TypeError, "status is a string or several, not bytes"),
        ({"project": 3}, TypeError, "project is a string, not int"),
        ({"project": ["a"]}, TypeError, "project is a string, not list"),
        ({"project": " "}, ValueError, "project is empty"),
        ({"q": 3}, TypeError, "q is a string, not int"),
        ({"q": ""}, ValueError, "q is empty"),
        ({"limit": 0}, ValueError, "limit is 1 or more, not 0"),
        ({"limit": -1}, ValueError, "limit is 1 or more, not -1"),
        ({"limit": "5"}, TypeError, "limit is a whole number, not str"),
        ({"limit": 2.5}, TypeError, "limit is a whole number, not float"),
        ({"limit": True}, TypeError, "limit is a whole number, not bool"),
        ({"limit": None}, TypeError, "limit is a whole number, not NoneType"),
    ],
)
def test_a_filter_that_cannot_be_is_an_error(filters: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        bw.builds(**filters)


def test_attaching_to_nothing_says_so(data: Path) -> None:
    with pytest.raises(NotFound, match="no-such-build"):
        bw.attach("no-such-build")


def test_a_deleted_build_is_gone(data: Path) -> None:
    for delete in (bw.Build.delete, lambda build: perform(build, "remove", {})):
        build = bw.launch(len, "abc")
        build.wait(timeout=WAIT)
        directory = data / "builds" / build.id
        assert (directory / "callable.pkl").exists()
        delete(build)
        assert not directory.exists()
        assert bw.builds() == []
        assert "deleted" in repr(build)
