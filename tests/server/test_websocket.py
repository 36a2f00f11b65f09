from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import websocket

from buildwidget.store.store import Store
from tests.server import identity
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import Page, Stream, handshake
from tests.unit.hub.parts import Work
from tests.waiting import wait_until

FOREIGN = "https://evil.example"


def refusal(server: JupyterServer, headers: dict[str, str], query: str = "") -> int:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        handshake(server, headers, query)
    assert json.loads(refused.value.resp_body or b"")["error"]["code"]
    return int(refused.value.status_code)


def welcome(socket: websocket.WebSocket) -> str:
    try:
        return str(json.loads(socket.recv())["type"])
    finally:
        socket.shutdown()  # type: ignore[no-untyped-call] # the library says nothing


class TestWhoMayConnect:
    def test_nobody_without_credentials(self, server: JupyterServer) -> None:
        assert refusal(server, {}) == 403
        assert refusal(server, {"Origin": server.origin}) == 403
        assert refusal(server, {"Authorization": "token wrong"}) == 403
        assert refusal(server, {}, "?token=wrong") == 403

    def test_a_page_of_the_server(self, server: JupyterServer, browser: Client) -> None:
        assert welcome(handshake(server, browser.headers)) == "welcome"

    def test_no_page_of_a_foreign_origin(self, server: JupyterServer, browser: Client) -> None:
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            handshake(server, {**browser.headers, "Origin": FOREIGN})
        assert refused.value.status_code == 403

    def test_a_script_with_the_token_in_its_header(self, server: JupyterServer, client: Client) -> None:
        assert welcome(handshake(server, client.headers)) == "welcome"

    def test_a_token_in_the_url_does_not_let_foreign_pages_in(self, server: JupyterServer, client: Client) -> None:
        query = f"?token={server.token}"
        for headers in ({}, client.headers):
            with pytest.raises(websocket.WebSocketBadStatusException) as refused:
                handshake(server, {**headers, "Origin": FOREIGN}, query)
            assert refused.value.status_code == 403
        assert welcome(handshake(server, {"Origin": server.origin}, query)) == "welcome"

    def test_no_token_is_written_to_the_log(self, server: JupyterServer) -> None:
        welcome(handshake(server, {}, f"?token={server.token}"))
        assert server.token not in server.log


class TestWhatIsAsked:
    def test_welcome_comes_first_and_names_the_database(self, browser: Client, store: Store) -> None:
        with Page(browser) as page:
            frame = page.receive()
        assert (frame["type"], frame["protocol"], frame["database"]) == ("welcome", 1, store.database_id)
        assert (frame["heartbeat_ms"], frame["batch_ms"]) == (30_000, 200)

    def test_ping_is_answered(self, browser: Client) -> None:
        with Page(browser) as page:
            page.send("ping", n=42)
            assert page.until(lambda frame: frame["type"] == "pong")["n"] == 42

    def test_an_unknown_frame_is_for_a_later_version(self, browser: Client) -> None:
        with Page(browser) as page:
            page.send("telepathy", thought="hello")
            page.send("ping", n=1, colour="an unknown field")
            page.until(lambda frame: frame["type"] == "pong")
            assert page.types() == ["welcome", "pong"]

    @pytest.mark.parametrize(
        "message",
        ["", "no json", "[]", '{"type": "subscribe"}', '{"type": "ping", "n": "x"}', json.dumps({"x": "y" * 70_000})],
        ids=["empty", "no json", "no object", "no build", "wrong type", "too long"],
    )
    def test_a_bad_frame_ends_the_connection_for_good(self, browser: Client, message: str) -> None:
        with Page(browser) as page:
            page.receive()
            page.socket.send(message)
            assert page.receive()["code"] == "bad_frame"
            assert page.closed_with() == (4500, "bad_frame")

    def test_a_binary_frame_is_a_bad_one(self, browser: Client) -> None:
        with Page(browser) as page:
            page.socket.send_binary(b'{"type": "ping", "n": 1}')
            assert page.closed_with()[0] == 4500


class TestFollowing:
    def test_a_snapshot_then_batches_then_the_end(self, browser: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.lines(400, size=200)  # a state of more than 64 KiB
        with Page(browser) as page:
            page.subscribe(work.id)
            snapshot = page.until(lambda frame: frame["type"] == "snapshot")
            assert snapshot["state"] == json.loads(store.hydrate(work.id).state)
            for _ in range(5):
                work.lines(2)
            work.end()
            page.until_seq(work.id, work.head)
        assert page.logs[work.id][-1]["status"] == "succeeded"
        assert len(page.logs[work.id]) == 11

    def test_hydrated_over_rest_it_goes_on_from_there(self, browser: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.lines(3)
        hydrated = browser.get(f"builds/{work.id}").json()
        with Page(browser, {work.id: (hydrated["epoch"], hydrated["seq"])}) as page:
            page.subscribe(work.id, resume=True)
            empty = page.until(lambda frame: frame["type"] == "batch")
            assert (empty["from"], empty["to"]) == (5, 4)
            work.lines(1)
            page.until_seq(work.id, 5)
        assert "snapshot" not in page.types()

    def test_on_a_new_connection_it_resumes_without_a_gap_or_a_double(self, browser: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        with Page(browser) as page:
            page.subscribe(work.id)
            work.lines(5)
            page.until_seq(work.id, 6)
        work.lines(7)
        with Page(browser, page.cursors) as again:
            again.subscribe(work.id, resume=True)
            again.until_seq(work.id, 13)
        assert [event["seq"] for event in again.logs[work.id]] == list(range(7, 14))

    def test_what_is_not_there_or_of_somebody_else_is_not_found(self, browser: Client, store: Store) -> None:
        foreign = Work(store, owner=f"not {OWNER}")
        with Page(browser) as page:
            for build in ("nothing", foreign.id):
                page.subscribe(build)
                error = page.until(lambda frame: frame["type"] == "error")
                assert (error["code"], error["build"]) == ("not_found", build)

    def test_a_deleted_build_is_told(self, browser: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.end()
        with Page(browser) as page:
            page.subscribe(work.id)
            page.until_seq(work.id, work.head)
            assert browser.delete(f"builds/{work.id}").status == 204
            assert page.until(lambda frame: frame["type"] == "deleted")["build"] == work.id

    def test_the_list_of_a_project_and_its_changes(self, browser: Client, store: Store) -> None:
        with Page(browser) as page:
            page.send("watch", project="hub-list")
            first = page.until(lambda frame: frame["type"] == "builds")
            assert (first["builds"], first["reset"]) == ([], True)
            Work(store, owner=OWNER)
            mine = Work(store, owner=OWNER, project="hub-list")
            change = page.until(lambda frame: frame["type"] == "builds")
            assert ([row["id"] for row in change["builds"]], change["reset"]) == ([mine.id], False)


class TestHowItEnds:
    def test_a_client_that_falls_silent_is_closed_and_makes_room(
        self, start_server: Callable[..., JupyterServer], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = {"timeout_ms": 1500, "heartbeat_ms": 300, "max_connections": 2}
        server = start_server(config={"BuildwidgetApp": settings})
        silent, answering, surplus = (Page(server.with_token()) for _ in range(3))
        with silent, answering, surplus:
            assert answering.receive()["type"] == "welcome"
            assert surplus.receive()["code"] == "limit"
            assert surplus.closed_with()[0] == 4102
            monkeypatch.setattr(silent.socket, "pong", lambda payload="": None)  # a page that hangs answers no ping
            with reading(answering):
                assert silent.closed_with() == (4101, "heartbeat_timeout")
                with Page(server.with_token()) as later:
                    assert later.receive()["type"] == "welcome"
            assert answering.types().count("heartbeat") >= 3
            assert server.with_token().get("status").json()["connections"] == 1

    def test_killed_it_goes_on_at_the_cursor_and_stopped_it_tells_everybody(
        self, start_server: Callable[..., JupyterServer]
    ) -> None:
        server = start_server(config={"BuildwidgetApp": {"reconnect_ms": 100}})
        with Store.open(server.database_url) as store:
            work = Work(store, owner=OWNER)
            with Page(server.with_token()) as page:
                page.subscribe(work.id)
                work.lines(5)
                page.until_seq(work.id, 6)
                server.stop(signal.SIGKILL)
                with pytest.raises((websocket.WebSocketException, OSError)):
                    page.receive()
            work.lines(5)  # the build does not need the server
            server.start()
            with Page(server.with_token(), page.cursors) as again, Stream(server.with_token(), "watch=1") as stream:
                again.subscribe(work.id, resume=True)
                work.end()
                again.until_seq(work.id, 12)
                stream.until(lambda frame: frame["type"] == "builds")
                assert server.process is not None
                server.process.send_signal(signal.SIGTERM)
                code, reason = again.closed_with()
                rest = stream.rest()
        assert [event["seq"] for event in again.logs[work.id]] == list(range(7, 13))
        assert "snapshot" not in again.types()
        assert code == 4102
        assert 100 <= json.loads(reason)["retry_ms"] <= 300
        assert 100 <= int(rest.removeprefix("retry: ")) <= 300
        server.stop()
        assert "Traceback" not in server.log
        assert "was destroyed but it is pending" not in server.log

    def test_a_login_that_ends_ends_the_connection_for_good(
        self, start_server: Callable[..., JupyterServer], tmp_path: Path
    ) -> None:
        server = start_server(
            config={
                "ServerApp": {"identity_provider_class": "tests.server.identity.RevocableIdentity"},
                "RevocableIdentity": {"token": "a-token-of-the-test"},
                "BuildwidgetApp": {"heartbeat_ms": 100, "comment_seconds": 0.1},
            },
            env={identity.DIRECTORY: str(tmp_path)},
            before=lambda it: setattr(it, "token", "a-token-of-the-test"),
        )
        script, browser = server.with_token(), server.with_cookie()
        with Page(browser) as page, Page(script) as robot, Stream(browser, "watch=1") as stream:
            page.until(lambda frame: frame["type"] == "heartbeat")
            (tmp_path / "down").touch()
            for _ in range(3):  # who cannot be asked has not said no
                page.until(lambda frame: frame["type"] == "heartbeat")
            (tmp_path / "revoked").touch()
            (tmp_path / "down").unlink()
            assert page.closed_with() == (4501, "unauthorized")
            stream.rest()
            robot.send("ping", n=1)
            robot.until(lambda frame: frame["type"] == "pong")
        assert "RuntimeError" in server.log
        assert "Traceback" not in server.log
        assert refusal(server, browser.headers) == 403

    def test_a_page_that_vanished_is_forgotten(self, server: JupyterServer, client: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        page = Page(client)
        page.subscribe(work.id)
        page.until_seq(work.id, 1)
        watched = client.get("status").json()["subscriptions"]
        page.close()  # no closing handshake
        wait_until(lambda: client.get("status").json()["subscriptions"] < watched, what="the page to be forgotten")


@contextmanager
def reading(page: Page) -> Iterator[None]:
    """Somebody reads the page's socket meanwhile, and so answers its pings."""
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            page.receive()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        done.set()  # the next heartbeat ends it
        thread.join()
