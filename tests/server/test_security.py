"""Every route of ours, as the running server's own router tells them: who may use it, and who may not.

One server is what Jupyter is by default; the other demands authentication of every handler and stands behind a prefix.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from buildwidget.protocol.events import ArtifactEvent, MetricEvent, ToolEvent
from buildwidget.store.store import Store
from tests.server.jupyter_process import OWNER, Client, JupyterServer, Response
from tests.server.probes import DENY, ROUTES_FILE
from tests.server.stored import StoredBuild, now

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
FOREIGN = "https://evil.example"
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
ACTIONS = {"GET": "read", "HEAD": "read", "POST": "execute", "DELETE": "write"}
EXPECTED_ROUTES = {
    "builds": ["GET", "POST"],
    "builds/{id}": ["GET", "DELETE"],
    "builds/{id}/events": ["GET"],
    "builds/{id}/log": ["GET"],
    "builds/{id}/metrics": ["GET"],
    "builds/{id}/tools/{}": ["GET"],
    "builds/{id}/displays/{}": ["GET"],
    "builds/{id}/artifacts/{}": ["GET"],
    "builds/{id}/cancel": ["POST"],
    "builds/{id}/retry": ["POST"],
    "builds/{id}/follow_up": ["POST"],
    "builds/{id}/answer": ["POST"],
    "stream": ["GET"],
    "status": ["GET"],
    "/buildwidget/ws": ["GET"],
    "/buildwidget/{rest}": ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT"],
}

NEEDED = {"stream": "?watch=1", "builds/{id}/metrics": "?name=loss"}
"""The parameters without which a route is not understood."""


@dataclass(frozen=True)
class Route:
    """A route with a path that exists."""

    name: str
    path: str
    methods: tuple[str, ...]

    @property
    def is_socket(self) -> bool:
        return self.name == "/buildwidget/ws"

    @property
    def is_content(self) -> bool:
        return "displays" in self.name or "artifacts" in self.name

    def token_query(self, site: Site) -> str:
        return f"{'&' if '?' in self.path else '?'}token={site.server.token}"

    def ask(self, client: Client, method: str, headers: dict[str, str] | None = None, query: str = "") -> Response:
        headers = {**(UPGRADE if self.is_socket else {}), **(headers or {})}
        return client.request(method, self.path + query, {} if method in CHANGES else None, headers)


@dataclass(frozen=True)
class Site:
    """A server, its routes, and what its routes would give away."""

    server: JupyterServer
    routes: tuple[Route, ...]
    build: str
    secret: str = "told-only-to-friends"

    def cases(self, methods: set[str] | None = None) -> Iterator[tuple[Route, str]]:
        for route in self.routes:
            for method in route.methods:
                if methods is None or method in methods:
                    yield route, method


def _start(directory: Path, **arguments: object) -> JupyterServer:
    routes_file = directory / "routes.json"
    config = {
        "ServerApp": {
            "authorizer_class": "tests.server.probes.ObedientAuthorizer",
            **arguments.pop("server_config", {}),  # type: ignore[dict-item] # a dict, as below
        }
    }
    server = JupyterServer(directory, config=config, env={ROUTES_FILE: str(routes_file)}, **arguments)  # type: ignore[arg-type] # as told
    path = directory / "config" / "jupyter_server_config.json"
    written = json.loads(path.read_text())
    written["ServerApp"]["jpserver_extensions"]["tests.server.probes"] = True
    path.write_text(json.dumps(written))
    return server.start()


# One server for all tests of a parameter, though they run in several processes.
SITES: Final = [
    pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("default", "strict, behind a prefix")
]


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    strict = {"base_url": "/user/alice/", "server_config": {"allow_unauthenticated_access": False}}
    server = _start(directory, **(strict if request.param != "default" else {}))
    try:
        with Store.open(server.database_url) as store:
            build = _build_with_a_secret(store, directory)
            yield Site(server, tuple(_routes(server, directory, build)), build)
    finally:
        server.stop()


def _build_with_a_secret(store: Store, directory: Path) -> str:
    (directory / "artifact.txt").write_text(Site.secret)
    spec = {"command": "true", "cwd": str(directory), "python": sys.executable, "env": {}, "secret_names": []}
    build = StoredBuild(store, name=Site.secret, spec=spec)
    build.log(Site.secret).append(
        ToolEvent(at=now(), id="t", name="Bash", state="running", input=Site.secret),
        ArtifactEvent(at=now(), name="a", path="artifact.txt"),
        MetricEvent(at=now(), name="loss", points=[(0, 1.0, now())]),
    )
    return build.display("d", "text/plain", Site.secret.encode()).id


def _routes(server: JupyterServer, directory: Path, build: str) -> Iterator[Route]:
    for route in json.loads((directory / "routes.json").read_text()):
        pattern = route["pattern"].removeprefix(server.base_url).removesuffix("$")
        path = pattern.replace(r"builds/([^/]+)", f"builds/{build}").replace("(.*)", "anything")
        for folder, name in (("tools", "t"), ("displays", "d"), ("artifacts", "0")):
            path = path.replace(f"{folder}/([^/]+)", f"{folder}/{name}")
        assert re.fullmatch(route["pattern"], server.base_url + path), route
        name = re.sub(r"\(\[\^/\]\+\)", "{}", pattern).replace("builds/{}", "builds/{id}").replace("(.*)", "{rest}")
        name = name.removeprefix("buildwidget/api/") if "/api/" in name else f"/{name}"
        path = f"/{path}{NEEDED.get(name, '')}"
        yield Route(name, path, tuple(method for method in route["methods"] if method != "OPTIONS"))


def test_the_router_holds_the_routes_of_the_protocol_and_no_others(site: Site) -> None:
    assert {route.name: sorted(route.methods) for route in site.routes} == {
        name: sorted(methods) for name, methods in EXPECTED_ROUTES.items()
    }


def refused(site: Site, answer: Response, what: object, *statuses: int) -> None:
    """The answer says no, in JSON, and gives nothing away."""
    assert answer.status in (statuses or (403,)), (what, answer.status, answer.body[:300])
    assert site.secret.encode() not in answer.body, what
    assert b"Traceback" not in answer.body, what
    assert b"<html" not in answer.body.lower(), what
    assert answer.headers.get("access-control-allow-origin", "") in ("", "null"), what
    if answer.body:
        assert answer.error["code"], what


def test_without_credentials_nothing_is_told(site: Site) -> None:
    before = _fingerprint(site)
    anonymous = site.server.anonymous()
    for route, method in site.cases():
        refused(site, route.ask(anonymous, method), (route, method))
        refused(site, route.ask(anonymous, method, {"Authorization": "token wrong"}), (route, method))
        refused(site, route.ask(anonymous, method, {"Origin": FOREIGN}), (route, method))
    assert before == _fingerprint(site)


def test_methods_that_a_route_has_not_are_refused(site: Site) -> None:
    for route in site.routes:
        for method in {"GET", "HEAD", *CHANGES} - set(route.methods):
            refused(site, route.ask(site.server.anonymous(), method), (route, method), 403, 405)
            refused(site, route.ask(site.server.with_token(), method), (route, method), 405)


def test_preflights_open_nothing(site: Site) -> None:
    for route in site.routes:
        for client in (site.server.anonymous(), site.server.with_cookie()):
            headers = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
            answer = client.request("OPTIONS", route.path, None, headers)
            assert answer.headers.get("access-control-allow-origin", "") == "", route
            assert answer.headers.get("access-control-allow-credentials", "") == "", route
            assert site.secret.encode() not in answer.body


def test_a_page_of_another_origin_is_refused_though_the_browser_sends_the_cookie(site: Site) -> None:
    before = _fingerprint(site)
    for browser in (site.server.with_cookie(), site.server.with_cookie(xsrf=False)):
        for route, method in site.cases():
            for origin in (FOREIGN, "null", site.server.origin.replace("127.0.0.1", "127.0.0.2")):
                refused(site, route.ask(browser, method, {"Origin": origin}), (route, method, origin))
    assert before == _fingerprint(site)


def test_another_host_is_refused(site: Site) -> None:
    # A page of evil.example whose name was pointed to 127.0.0.1 after it was loaded.
    for route, method in site.cases():
        headers = {"Host": f"evil.example:{site.server.port}", "Origin": f"http://evil.example:{site.server.port}"}
        for client in (site.server.with_cookie(), site.server.with_token()):
            refused(site, route.ask(client, method, headers), (route, method))


def test_a_cookie_without_the_xsrf_token_changes_nothing(site: Site) -> None:
    before = _fingerprint(site)
    browser = site.server.with_cookie(xsrf=False)
    for route, method in site.cases(CHANGES):
        for headers in ({}, {"X-XSRFToken": "wrong"}, {"Origin": ""}, {"Referer": site.server.url}):
            refused(site, route.ask(browser, method, headers), (route, method, headers))
    assert before == _fingerprint(site)


def test_a_cookie_without_the_xsrf_token_reads_as_everywhere_in_jupyter(site: Site) -> None:
    browser = site.server.with_cookie(xsrf=False)
    for route, method in site.cases({"GET"}):
        if route.is_content:
            # What a foreign page could include (as an image, say) needs the token, or a Referer of ours.
            refused(site, route.ask(browser, method), (route, method))
            refused(site, route.ask(browser, method, {"Referer": FOREIGN}), (route, method))
            assert route.ask(browser, method, {"Referer": site.server.url}).status == 200, route
        elif route.name != "stream":
            assert route.ask(browser, method).status in (101, 200, 404), route


def test_with_cookie_and_xsrf_token_or_with_a_token_every_route_answers(site: Site) -> None:
    for client in (site.server.with_cookie(), site.server.with_token()):
        for route, method in site.cases({"GET"}):
            if route.name == "stream":
                continue  # answers for ever; tests/server/test_stream.py reads it
            expected = {"/buildwidget/ws": 101, "/buildwidget/{rest}": 404}.get(route.name, 200)
            assert route.ask(client, method).status == expected, route
        for route, method in site.cases({"POST"}):
            assert route.ask(client, method).status not in (401, 403, 405, 500), route


def test_the_authorizer_is_asked_for_the_action_of_each_route(site: Site) -> None:
    client, before = site.server.with_token(), _fingerprint(site)
    needed = {
        (route, method): "read" if route.name == "/buildwidget/{rest}" else ACTIONS[method]
        for route, method in site.cases(set(ACTIONS))
    }
    for (route, method), action in needed.items():
        refused(site, route.ask(client, method, {DENY: action}), (route, method))
    assert before == _fingerprint(site)
    for (route, method), action in needed.items():
        if route.name != "stream":
            others = ",".join({"read", "execute", "write"} - {action})
            assert route.ask(client, method, {DENY: others}).status not in (403, 500), (route, method)


def test_what_nobody_foresaw_is_told_to_the_log_alone(site: Site) -> None:
    for route, method in site.cases():
        answer = route.ask(site.server.with_token(), method, {DENY: "raise"})
        refused(site, answer, (route, method), 500)
        assert b"nobody's business" not in answer.body
        if answer.body:
            assert answer.error["code"] == "internal", route
    assert "nobody's business" in site.server.log


def test_a_token_in_an_address_is_never_logged(site: Site) -> None:
    query = f"token={site.server.token}"
    for route, method in site.cases():
        if route.name == "stream":
            continue
        separator = "&" if "?" in route.path else "?"
        for headers in ({}, {"Origin": FOREIGN}, {DENY: "read,execute,write"}, {DENY: "raise"}):
            if method == "DELETE" and not headers.get(DENY):
                continue
            route.ask(site.server.anonymous(), method, headers, separator + query)
        route.ask(site.server.anonymous(), "GET", None, f"{separator}{query}&limit=x")
    assert site.server.token not in site.server.log


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1:1", "https://127.0.0.1", "evil", "file://"])
def test_a_foreign_page_with_a_token_in_the_address_is_refused(site: Site, origin: str) -> None:
    before = _fingerprint(site)
    for route, method in site.cases():
        answer = route.ask(site.server.anonymous(), method, {"Origin": origin}, route.token_query(site))
        refused(site, answer, (route, method))
        # As an additional one it opens nothing either.
        both = {"Origin": origin, "Authorization": f"token {site.server.token}"}
        refused(site, route.ask(site.server.anonymous(), method, both, route.token_query(site)), (route, method))
    assert before == _fingerprint(site)


def test_a_form_of_a_foreign_page_with_a_token_is_refused(site: Site) -> None:
    before, client = _fingerprint(site), site.server.anonymous()
    headers = {"Origin": FOREIGN, "Content-Type": "application/x-www-form-urlencoded"}
    body = f'{{"kind":"command","command":"true","name":"&token={site.server.token}&"}}'.encode()
    for route, method in site.cases({"POST"}):
        refused(site, client.request(method, route.path, body, headers), (route, method))
    assert before == _fingerprint(site)


def test_a_token_in_the_address_works_for_scripts_and_for_pages_of_this_server(site: Site) -> None:
    for headers in ({}, {"Origin": site.server.origin}):
        for route, method in site.cases({"GET"}):
            if route.name != "stream":
                expected = {"/buildwidget/ws": 101, "/buildwidget/{rest}": 404}.get(route.name, 200)
                answer = route.ask(site.server.anonymous(), method, headers, route.token_query(site))
                assert answer.status == expected, (route, headers)


def test_a_token_in_the_header_works_from_anywhere(site: Site) -> None:
    for route, method in site.cases({"GET"}):
        if route.name != "stream":
            expected = {"/buildwidget/ws": 101, "/buildwidget/{rest}": 404}.get(route.name, 200)
            assert route.ask(site.server.with_token(), method, {"Origin": FOREIGN}).status == expected, route


def _fingerprint(site: Site) -> list[object]:
    """What a request may have changed: which builds there are, and what they were asked for."""
    with Store.open(site.server.database_url) as store:
        return [(build.id, store.commands(build.id)) for build in store.summaries(OWNER).builds]
