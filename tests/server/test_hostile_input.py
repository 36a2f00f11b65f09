"""Whatever a request holds, the answer is the right one or an error in JSON: never a 500, never a traceback."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildwidget.protocol.events import ArtifactEvent, ToolEvent
from buildwidget.store.store import Store
from tests.server.jupyter_process import Client, JupyterServer, Response
from tests.server.raw_socket import RawSocket
from tests.server.stored import StoredBuild, now

NUMBERS: Final = (
    "-0", "-1", "+1", "1.5", "1e3", "NaN", "Infinity", "0x10", "1_000", "1 ", "\u0661", "\u00b2", str(2**31),
    str(2**53), str(2**53 + 1), str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**64), "9" * 16, "9" * 17, "9" * 30,
    "9" * 31, "9" * 5_000, "-" + "9" * 5_000,
)  # fmt: skip
TEXTS: Final = (
    "", " ", "\0", "a\0b", "\r\n", "\x1b[31m", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "\u0301" * 50,
    "\u202e", "%00", "%zz", "_", "\\", "'", '"', "' OR 1=1 --", "*", "[", "${HOME}", "../../etc/passwd", "/",
    "~nobody-at-all", "..", "a/b", "null", "\u0130", "x" * 501, "\u00e9" * 2_000, "*" * 3_000, "%" * 2_000,
)  # fmt: skip
UNENCODABLE: Final = (
    "%ff",
    "%c3",
    "%c3%28",
    "%ed%a0%80",
    "%f0%80%80%80",
    "%00",
    "%0a",
    "%0d%0a",
    "%u1234",
    "%",
    "%2",
    "%2f",
)
"""Percent codes that are no UTF-8, or no percent codes."""
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 2**53, 2**63, 2**64, 10**400, 1e308, "", "x", [], {}, [[]], [None], {"a": None},
    [1, "x"], *TEXTS,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A build that has one of everything, and a client."""

    client: Client
    build: str
    connection: http.client.HTTPConnection

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None = None) -> Response:
        """Over one connection: thousands of them would take most of the time."""
        given = {**self.client.headers, **(headers or {})}
        self.connection.request(method, f"{self.client.server.base_url}buildwidget/api/{path}", body, given)
        answer = self.connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, named, answer.read())

    def check(self, answer: Response, what: object) -> None:
        assert answer.status < 500, (what, answer.status, answer.body[:500])
        assert b"Traceback" not in answer.body, what
        if answer.status >= 400 and answer.body:
            error = answer.error
            assert re.fullmatch(r"[a-z_]+", error["code"]), (what, error)
            assert error["message"].strip(), (what, error)

    def get(self, path: str, raw_query: str = "", headers: dict[str, str] | None = None) -> Response:
        answer = self.send("GET", path + ("?" + raw_query if raw_query else ""), None, headers)
        self.check(answer, (path, raw_query, headers))
        return answer

    def post(self, path: str, body: Any) -> Response:
        answer = self.send("POST", path, body if isinstance(body, bytes) else encoded(body))
        self.check(answer, (path, body))
        return answer


def encoded(body: Any) -> bytes:
    """As JSON, with lone surrogates and NaN as they are."""
    return json.dumps(body).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def target(server: JupyterServer, client: Client, store: Store) -> Iterator[Target]:
    build = StoredBuild(store, name="hostile", spec={"command": "true", "cwd": str(server.root_dir), "env": {}})
    build.log("a line").append(
        ToolEvent(at=now(), id="t", name="Bash", state="running", input="x"),
        ArtifactEvent(at=now(), name="a", path="a.txt"),
    )
    build.display("d", "text/plain", b"x").end()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        yield Target(client, build.id, connection)
    assert "Traceback" not in server.log


QUERIES: Final = {
    "builds": ("status", "project", "q", "limit", "cursor"),
    "builds/{}": ("x",),
    "builds/{}/events": ("after", "limit"),
    "builds/{}/log": ("after", "before", "limit", "q", "download"),
    "builds/{}/displays/d": ("download",),
    "builds/{}/artifacts/0": ("download",),
    "status": ("x",),
}


@pytest.mark.parametrize(("route", "name"), [(route, name) for route, names in QUERIES.items() for name in names])
def test_every_parameter_of_a_query(target: Target, route: str, name: str) -> None:
    path = route.format(target.build)
    for value in (*NUMBERS, *TEXTS):
        target.get(path, f"{name}={quote(value[:8_000], safe='')}")
    for value in UNENCODABLE:
        target.get(path, f"{name}={value}")
        target.get(path, f"{value}={name}")
    target.get(path, "&".join([f"{name}=1"] * 200))
    target.get(path, f"{name}")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_cursor_of_a_list_that_no_server_gave(target: Target, number: str) -> None:
    answer = target.get("builds", f"cursor={quote(number, safe='')}-a")
    assert answer.status in (200, 400)
    if answer.status == 400:
        assert answer.error["field"] == "cursor"


PARTS: Final = (
    "builds/{}",
    "builds/B/events{}",
    "builds/B/tools/{}",
    "builds/B/displays/{}",
    "builds/B/artifacts/{}",
    "{}",
)


@pytest.mark.parametrize("route", PARTS)
def test_every_part_of_a_path(target: Target, route: str) -> None:
    for value in (*(quote(text[:4_000], safe="") for text in (*NUMBERS, *TEXTS)), *UNENCODABLE):
        if value not in ("", ".", ".."):  # another route
            target.get(route.replace("B", target.build).format(value))


@pytest.mark.parametrize(
    ("route", "names"),
    [
        ("answer", ("decision", "request_id", "message")),
        ("follow_up", ("prompt", "operation", "permission", "agent", "model")),
        ("cancel", ("x",)),
    ],
)
def test_every_field_of_an_action(target: Target, route: str, names: tuple[str, ...]) -> None:
    valid = {"answer": {"decision": "allow"}, "follow_up": {"prompt": "go"}}.get(route, {})
    for name in names:
        for value in VALUES:
            target.post(f"builds/{target.build}/{route}", {**valid, name: value})
    for body in BODIES:
        target.post(f"builds/{target.build}/{route}", body)


BODIES: Final = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"\0", b"{}" * 2, b"[" * 5_000, b'{"a":' * 5_000, b'{"kind":NaN}',
    b'{"kind":"command","command":"\\ud800"}', b'{"kind":"command","command":"\xed\xa0\x80"}', b'{"kind":1e999}',
    b'{"\\ud800":1}', b'{"kind":"command","kind":"agent"}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"),
    b'{"kind":"command","command":[[[[[]]]]]}', b'{"kind":' + b"9" * 5_000 + b"}",
)  # fmt: skip

NOT_THERE: Final = "/no/such/program"
"""No request of these tests runs anything: what gets past all other checks fails at this."""


@pytest.mark.parametrize("kind", ["command", "agent"])
@pytest.mark.parametrize(
    "name",
    ["kind", "command", "prompt", "agent", "model", "permission", "operation", "name", "project", "cwd", "env", "key",
     "reuse", "tags", "\ud800"],
)  # fmt: skip
def test_every_field_of_a_launch(target: Target, kind: str, name: str) -> None:
    valid: dict[str, Any] = {"command": [NOT_THERE]} if kind == "command" else {"prompt": "x", "cwd": NOT_THERE}
    if name == "cwd":
        valid["prompt"] = ""  # refused, as the directory was
    for value in VALUES:
        for content in (value, [value], {"A": value}):
            if name == "command" and isinstance(content, (str, list)):
                content = [NOT_THERE, *content]  # noqa: PLW2901 - it would be run
            body = {"kind": kind, **valid, name: content}
            if name != "kind" or content in ("command", "agent"):
                assert target.post("builds", body).status >= 400, body
    for body in BODIES:
        target.post("builds", body)


STORED: Final = tuple(text for text in TEXTS if len(text) in (2, 3, 4, 50, 501) or not text.isprintable())


@pytest.mark.parametrize("text", STORED)
def test_texts_that_are_stored_come_back(target: Target, text: str) -> None:
    """The fields of a build that starts: what a check lets through, the database takes and gives back."""
    body = {"kind": "command", "command": ["true"], "name": text, "project": text, "key": text, "tags": [text]}
    answer = target.post("builds", {**body, "env": {"A": text}})
    if answer.status >= 400:
        assert answer.error["field"] in ("name", "env")
        return
    build = answer.json()["build"]
    assert (build["name"], build["project"], build["key"], build["tags"]) == (text, text, text, [text])
    target.get(f"builds/{build['id']}")
    if text != "\x1b[31m":  # Tornado takes control characters out of a query
        assert build["id"] in listed(target, text)


def listed(target: Target, text: str) -> list[str]:
    builds = target.get("builds", f"project={quote(text, safe='')}&q={quote(text, safe='')}").json()["builds"]
    return [build["id"] for build in builds]


HEADERS: Final = ("If-None-Match", "Last-Event-ID", "Range", "Accept", "Accept-Encoding", "Content-Type", "Cookie")


@pytest.mark.parametrize("header", HEADERS)
def test_every_header_that_is_read(target: Target, header: str) -> None:
    values = [text for text in (*NUMBERS, *TEXTS) if text.isprintable() and text.isascii() and len(text) < 4_000]
    for value in values:
        target.get(f"builds/{target.build}", headers={header: value})


@pytest.mark.parametrize("name", ["build", "watch", "project", "x"])
def test_every_parameter_of_the_event_stream_that_is_refused(target: Target, name: str) -> None:
    # Whatever is taken would answer for ever.
    for value in (*NUMBERS, *TEXTS):
        for form in (f":{value}", f"{target.build}:e:{value}x", f"{target.build}:{value}"):
            query = (
                f"build={quote(form[:6_000], safe='')}"
                if name == "build"
                else f"{name}={quote(value[:6_000], safe='')}"
            )
            if name == "watch" and value.strip() == "1":
                continue
            assert target.get("stream", query).status == 400
    for value in UNENCODABLE:
        if name != "project" or value:
            target.get("stream", f"{name}={value}&build=:")


@pytest.mark.parametrize("seq", [*(number for number in NUMBERS if number.isdecimal() and number.isascii()), "1"])
def test_a_stream_from_any_seq_is_answered(server: JupyterServer, target: Target, seq: str) -> None:
    assert first_of_stream(target, f"build={target.build}:e:{seq[:6000]}") in ("snapshot", "error", "welcome")


def first_of_stream(target: Target, query: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", target.client.server.port, timeout=10)
    try:
        connection.request(
            "GET", f"{target.client.server.base_url}buildwidget/api/stream?{query}", None, target.client.headers
        )
        answer = connection.getresponse()
        if answer.status != 200:
            body = json.loads(answer.read())
            assert answer.status == 400, body
            return "error"
        while not (line := answer.readline()).startswith(b"data:"):
            assert line, "the stream ended"
        return str(json.loads(line[5:])["type"])
    finally:
        connection.close()


FRAME_TYPES: Final = {
    "subscribe": ("build", "epoch", "seq"),
    "unsubscribe": ("build",),
    "watch": ("project",),
    "unwatch": ("x",),
    "ping": ("n",),
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in FRAME_TYPES.items() for name in names])
def test_every_field_of_a_frame(target: Target, kind: str, name: str) -> None:
    valid = {"type": kind, "build": target.build, "epoch": "e", "seq": 1, "n": 1}
    for value in VALUES:
        answer_to(target, encoded({**valid, name: value}))


@pytest.mark.parametrize("frame", BODIES)
def test_frames_that_are_none(target: Target, frame: bytes) -> None:
    answer_to(target, frame)


def answer_to(target: Target, frame: bytes) -> None:
    """Sends a frame, then a ping: it is answered, or the connection is closed as the protocol says."""
    with RawSocket(target.client) as page:
        page.send(frame)
        page.send(b'{"type":"ping","n":4711}')
        while True:
            try:
                got = page.receive()
            except (EOFError, ConnectionError):
                with pytest.raises(UnicodeDecodeError):  # Tornado cuts the connection for what is not UTF-8
                    frame.decode()
                return
            if got.opcode == 0x8:
                assert int.from_bytes(got.payload[:2], "big") in (4500, 1007, 1009), frame[:200]
                return
            if got.opcode == 0x1 and json.loads(got.content) == {"type": "pong", "n": 4711}:
                return


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(sorted(QUERIES)),
    names=st.lists(
        st.sampled_from(["status", "project", "q", "limit", "cursor", "after", "before", "download"]), max_size=4
    ),
    values=st.lists(st.text() | st.integers().map(str) | st.sampled_from(NUMBERS), min_size=4, max_size=4),
)
def test_queries_that_nobody_thought_of(target: Target, route: str, names: list[str], values: list[str]) -> None:
    pairs = [
        f"{name}={quote(value[:2000].encode('utf-8', 'surrogatepass'), safe='')}"
        for name, value in zip(names, values, strict=False)
    ]
    target.get(route.format(target.build), "&".join(pairs))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(["answer", "follow_up", "cancel", ""]),
    names=st.lists(
        st.sampled_from(
            ["decision", "request_id", "message", "prompt", "operation", "model", "name", "tags", "env", "cwd"]
        ),
        max_size=4,
    ),
    values=st.lists(anything, min_size=4, max_size=4),
)
def test_bodies_that_nobody_thought_of(target: Target, route: str, names: list[str], values: list[Any]) -> None:
    body = dict(zip(names, values, strict=False))
    if not route:
        body |= {"kind": "command", "command": [NOT_THERE]}
    target.post(f"builds/{target.build}/{route}" if route else "builds", body)
