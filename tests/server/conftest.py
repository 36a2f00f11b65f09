"""Real Jupyter servers for the tests of this directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from buildwidget.store.store import Store
from tests.server.jupyter_process import Client, JupyterServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server with the default settings, shared by all tests of this process; do not stop it."""
    shared = JupyterServer(tmp_path_factory.mktemp("server"))
    try:
        yield shared.start()
    finally:
        shared.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., JupyterServer]]:
    """Starts servers of the test's own; takes what ``JupyterServer`` takes. They end with the test.

    ``before`` is called with the server before it starts; ``until`` is the route that must answer.
    """
    started: list[JupyterServer] = []

    def start(
        directory: Path | None = None,
        *,
        before: Callable[[JupyterServer], object] | None = None,
        until: str = "status",
        **arguments: Any,
    ) -> JupyterServer:
        own = JupyterServer(directory or tmp_path / f"server-{len(started)}", **arguments)
        started.append(own)
        if before is not None:
            before(own)
        return own.start(until=until)

    try:
        yield start
    finally:
        for own in started:
            own.stop()


@pytest.fixture(scope="session")
def client(server: JupyterServer) -> Client:
    """A script with the token of the shared server."""
    return server.with_token()


@pytest.fixture(scope="session")
def browser(server: JupyterServer) -> Client:
    """A page of the shared server: cookies and XSRF token, no token in the URL."""
    return server.with_cookie()


@pytest.fixture(scope="session")
def store(server: JupyterServer) -> Iterator[Store]:
    """The shared server's database, opened a second time in this process."""
    with Store.open(server.database_url) as opened:
        yield opened
