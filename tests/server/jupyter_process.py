"""A real Jupyter server in a process of its own, and HTTP clients that log in as scripts and as browsers do."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.waiting import wait_until

OWNER = "tester"
REPOSITORY = Path(__file__).resolve().parents[2]
OTHER_EXTENSIONS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals", "nbclassic")


@dataclass(frozen=True)
class Response:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error object; fails unless the body is one."""
        assert self.headers["content-type"] == "application/json", (self.status, self.headers, self.body[:500])
        body = self.json()
        assert set(body) == {"error"}, body
        assert {"code", "message"} <= set(body["error"]), body
        return dict(body["error"])


@dataclass
class Client:
    """Sends every request on a connection of its own, with ``headers`` unless the request has others."""

    server: JupyterServer
    headers: dict[str, str] = field(default_factory=dict)

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **query: Any
    ) -> Response:
        """``path`` is below ``buildwidget/api/``, or absolute below the base URL if it starts with a slash."""
        target = self.server.base_url + (path[1:] if path.startswith("/") else f"buildwidget/api/{path}")
        if query:
            target += "?" + urlencode(query)
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request(method, target, content, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        cookies = tuple(value for name, value in answer.getheaders() if name.lower() == "set-cookie")
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content, cookies)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Response:
        return self.request("GET", path, None, headers, **query)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("POST", path, {} if body is None else body, headers)

    def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("DELETE", path, None, headers)


class JupyterServer:
    """One server on 127.0.0.1 with directories of its own below ``directory``.

    Args:
        directory: home, configuration, data and the builds database live below it.
        base_url: the prefix, with slashes around.
        config: more configuration, e.g. ``{"ServerApp": {"allow_unauthenticated_access": False}}``.
        env: more environment variables; None as a value removes one.
    """

    def __init__(
        self,
        directory: Path,
        *,
        base_url: str = "/",
        config: Mapping[str, Mapping[str, Any]] | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        self.directory = directory
        self.base_url = base_url
        self.token = secrets.token_hex(16)
        self.port = _free_port()
        self.data_dir = directory / "builds"
        self.database_url = f"sqlite:///{self.data_dir}/builds.db"
        self.root_dir = directory / "root"
        self.log_path = directory / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._environment = self._make_environment(env or {})
        self._write_config(config or {})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{self.base_url}buildwidget/ws"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, *, until: str = "status", patience: float = 40) -> JupyterServer:
        """Starts it (again, on the same port and with the same token) and waits until a route answers."""
        command = [sys.executable, "-m", "jupyter_server", "--no-browser"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.root_dir, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(lambda: self._answers(until), timeout=patience, what="the Jupyter server to answer", every=0.05)
        return self

    def stop(self, sig: int = signal.SIGTERM) -> int | None:
        """Ends it with a signal; SIGKILL follows after 15 s. Gives its exit code; None if it is not running."""
        process, self.process = self.process, None
        if process is None:
            return None
        try:
            process.send_signal(sig)
            return process.wait(timeout=15)
        finally:
            process.kill()
            process.wait()

    def with_token(self) -> Client:
        """A script: an Authorization header, no cookies."""
        return Client(self, {"Authorization": f"token {self.token}"})

    def with_cookie(self, *, xsrf: bool = True) -> Client:
        """A browser that opened a page with ``?token=``: login cookie, Origin, and the XSRF header."""
        answer = self.anonymous().get("/tree", token=self.token)
        if not answer.cookies:
            raise AssertionError(f"no cookies: {answer.status} {answer.body[:300]!r}")
        cookies: SimpleCookie = SimpleCookie()
        for line in answer.cookies:
            cookies.load(line)
        page = self.anonymous()
        page.headers["Cookie"] = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.items())
        # The login page sets _xsrf when it renders; a page that redirects has none yet.
        if "_xsrf" not in cookies:
            more = page.get("/login")
            for line in more.cookies:
                cookies.load(line)
        headers = {"Cookie": "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.items())}
        headers["Origin"] = self.origin
        if xsrf:
            headers["X-XSRFToken"] = cookies["_xsrf"].value
        return Client(self, headers)

    def anonymous(self) -> Client:
        return Client(self)

    def _answers(self, route: str) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log[-4000:]}")
        try:
            status = self.with_token().get(route).status
        except OSError:
            return False
        if status == 404:  # routes are there before the port is open
            raise AssertionError(f"the extension was not loaded:\n{self.log[-4000:]}")
        return status in (200, 503)

    def _make_environment(self, more: Mapping[str, str | None]) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_", "BUILDWIDGET"))
        }
        values: dict[str, str | None] = {
            **kept,
            "HOME": str(self.directory / "home"),
            "JUPYTER_CONFIG_DIR": str(self.directory / "config"),
            "JUPYTER_CONFIG_PATH": str(self.directory / "config"),
            "JUPYTER_DATA_DIR": str(self.directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.directory / "runtime"),
            "JUPYTER_PLATFORM_DIRS": "1",
            "BUILDWIDGET_DATA_DIR": str(self.data_dir),
            "BUILDWIDGET_OWNER": OWNER,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])),
            **more,
        }
        for name in ("home", "config", "data", "runtime", "root"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        return {name: value for name, value in values.items() if value is not None}

    def _write_config(self, more: Mapping[str, Mapping[str, Any]]) -> None:
        config: dict[str, dict[str, Any]] = {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": self.port,
                "port_retries": 0,
                "base_url": self.base_url,
                "open_browser": False,
                "root_dir": str(self.root_dir),
                "jpserver_extensions": {"jupyter_extension": True, **dict.fromkeys(OTHER_EXTENSIONS, False)},
            },
            "IdentityProvider": {"token": self.token},
        }
        for section, values in more.items():
            config.setdefault(section, {}).update(values)
        (self.directory / "config" / "jupyter_server_config.json").write_text(json.dumps(config))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
