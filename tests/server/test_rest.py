"""Every REST route, on a real server, against builds that this process writes into the same database."""

from __future__ import annotations

import json
import os
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest

from buildwidget.protocol.events import (
    ArtifactEvent,
    MetricEvent,
    PermissionEvent,
    StatusEvent,
    Todo,
    TodosEvent,
    ToolEvent,
)
from buildwidget.store.store import Store
from tests.server.jupyter_process import Client, JupyterServer
from tests.server.stored import StoredBuild, now
from tests.waiting import wait_until


def unique(prefix: str = "p") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


# The list


def test_the_list_shows_the_newest_first_and_pages_by_cursor(client: Client, store: Store) -> None:
    project = unique()
    ids = [StoredBuild(store, project=project, name=f"number {n}").id for n in range(5)]
    first = client.get("builds", project=project, limit=3).json()
    second = client.get("builds", project=project, limit=3, cursor=first["next_cursor"]).json()
    assert [build["id"] for build in first["builds"] + second["builds"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert first["builds"][0]["name"] == "number 4"
    assert first["builds"][0]["status"] == "queued"


def test_the_list_filters_by_status_and_text(client: Client, store: Store) -> None:
    project = unique()
    failed = StoredBuild(store, project=project, name="Landing page").end("failed").id
    lost = StoredBuild(store, project=project, name="other").end("lost").id
    running = StoredBuild(store, project=project, name="third").log("x").id
    assert _ids(client, project=project, status="failed") == [failed]
    assert _ids(client, project=project, status="failed,lost") == [lost, failed]
    assert _ids(client, project=project, status="running") == [running]
    repeated = client.get(f"builds?project={project}&status=failed&status=lost,running").json()["builds"]
    assert [build["id"] for build in repeated] == [running, lost, failed]
    assert _ids(client, project=project, q="LANDING") == [failed]
    assert _ids(client, project=project, q="no such thing") == []


def _ids(client: Client, **query: Any) -> list[str]:
    return [build["id"] for build in client.get("builds", **query).json()["builds"]]


def test_the_list_shows_only_the_owners_builds(client: Client, store: Store) -> None:
    project = unique()
    foreign = StoredBuild(store, owner="somebody-else", project=project)
    assert _ids(client, project=project) == []
    for path in ("", "/events", "/log", "/tools/t", "/displays/d", "/artifacts/0"):
        assert client.get(f"builds/{foreign.id}{path}").status == 404, path
    for action in ("cancel", "retry", "answer", "follow_up"):
        assert client.post(f"builds/{foreign.id}/{action}", {"decision": "allow"}).status == 404, action
    assert client.delete(f"builds/{foreign.id}").status == 404
    assert store.record(foreign.id).summary.status == "queued"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "ten"}, "limit"),
        ({"limit": "1e3"}, "limit"),
        ({"status": "broken"}, "status"),
        ({"cursor": "not a cursor"}, "cursor"),
        ({"cursor": f"{'1' * 5000}-a"}, "cursor"),
        ({"cursor": f"{'1' * 100}-a"}, "cursor"),
    ],
)
def test_a_bad_query_names_its_field(client: Client, query: dict[str, str], field: str) -> None:
    answer = client.get("builds", **query)
    assert (answer.status, answer.error["field"]) == (400, field)


@pytest.mark.parametrize("limit", ["0", "-5", "999999999999999999999"])
def test_a_limit_out_of_range_is_brought_into_it(client: Client, store: Store, limit: str) -> None:
    project = unique()
    StoredBuild(store, project=project)
    assert len(_ids(client, project=project, limit=limit)) == 1


# Hydration and events


def test_hydration_is_the_stored_state_with_its_cursor(client: Client, store: Store) -> None:
    build = StoredBuild(store).log("one", "two")
    stored = store.hydrate(build.id)
    answer = client.get(f"builds/{build.id}")
    body = answer.json()
    assert (body["build"], body["epoch"], body["seq"]) == (build.id, stored.epoch, stored.seq)
    assert stored.state in answer.body  # spliced, not written anew
    assert body["state"]["log"]["lines"] == [["stdout", "one"], ["stdout", "two"]]


def test_hydration_is_not_sent_again_to_who_has_it(client: Client, store: Store) -> None:
    build = StoredBuild(store).log("one")
    first = client.get(f"builds/{build.id}")
    tag = first.headers["etag"]
    assert tag == f'"{first.json()["epoch"]}:{first.json()["seq"]}"'
    again = client.get(f"builds/{build.id}", {"If-None-Match": f'"other", W/{tag}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    build.log("two", first=2)
    assert client.get(f"builds/{build.id}", {"If-None-Match": tag}).status == 200


def test_events_come_in_pages_of_the_stored_bytes(client: Client, store: Store) -> None:
    build = StoredBuild(store)
    for number in range(1, 8):
        build.log(f"line {number}", first=number)
    stored = store.events(build.id)
    seen: list[dict[str, Any]] = []
    while True:
        page = client.get(f"builds/{build.id}/events", after=len(seen), limit=4)
        body = page.json()
        assert b",".join(stored.events[body["from"] - 1 : body["to"]]) in page.body
        assert (body["from"], body["to"]) == (len(seen) + 1, len(seen) + len(body["events"]))
        assert (body["head"], body["epoch"]) == (stored.head, stored.epoch)
        if not body["events"]:
            break
        seen += body["events"]
    assert [event["seq"] for event in seen] == list(range(1, stored.head + 1))


def test_events_after_the_head_are_none(client: Client, store: Store) -> None:
    build = StoredBuild(store)
    body = client.get(f"builds/{build.id}/events", after=1000).json()
    assert (body["from"], body["to"], body["events"]) == (1001, 1000, [])
    assert client.get(f"builds/{build.id}/events", after="-3").json()["from"] == 1
    assert client.get(f"builds/{build.id}/events", after="x").error["field"] == "after"


# The log


def test_the_log_is_read_forwards_backwards_and_from_its_end(client: Client, store: Store) -> None:
    build = StoredBuild(store).log(*(f"line {n}" for n in range(1, 31)))
    path = f"builds/{build.id}/log"
    end = client.get(path, limit=5).json()
    assert (end["first"], end["last"], end["count"]) == (26, 30, 30)
    assert end["lines"][-1] == [30, "stdout", "line 30"]
    before = client.get(path, before=26, limit=5).json()
    assert [line[0] for line in before["lines"]] == [21, 22, 23, 24, 25]
    after = client.get(path, after=0, limit=2).json()
    assert after["lines"] == [[1, "stdout", "line 1"], [2, "stdout", "line 2"]]
    assert client.get(path, after=30).json()["lines"] == []
    found = client.get(path, after=0, q="LINE 1").json()
    assert [line[0] for line in found["lines"]] == [1, *range(10, 20)]
    assert [page["more"] for page in (end, before, after, found)] == [True, True, True, False]
    assert client.get(path, before="x").error["field"] == "before"


def test_a_search_says_what_it_covered_and_goes_on(client: Client, store: Store) -> None:
    build = StoredBuild(store)
    for start in range(1, 100_001, 1_000):
        build.log(*(f"number {n}" for n in range(start, start + 1_000)))
    path = f"builds/{build.id}/log"
    newest = client.get(path, q="number 9999").json()
    assert (newest["first"], newest["last"], newest["count"], newest["more"]) == (50_001, 100_000, 100_000, True)
    assert [line[0] for line in newest["lines"]] == list(range(99_990, 100_000))
    older = client.get(path, q="number 9999", before=newest["first"]).json()
    assert (older["first"], older["last"], older["more"]) == (1, 50_000, False)
    assert older["lines"] == [[9_999, "stdout", "number 9999"]]
    nothing = client.get(path, q="nowhere", after=0).json()
    assert nothing == {"first": 1, "last": 50_000, "count": 100_000, "more": True, "lines": []}
    assert client.get(path, q=" ", limit=1).json()["lines"] == [[100_000, "stdout", "number 100000"]]
    assert client.get(path, download=1, q="number 9999").body.decode().splitlines() == [
        f"number {n}" for n in (9_999, *range(99_990, 100_000))
    ]


def test_the_whole_log_is_downloaded_as_text(client: Client, store: Store) -> None:
    lines = [f"\x1b[3{n % 8}mline {n} äöü" for n in range(1, 3001)]
    lines[41] = "x" * 20_000
    build = StoredBuild(store, name="Wörk / of <art>")
    for start in range(0, 3000, 500):
        build.log(*lines[start : start + 500], first=start + 1)
    answer = client.get(f"builds/{build.id}/log", download=1)
    assert answer.body.decode() == "".join(f"{line}\n" for line in lines)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''W%C3%B6rk")
    filtered = client.get(f"builds/{build.id}/log", download=1, q="line 2999").body.decode()
    assert filtered == f"{lines[2998]}\n"


def test_an_empty_log_downloads_as_an_empty_file(client: Client, store: Store) -> None:
    answer = client.get(f"builds/{StoredBuild(store).id}/log", download=1)
    assert (answer.status, answer.body) == (200, b"")


# Content


def test_a_tool_call_is_served_whole(client: Client, store: Store) -> None:
    tool_id = "toolu/01 ä?"
    output = "o" * 100_000
    build = StoredBuild(store).append(
        ToolEvent(at=now(), id=tool_id, name="Bash", state="running", input={"command": "make"}),
        ToolEvent(at=now(), id=tool_id, state="succeeded", output=output),
    )
    assert client.get(f"builds/{build.id}").json()["state"]["tools"][0]["truncated"] == ["output"]
    row = client.get(f"builds/{build.id}/tools/toolu%2F01%20%C3%A4%3F").json()
    assert (row["id"], row["input"], row["output"]) == (tool_id, {"command": "make"}, output)
    assert client.get(f"builds/{build.id}/tools/other").status == 404


@pytest.mark.parametrize(
    ("mime", "served"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/javascript", "text/plain; charset=utf-8"),
        ("application/x-javascript", "text/plain; charset=utf-8"),
        ("text/css", "text/plain; charset=utf-8"),
        ("no mime\r\nX-Evil: 1", "application/octet-stream"),
    ],
)
def test_a_display_is_served_in_a_sandbox(client: Client, store: Store, mime: str, served: str) -> None:
    content = b"<script>alert(1)</script>\x00\xff"
    build = StoredBuild(store).display("d 1", mime, content)
    answer = client.get(f"builds/{build.id}/displays/d%201")
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["content-type"] == served
    _is_sandboxed(answer.headers)
    assert "x-evil" not in answer.headers
    assert client.get(f"builds/{build.id}/displays/other").status == 404


def _is_sandboxed(headers: Any) -> None:
    directives = [directive.strip() for directive in headers["content-security-policy"].split(";")]
    assert "sandbox" in directives
    assert "default-src 'none'" in directives
    assert headers["x-content-type-options"] == "nosniff"


def _with_artifacts(store: Store, cwd: Path | str, *paths: str, mime: str | None = None) -> StoredBuild:
    rows = [ArtifactEvent(at=now(), name="an artifact", path=path, mime=mime) for path in paths]
    return StoredBuild(store, spec={"cwd": str(cwd)}).append(*rows)


def test_an_artifact_is_streamed_as_it_is(client: Client, store: Store, tmp_path: Path) -> None:
    content = os.urandom(1_000_000)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "model ä.bin").write_bytes(content)
    (tmp_path / "plot.svg").write_text("<svg/>")
    (tmp_path / "app.js").write_text("alert(1)")
    build = _with_artifacts(store, tmp_path, "sub/model ä.bin", "plot.svg", "app.js", str(tmp_path / "plot.svg"))
    path = f"builds/{build.id}/artifacts"
    binary = client.get(f"{path}/0")
    assert binary.body == content
    assert binary.headers["content-disposition"] == "attachment; filename*=utf-8''model%20%C3%A4.bin"
    assert binary.headers["content-type"] == "application/octet-stream"
    picture = client.get(f"{path}/1")
    assert (picture.headers["content-type"], picture.body) == ("image/svg+xml", b"<svg/>")
    assert "content-disposition" not in picture.headers
    assert "content-disposition" in client.get(f"{path}/1", download=1).headers
    assert client.get(f"{path}/2").headers["content-type"] == "text/plain; charset=utf-8"
    assert client.get(f"{path}/3").body == b"<svg/>"
    for answer in (binary, picture):
        _is_sandboxed(answer.headers)


def test_an_artifact_with_a_secret_in_its_path_is_found(client: Client, store: Store, tmp_path: Path) -> None:
    (tmp_path / "run-hunter2").mkdir()
    (tmp_path / "run-hunter2" / "a.svg").write_text("<svg/>")
    (tmp_path / "run-hunter2" / "two-1.svg").write_text("1")
    (tmp_path / "run-hunter2" / "two-2.svg").write_text("2")
    (tmp_path.parent / "outside-x").write_text("no")
    build = _with_artifacts(store, tmp_path, "run-***/a.svg", "run-***/two-***.svg", "../outside-***", "***", "***/b")
    answers = [client.get(f"builds/{build.id}/artifacts/{index}") for index in range(5)]
    assert [answer.status for answer in answers] == [200, 404, 403, 404, 404]
    assert answers[0].body == b"<svg/>"


@pytest.mark.parametrize("index", ["4", "-1", "x", "1e3", "99999999999999999999", "0%00", "../../events"])
def test_an_artifact_that_is_not_there_is_not_found(client: Client, store: Store, tmp_path: Path, index: str) -> None:
    (tmp_path / "a").write_text("a")
    build = _with_artifacts(store, tmp_path, "a")
    assert client.get(f"builds/{build.id}/artifacts/{index}").error["code"] == "not_found"


def test_an_artifact_outside_of_the_working_directory_is_refused(client: Client, store: Store, tmp_path: Path) -> None:
    work, secret = tmp_path / "work", tmp_path / "secret"
    work.mkdir()
    (tmp_path / "work-too").mkdir()
    secret.write_text("a secret")
    (tmp_path / "work-too" / "file").write_text("a secret")
    (work / "link").symlink_to(secret)
    (work / "linked").symlink_to(tmp_path)
    outside = ["../secret", str(secret), "link", "linked/secret", "sub/../../secret", "../work-too/file", "/etc/passwd"]
    (work / "sub").mkdir()
    build = _with_artifacts(store, work, *outside)
    for index, path in enumerate(outside):
        answer = client.get(f"builds/{build.id}/artifacts/{index}")
        assert (answer.status, answer.error["code"]) == (403, "outside"), path
        assert b"a secret" not in answer.body


def test_an_artifact_that_is_no_plain_file_is_not_found(client: Client, store: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "directory").mkdir()
    paths = ["pipe", "loop", "directory", "gone", "."]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        build = _with_artifacts(store, tmp_path, *paths, "socket")
        for index, path in enumerate([*paths, "socket"]):
            answer = client.get(f"builds/{build.id}/artifacts/{index}")
            assert (answer.status, answer.error["code"]) == (404, "no_file"), path
    gone = _with_artifacts(store, tmp_path / "no such directory", "file")
    assert client.get(f"builds/{gone.id}/artifacts/0").status == 404
    nowhere = StoredBuild(store).append(ArtifactEvent(at=now(), name="x", path="/etc/passwd"))
    assert client.get(f"builds/{nowhere.id}/artifacts/0").error["code"] == "no_file"


# Cancel, answer, follow up, delete


def test_cancelling_leaves_one_command_however_often(client: Client, store: Store) -> None:
    build = StoredBuild(store).log("x")
    for _ in range(3):
        answer = client.post(f"builds/{build.id}/cancel")
        assert (answer.status, answer.json()["build"]["id"]) == (202, build.id)
    assert [command.kind for command in store.commands(build.id)] == ["cancel"]
    build.end("cancelled")
    answer = client.post(f"builds/{build.id}/cancel")
    assert (answer.status, answer.error["code"]) == (409, "ended")


def _asking(store: Store, *request_ids: str) -> StoredBuild:
    asks = [
        PermissionEvent(
            at=now(), request_id=request_id, tool="Bash", input={"command": "rm"}, options=["allow", "deny"]
        )
        for request_id in request_ids
    ]
    return StoredBuild(store).append(*asks)


def test_an_answer_reaches_the_runner_once(client: Client, store: Store) -> None:
    build = _asking(store, "r1")
    path = f"builds/{build.id}/answer"
    answer = client.post(path, {"decision": "deny", "message": "not so"})
    assert (answer.status, answer.json()) == (202, {"request_id": "r1", "decision": "deny"})
    assert client.post(path, {"decision": "deny", "request_id": "r1"}).status == 202
    other = client.post(path, {"decision": "allow", "request_id": "r1"})
    assert (other.status, other.error["code"], other.error["decision"]) == (409, "answered", "deny")
    (command,) = store.commands(build.id)
    assert (command.kind, command.request, command.body) == (
        "answer",
        "r1",
        {"decision": "deny", "message": "not so"},
    )


def test_an_answer_that_comes_too_late_is_told_the_decision(client: Client, store: Store) -> None:
    build = _asking(store, "r1").append(PermissionEvent(at=now(), request_id="r1", tool="Bash", decision="timeout"))
    path = f"builds/{build.id}/answer"
    for body in ({"decision": "allow", "request_id": "r1"}, {"decision": "allow"}):
        answer = client.post(path, body)
        assert (answer.status, answer.error["decision"]) == (409, "timeout")
    ended = _asking(store, "r2").end("cancelled")
    assert client.post(f"builds/{ended.id}/answer", {"decision": "allow"}).error["code"] == "ended"


def test_an_unclear_answer_is_refused(client: Client, store: Store) -> None:
    build = _asking(store, "r1", "r2")
    path = f"builds/{build.id}/answer"
    cases: list[tuple[Any, int, str | None]] = [
        ({"decision": "allow"}, 400, "request_id"),
        ({"decision": "allow", "request_id": "r3"}, 400, "request_id"),
        ({"decision": "maybe", "request_id": "r1"}, 400, "decision"),
        ({"request_id": "r1"}, 400, "decision"),
        ({"decision": "allow", "request_id": 1}, 400, "request_id"),
        ({"decision": "allow", "request_id": "r1", "more": 1}, 400, "more"),
        ([], 400, None),
    ]
    for body, status, field in cases:
        answer = client.post(path, body)
        assert (answer.status, answer.error.get("field")) == (status, field), body
    assert store.commands(build.id) == []
    quiet = StoredBuild(store).log("x")
    assert client.post(f"builds/{quiet.id}/answer", {"decision": "allow"}).error["code"] == "nothing_asked"


def test_only_an_agent_can_follow_up(client: Client, store: Store) -> None:
    build = StoredBuild(store)
    answer = client.post(f"builds/{build.id}/follow_up", {"prompt": "go on"})
    assert (answer.status, answer.error["code"]) == (400, "unsupported")
    assert client.post(f"builds/{build.id}/follow_up", {}).error["field"] == "prompt"


def test_only_a_build_that_ended_is_deleted(client: Client, store: Store, server: JupyterServer) -> None:
    build = StoredBuild(store).log("x")
    files = server.data_dir / "builds" / build.id
    files.mkdir(parents=True)
    (files / "result").write_text("x")
    answer = client.delete(f"builds/{build.id}")
    assert (answer.status, answer.error["code"]) == (409, "still_running")
    build.end()
    answer = client.delete(f"builds/{build.id}")
    assert (answer.status, answer.body) == (204, b"")
    assert client.get(f"builds/{build.id}").status == 404
    assert client.delete(f"builds/{build.id}").status == 404
    assert not files.exists()


# Launching


def _launch(client: Client, **body: Any) -> dict[str, Any]:
    answer = client.post("builds", {"kind": "command", **body})
    assert answer.status == 201, answer.body
    return dict(answer.json()["build"])


def _ended(client: Client, build_id: str) -> dict[str, Any]:
    def state() -> dict[str, Any] | None:
        found = dict(client.get(f"builds/{build_id}").json()["state"])
        return found if found["status"] in ("succeeded", "failed", "cancelled", "lost") else None

    ended = wait_until(state, timeout=30, what=f"the end of {build_id}", every=0.05)
    assert ended is not None
    return ended


def test_a_command_runs_through(client: Client, server: JupyterServer) -> None:
    (server.root_dir / "work").mkdir(exist_ok=True)
    project = unique()
    build = _launch(
        client,
        command='echo "$GREETING from $PWD"; echo x > made.txt',
        name="greet",
        project=project,
        cwd="work",
        env={"GREETING": "hello"},
        tags=["a", "b"],
    )
    assert (build["name"], build["project"], build["tags"], build["kind"]) == ("greet", project, ["a", "b"], "command")
    state = _ended(client, build["id"])
    assert (state["status"], state["percent"], state["exit_code"]) == ("succeeded", 100, 0)
    assert ["stdout", f"hello from {server.root_dir}/work"] in state["log"]["lines"]
    assert (server.root_dir / "work" / "made.txt").exists()
    assert client.get("builds", project=project).json()["builds"][0]["status"] == "succeeded"


def test_a_command_as_a_list_fails_with_its_exit_code(client: Client) -> None:
    build = _launch(client, command=["sh", "-c", "echo oh; exit 7"])
    state = _ended(client, build["id"])
    assert (state["status"], state["exit_code"]) == ("failed", 7)


def test_a_key_names_one_active_build(client: Client) -> None:
    project, key = unique(), unique("key")
    body = {"kind": "command", "command": "sleep 30", "project": project, "key": key}
    first = client.post("builds", body)
    try:
        again = client.post("builds", body)
        assert (first.status, again.status) == (201, 200)
        assert first.json()["build"]["id"] == again.json()["build"]["id"]
        other = client.post("builds", {**body, "command": "sleep 31"})
        assert (other.status, other.error["code"], other.error["field"]) == (409, "key_taken", "key")
    finally:
        client.post(f"builds/{first.json()['build']['id']}/cancel")
    state = _ended(client, first.json()["build"]["id"])
    assert state["status"] == "cancelled"


def test_a_success_is_reused_if_asked_for(client: Client) -> None:
    body = {"kind": "command", "command": "true", "key": unique("key"), "reuse": "succeeded"}
    first = client.post("builds", body).json()["build"]
    _ended(client, first["id"])
    again = client.post("builds", body)
    assert (again.status, again.json()["build"]["id"]) == (200, first["id"])


def test_retry_makes_a_new_build_of_the_same_spec(client: Client) -> None:
    first = _launch(client, command="echo again", name="once more", env={"COLOUR": "red"})
    _ended(client, first["id"])
    answer = client.post(f"builds/{first['id']}/retry")
    assert answer.status == 201
    second = answer.json()["build"]
    assert (second["retry_of"], second["name"]) == (first["id"], "once more")
    assert second["id"] != first["id"]
    assert ["stdout", "again"] in _ended(client, second["id"])["log"]["lines"]


def test_retry_without_a_secrets_value_is_refused(client: Client, store: Store) -> None:
    value = "s3cr3t-value-0123456789"
    first = _launch(client, command="echo $MY_API_TOKEN", env={"MY_API_TOKEN": value})
    state = _ended(client, first["id"])
    assert value not in json.dumps(state)
    assert value not in json.dumps(store.record(first["id"]).spec)
    answer = client.post(f"builds/{first['id']}/retry")
    assert (answer.status, answer.error["code"]) == (409, "secret_missing")
    assert "MY_API_TOKEN" in answer.error["message"]


def test_what_lives_in_a_notebook_is_not_retried(client: Client, store: Store) -> None:
    build = StoredBuild(store, kind="track").end()
    answer = client.post(f"builds/{build.id}/retry")
    assert (answer.status, answer.error["code"]) == (400, "unsupported")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid", "kind"),
        ({"kind": "function"}, "invalid", "kind"),
        ({"kind": ["command"]}, "invalid", "kind"),
        ({"kind": "agent"}, "invalid", "prompt"),
        ({"kind": "agent", "prompt": " "}, "invalid", "prompt"),
        ({"kind": "agent", "prompt": "x", "agent": "hal"}, "invalid", "agent"),
        ({"kind": "agent", "prompt": "x", "permission": "much"}, "invalid", "permission"),
        ({"kind": "agent", "prompt": "x", "model": "-x"}, "invalid", "model"),
        ({"kind": "notebook", "path": "x.ipynb"}, "unsupported", "kind"),
        ({"kind": "command"}, "invalid", "command"),
        ({"kind": "command", "command": 7}, "invalid", "command"),
        ({"kind": "command", "command": ""}, "invalid", "command"),
        ({"kind": "command", "command": []}, "invalid", "command"),
        ({"kind": "command", "command": ["ls", 1]}, "invalid", "command"),
        ({"kind": "command", "command": "no-such-program-here"}, "invalid", "command"),
        ({"kind": "command", "command": "true", "cwd": "no/such/directory"}, "invalid", "cwd"),
        ({"kind": "command", "command": "true", "cwd": 1}, "invalid", "cwd"),
        ({"kind": "command", "command": "true", "cwd": "~no-such-user/x"}, "invalid", "cwd"),
        ({"kind": "command", "command": "true", "cwd": "a\0b"}, "invalid", "cwd"),
        ({"kind": "command", "command": "true", "cwd": "x" * 5000}, "invalid", "cwd"),
        ({"kind": "command", "command": "x" * 5000}, "invalid", "command"),
        ({"kind": "command", "command": ["/" + "x" * 5000]}, "invalid", "command"),
        ({"kind": "command", "command": "echo 'x"}, "invalid", "command"),
        ({"kind": "command", "command": "true", "env": {"A": "\0"}}, "invalid", "env"),
        ({"kind": "command", "command": "true", "env": ["A=1"]}, "invalid", "env"),
        ({"kind": "command", "command": "true", "env": {"A": 1}}, "invalid", "env"),
        ({"kind": "command", "command": "true", "env": {"A=": "1"}}, "invalid", "env"),
        ({"kind": "command", "command": "true", "name": 1}, "invalid", "name"),
        ({"kind": "command", "command": "true", "project": " "}, "invalid", "project"),
        ({"kind": "command", "command": "true", "key": "k" * 10_000}, "invalid", "key"),
        ({"kind": "command", "command": "true", "tags": "one"}, "invalid", "tags"),
        ({"kind": "command", "command": "true", "tags": [1]}, "invalid", "tags"),
        ({"kind": "command", "command": "true", "reuse": "always", "key": "k"}, "invalid", "reuse"),
        ({"kind": "command", "command": "true", "reuse": "succeeded"}, "invalid", "reuse"),
        ({"kind": "command", "command": "true", "comand": "x"}, "invalid", "comand"),
    ],
)
def test_a_bad_launch_names_its_field(client: Client, body: dict[str, Any], code: str, field: str) -> None:
    before = len(client.get("builds", limit=500).json()["builds"])
    answer = client.post("builds", body)
    assert (answer.status, answer.error["code"], answer.error.get("field")) == (400, code, field), answer.body
    assert len(client.get("builds", limit=500).json()["builds"]) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"kind": "\\ud800"}', b"[" * 100_000]
)
def test_a_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    answer = client.request("POST", "builds", body)
    assert (answer.status, answer.error["code"]) == (400, "bad_json"), answer.body


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    answer = client.request("POST", "builds", json.dumps({"kind": "command", "command": "x" * 1_100_000}).encode())
    assert (answer.status, answer.error["code"]) == (413, "too_large")


# Errors


@pytest.mark.parametrize(
    "build_id",
    [
        "nope",
        "%00",
        "%2e%2e",
        "..%2F..%2Fetc",
        "%ff",
        "%F0%9F%92%A5",
        "a%20b",
        "'%20OR%201=1",
        "x" * 5000,
        "%3Cscript%3E",
    ],
)
def test_an_odd_id_is_not_found(client: Client, build_id: str) -> None:
    for path in ("", "/events", "/log", "/log?download=1", "/tools/x", "/displays/x", "/artifacts/0"):
        answer = client.get(f"builds/{build_id}{path}")
        assert (answer.status, answer.error["code"]) == (404, "not_found"), path
    bodies: dict[str, Any] = {"cancel": {}, "retry": {}, "answer": {"decision": "allow"}, "follow_up": {"prompt": "x"}}
    for action, body in bodies.items():
        assert client.post(f"builds/{build_id}/{action}", body).error["code"] == "not_found", action
    assert client.delete(f"builds/{build_id}").error["code"] == "not_found"


@pytest.mark.parametrize(
    "path", ["", "nope", "builds/", "builds/x/nope", "builds/x/tools/", "status/x", "/buildwidget/nope"]
)
def test_an_unknown_route_is_not_found_in_json(client: Client, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, path, None if method in ("GET", "DELETE") else {})
        assert (answer.status, answer.error["code"]) == (404, "not_found"), method


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "builds"), ("DELETE", "builds"), ("POST", "status"), ("BREW", "status")]
)
def test_an_unknown_method_is_refused_in_json(client: Client, method: str, path: str) -> None:
    answer = client.request(method, path, {})
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")


def test_a_state_with_everything_hydrates_as_it_folds(client: Client, store: Store) -> None:
    build = StoredBuild(store).append(
        TodosEvent(at=now(), todos=[Todo(id="1", content="First", status="in_progress", active_form="Doing")]),
        ToolEvent(at=now(), id="t", name="Bash", state="running"),
        MetricEvent(at=now(), name="loss", points=[(1, "NaN", now())]),
        StatusEvent(at=now(), status="running", cancelling=True),
    )
    state = client.get(f"builds/{build.id}").json()["state"]
    assert state["tools"][0]["todo"] == "1"
    assert state["metrics"][0]["points"][0][1] == "NaN"
    assert state["cancelling"] is True
