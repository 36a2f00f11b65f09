"""A real JupyterLab server of the tests' own: fresh home, fresh database, one free port that survives restarts."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import wait_until

TOKEN = "browser-tests"
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def running_lab(prepare: Callable[[LabServer], object] | None = None, *, base_url: str = "/") -> Iterator[LabServer]:
    """A server in a fresh home, prepared before it starts; at the end it is closed and its home removed."""
    with tempfile.TemporaryDirectory(prefix="bw-lab-", ignore_cleanup_errors=True) as home:
        server = LabServer(Path(home), base_url=base_url)
        if prepare is not None:
            prepare(server)
        try:
            server.start()
            yield server
        finally:
            server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class LabServer:
    """JupyterLab in a directory of its own; kill() and start() again keep port, token and database."""

    def __init__(self, home: Path, base_url: str = "/", extra: tuple[str, ...] = ()) -> None:
        self.home, self.base_url, self.extra = home, base_url, extra
        self.status_route = "buildwidget/api/status"
        self.python_path = [str(ROOT)]
        self.root = home / "work"
        self.root.mkdir(parents=True)
        self.data = home / "buildwidget"
        self.setting("@jupyterlab/apputils-extension/notification", {"fetchNews": "false"})
        self._page_config(buildCheck=False)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._pids: set[tuple[int, float]] = set()
        self._link_labextension()

    def _link_labextension(self) -> None:
        """The extension as it was built last, before whatever copy of it is installed."""
        link = self.home / "path" / "labextensions" / "@buildwidget" / "lab"
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT / "jupyter_extension" / "labextension")

    def without_labextension(self) -> LabServer:
        """The same server whose pages draw outputs by the anywidget alone."""
        self._page_config(disabledExtensions={"@buildwidget/lab": True})
        return self

    def _page_config(self, **values: Any) -> None:
        file = self.home / "config" / "labconfig" / "page_config.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(before | values))

    def without_extension(self) -> LabServer:
        """The same server with our server extension switched off."""
        self.extra += ("--ServerApp.jpserver_extensions=jupyter_extension=False",)
        self.status_route = "api/status"
        return self

    def with_packages(self, target: Path) -> LabServer:
        """The same server with what ``pip install --target`` has put into a directory."""
        self.python_path.append(str(target))
        for extension in (target / "share" / "jupyter" / "labextensions").glob("@*/*"):
            link = self.home / "path" / "labextensions" / extension.parent.name / extension.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(extension)
        shutil.copytree(target / "etc" / "jupyter", self.home / "config", dirs_exist_ok=True)
        return self

    def setting(self, plugin: str, values: dict[str, Any]) -> None:
        """Presets a plugin's setting, as a user would have saved it."""
        file = self.home / "config" / "lab" / "user-settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "BUILDWIDGET"))}
        return kept | {
            "HOME": str(self.home),
            "BUILDWIDGET_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "JUPYTER_PATH": str(self.home / "path"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "PYTHONPATH": os.pathsep.join(self.python_path),
        }

    def start(self) -> None:
        arguments = [
            f"--ServerApp.root_dir={self.root}",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.base_url={self.base_url}",
            f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--ServerApp.jpserver_extensions=jupyter_lsp=False",  # starts Node and npm to look for language servers
            *self.extra,
        ]
        log = (self.home / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env=self.environment(),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        log.close()
        wait_until(
            self._answers, timeout=60, what=f"the server at {self.url}; see {self.home / 'server.log'}", every=0.1
        )

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError((self.home / "server.log").read_text()[-4000:])
        try:
            return bool(self.get(self.status_route))
        except OSError:
            return False

    def get(self, route: str) -> Any:
        request = urllib.request.Request(self.url + route, headers={"Authorization": f"token {TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def delete(self, build_id: str) -> None:
        request = urllib.request.Request(
            f"{self.url}buildwidget/api/builds/{build_id}", method="DELETE", headers={"Authorization": f"token {TOKEN}"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def hydrated(self, build_id: str) -> dict[str, Any]:
        hydrated: dict[str, Any] = self.get(f"buildwidget/api/builds/{build_id}")
        return hydrated

    def kill(self) -> None:
        """kill -9 of the server alone: kernels and runners are left to themselves."""
        assert self.process is not None
        self._remember_children()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _remember_children(self) -> None:
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            self._pids.add((child.pid, child.create_time()))

    def close(self) -> None:
        """Ends the server and whatever its builds and kernels left."""
        if self.process is not None:
            self._remember_children()
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for process in psutil.process_iter(["environ", "create_time"]):
            environ = process.info["environ"] or {}
            known = (process.pid, process.info["create_time"]) in self._pids
            if known or environ.get("BUILDWIDGET_DATA_DIR") == str(self.data):
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue

    def notebook(self, name: str, *cells: str) -> str:
        """Writes a notebook of these code cells into the root directory."""
        content = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{index}",
                    "source": source,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for index, source in enumerate(cells)
            ],
        }
        (self.root / name).write_text(json.dumps(content))
        return name
