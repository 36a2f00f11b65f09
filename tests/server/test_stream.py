from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from buildwidget.store.store import Store
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import Stream
from tests.unit.hub.parts import Work
from tests.waiting import wait_until


def at_least(seq: int) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] in ("batch", "snapshot") and frame.get("to", frame.get("seq", 0)) >= seq


def test_the_same_frames_as_on_a_websocket(browser: Client, store: Store) -> None:
    work = Work(store, owner=OWNER)
    work.lines(2)
    with Stream(browser, f"build={work.id}") as stream:
        assert stream.response.status == 200
        assert stream.response.getheader("Content-Type") == "text/event-stream"
        assert "no-cache" in (stream.response.getheader("Cache-Control") or "")
        stream.until(at_least(3))
        work.lines(2)
        work.end()
        stream.until(at_least(6))
    assert [frame["type"] for frame in stream.frames[:2]] == ["welcome", "snapshot"]
    assert stream.frames[1]["state"]["log"]["count"] == 2
    events = [event for frame in stream.frames[2:] for event in frame["events"]]
    assert [event["seq"] for event in events] == [4, 5, 6]
    assert events[-1]["status"] == "succeeded"


def test_it_goes_on_from_a_cursor(browser: Client, store: Store) -> None:
    work = Work(store, owner=OWNER)
    work.lines(5)
    with Stream(browser, f"build={work.id}:{work.appender.epoch}:2") as stream:
        stream.until(at_least(6))
    assert [(frame["from"], frame["to"]) for frame in stream.frames[1:]] == [(3, 6)]


def test_many_builds_and_the_list_are_on_one_response(browser: Client, store: Store) -> None:
    one, two = Work(store, owner=OWNER), Work(store, owner=OWNER)
    with Stream(browser, f"build={one.id}&build={two.id}:{two.appender.epoch}:1&watch=1") as stream:
        wanted = {("snapshot", one.id), ("batch", two.id), ("builds", None)}
        while not wanted <= {(frame["type"], frame.get("build")) for frame in stream.frames}:
            assert stream.receive() is not None
        assert stream.ids == []


def test_a_single_build_has_ids_to_go_on_from(browser: Client, store: Store) -> None:
    work = Work(store, owner=OWNER)
    work.lines(2)
    with Stream(browser, f"build={work.id}") as stream:
        stream.until(at_least(3))
    assert stream.ids == [f"{work.appender.epoch}:3"]
    work.lines(2)
    with Stream(browser, f"build={work.id}", {"Last-Event-ID": stream.ids[-1]}) as again:
        again.until(at_least(5))
    assert [(frame["type"], frame.get("from")) for frame in again.frames] == [("welcome", None), ("batch", 4)]


def test_a_build_that_is_not_there_is_told_on_the_stream(browser: Client) -> None:
    with Stream(browser, "build=nothing") as stream:
        assert stream.until(lambda frame: frame["type"] == "error")["code"] == "not_found"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "watch=0",
        "build=",
        "build=a:b",
        "build=a:b:c",
        "build=a:b:-1",
        "build=a:b:1:2",
        "build=a::1",
        f"build=a:b:{'1' * 5000}",
    ],
)
def test_what_cannot_be_asked_is_a_bad_request(client: Client, query: str) -> None:
    with Stream(client, query) as stream:
        assert stream.response.status == 400
        assert json.loads(stream.rest())["error"]["code"] == "bad_request"


@pytest.mark.parametrize("seen", ["x", "e:", "e:x"])
def test_a_last_event_id_that_is_none_is_a_bad_request(client: Client, seen: str) -> None:
    with Stream(client, "build=a", {"Last-Event-ID": seen}) as stream:
        assert (stream.response.status, json.loads(stream.rest())["error"]["field"]) == (400, "Last-Event-ID")


def test_who_leaves_is_forgotten(client: Client, store: Store) -> None:
    work = Work(store, owner=OWNER)
    with Stream(client, f"build={work.id}") as stream:
        stream.until(at_least(1))
        watched = client.get("status").json()["subscriptions"]
    wait_until(lambda: client.get("status").json()["subscriptions"] < watched, what="the stream to be forgotten")


def test_silence_is_filled_with_comments_and_a_full_server_says_so(start_server: Callable[..., JupyterServer]) -> None:
    server = start_server(
        config={"BuildwidgetApp": {"comment_seconds": 0.1, "max_connections": 1, "heartbeat_ms": 1000}}
    )
    with Stream(server.with_token(), "watch=1") as stream:
        stream.until(lambda frame: frame["type"] == "heartbeat")
        assert stream.comments >= 2
        with Stream(server.with_token(), "watch=1") as surplus:
            assert (surplus.response.status, json.loads(surplus.rest())["error"]["code"]) == (503, "limit")
