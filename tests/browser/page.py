"""A notebook page in the browser, as the tests read and drive it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Locator, Page

from tests.browser.lab import TOKEN, LabServer
from tests.waiting import wait_until

MODEL = """([id, part]) => {
  const client = globalThis[Symbol.for("buildwidget.client")];
  if (!client) return null;
  const session = client.open(id);
  const model = session.get();
  session.close();
  return part.split(".").reduce((value, field) => (field ? value?.[field] : value), model) ?? null;
}"""
"""What the page's own client has of a build: the fold that its views draw, or a part of it."""


KERNEL_IS_IDLE = """() => {
  const panel = globalThis.jupyterapp?.shell.currentWidget;
  const session = panel?.sessionContext;
  return session?.isReady && session.session?.kernel?.status === "idle";
}"""


OPEN_INSTEAD = """async (path) => {
  const { commands, shell } = globalThis.jupyterapp;
  for (const document of [...shell.widgets("main")]) {
    await document.sessionContext?.shutdown();
    document.dispose();
  }
  await commands.execute("docmanager:open", { path });
}"""


class BuildPage:
    """One tab with one notebook; ``url`` is another way to the server, such as a proxy."""

    def __init__(self, page: Page, server: LabServer, notebook: str, url: str | None = None) -> None:
        self.page, self.server, self.notebook = page, server, notebook
        self.url = url or server.url
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self._devtools: CDPSession | None = None
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.accept()

    def open(self) -> None:
        self.page.goto(f"{self.url}lab/tree/{self.notebook}?reset&token={TOKEN}")
        self.ready()

    def open_in_notebook(self) -> None:
        """In Notebook 7, which has no workspace."""
        self.page.goto(f"{self.url}notebooks/{self.notebook}?token={TOKEN}")
        self.ready()

    def open_instead(self, notebook: str) -> None:
        """In the JupyterLab that is loaded, instead of all that is open in it; nothing of that is saved."""
        self.page.evaluate(OPEN_INSTEAD, notebook)
        self.ready()
        self.notebook = notebook
        self.dialogs.clear()
        self.errors.clear()

    def refresh(self) -> None:
        self.page.reload()
        self.ready()

    def ready(self) -> None:
        """The notebook is open and its kernel answers."""
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        self.page.wait_for_function(KERNEL_IS_IDLE, timeout=60_000)

    def run(self) -> None:
        self.command("notebook:run-all-cells")

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """Starts a command of JupyterLab without waiting for it (a dialog may hold it back)."""
        self.page.evaluate(
            "([name, arguments_]) => { void globalThis.jupyterapp.commands.execute(name, arguments_); }",
            [name, arguments or {}],
        )

    def save(self) -> None:
        self.page.evaluate("() => globalThis.jupyterapp.commands.execute('docmanager:save')")

    def set_offline(self, offline: bool) -> None:
        """Cuts this tab alone off the network, or gives it back."""
        conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        if self._devtools is None:
            self._devtools = self.page.context.new_cdp_session(self.page)
        self._devtools.send("Network.emulateNetworkConditions", conditions)

    def restart_kernel(self) -> None:
        self.command("kernelmenu:restart")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.ready()

    @property
    def view(self) -> Locator:
        return self.page.locator(".buildwidget[data-build]").first

    def build_id(self) -> str:
        """The build that the view shows."""
        self.view.wait_for(timeout=60_000)
        found: str = wait_until(lambda: self.view.get_attribute("data-build"), timeout=30, what="the id of the build")
        return found

    def attribute(self, name: str) -> str | None:
        return self.view.get_attribute(f"data-{name}")

    def wait_for(self, name: str, value: str, timeout: float = 60) -> None:
        """Waits until the view's ``data-<name>`` is the value."""
        wait_until(
            lambda: self.attribute(name) == value,
            timeout=timeout,
            what=f"data-{name} to be {value!r}, in {self.page.url}",
            every=0.05,
        )

    def model(self, build_id: str, part: str = "") -> Any:
        """What the page has of a build, or the field at a path like ``state.todos``; None where it has none.

        The whole is large: whoever waits for something asks for a part.
        """
        return self.page.evaluate(MODEL, [build_id, part])

    def seq(self, build_id: str) -> int:
        return self.model(build_id, "cursor.seq") or 0

    def wait_for_half(self, build_id: str) -> None:
        """The build stands half way, waiting for its ``go``, and the page shows all of it."""
        wait_until(lambda: self._stands_half_way(build_id), timeout=60, what="half of the build", every=0.1)

    def _stands_half_way(self, build_id: str) -> bool:
        todos = self.model(build_id, "state.todos") or []
        return len([todo for todo in todos if todo["status"] == "completed"]) == 5

    def assert_same_as_hydrated(self, build_id: str) -> dict[str, Any]:
        """What the page folded is what the database has, to the last field."""
        hydrated = self.server.hydrated(build_id)
        wait_until(lambda: self.seq(build_id) == hydrated["seq"], timeout=30, what=f"seq {hydrated['seq']} in the page")
        model = self.model(build_id)
        assert model["cursor"] == {"epoch": hydrated["epoch"], "seq": hydrated["seq"]}
        assert model["state"] == hydrated["state"]
        state: dict[str, Any] = hydrated["state"]
        return state
