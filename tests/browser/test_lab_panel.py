"""The panel, the tabs and what else the Lab extension adds, behind a base URL as a Hub gives it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.lab import TOKEN, LabServer, running_lab
from tests.browser.page import BuildPage
from tests.waiting import wait_until

pytestmark = pytest.mark.xdist_group("lab-panel")  # one server for all of them, which begins without builds

NOTEBOOK = """
import buildwidget as bw
build = bw.launch("while [ ! -e go-{name} ]; do sleep 0.05; done; echo gone", name="{name}", project="panel")
build
"""

APPEARED = """(name) => new Promise((resolve) => {
  const look = () => {
    const rows = [...document.querySelectorAll(".bw-build-name")];
    if (rows.some((row) => row.textContent === name)) { resolve(Date.now()); observer.disconnect(); }
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  look();
})"""


@pytest.fixture(scope="module")
def hub() -> Iterator[LabServer]:
    """A server below /user/alice/, whose user wants to hear of builds from one second on."""

    def prepare(server: LabServer) -> None:
        server.setting("@buildwidget/lab/panel", {"notificationThreshold": 1})

    with running_lab(prepare, base_url="/user/alice/") as server:
        yield server


class Panel:
    """The side panel of a page."""

    def __init__(self, page: BuildPage) -> None:
        self.notebook, self.page = page, page.page

    def show(self) -> Panel:
        self.notebook.command("buildwidget:show-panel")
        self.root.wait_for()
        return self

    @property
    def root(self) -> Locator:
        return self.page.locator(".bw-panel")

    def row(self, name: str) -> Locator:
        return self.root.locator(".bw-build").filter(has=self.page.locator(f'.bw-build-name:text-is("{name}")'))

    def choose(self, name: str, action: str) -> None:
        self.row(name).locator("[data-action=build-menu]").click()
        self.root.locator(f".bw-menu [data-action={action}]").click()


class Sockets:
    """The WebSockets to our route that a page has opened."""

    def __init__(self, page: Page) -> None:
        self.opened: list[str] = []
        page.on("websocket", lambda socket: self._note(socket.url))

    def _note(self, url: str) -> None:
        if url.endswith("buildwidget/ws"):
            self.opened.append(url)


def run_python(server: LabServer, code: str) -> str:
    """Runs code as a user's plain process would: no kernel, no server's environment."""
    return subprocess.run(
        [sys.executable, "-c", f"import buildwidget as bw\n{code}"],
        env=server.environment(),
        cwd=server.root,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()


def new_page(context: BrowserContext, server: LabServer, name: str, *cells: str) -> tuple[BuildPage, Sockets]:
    page = BuildPage(context.new_page(), server, server.notebook(f"{name}.ipynb", *cells))
    return page, Sockets(page.page)


def test_an_idle_page_has_no_socket_and_a_plain_process_is_seen_at_once(
    hub: LabServer, context: BrowserContext
) -> None:
    page, sockets = new_page(context, hub, "idle")
    page.open()
    expect(page.page.locator(".buildwidget-status")).to_have_attribute("data-count", "0")
    assert sockets.opened == []
    panel = Panel(page).show()
    expect(panel.root.get_by_text("No builds yet.")).to_be_visible()
    delays = [appearance_ms(hub, panel, f"plain {turn}") for turn in range(3)]
    assert sorted(delays)[1] < 500, delays
    assert len(sockets.opened) == 1


def appearance_ms(server: LabServer, panel: Panel, name: str) -> float:
    """Milliseconds from the creation of a build by another process to its row."""
    panel.page.evaluate(f"() => {{ globalThis.appeared = ({APPEARED})({name!r}); }}")
    created = run_python(server, f"print(bw.launch('true', name={name!r}).wait(timeout=30).info.created_at)")
    appeared: float = panel.page.evaluate("() => globalThis.appeared")
    return appeared - float(created)


def test_outputs_and_panel_share_one_socket(hub: LabServer, context: BrowserContext) -> None:
    cells = [NOTEBOOK.format(name=name) for name in ("first", "second")]
    page, sockets = new_page(context, hub, "shared", *cells)
    page.open()
    panel = Panel(page).show()
    page.run()
    views = page.page.locator(".jp-OutputArea .buildwidget[data-build]")
    expect(views).to_have_count(2)
    for name in ("first", "second"):
        expect(panel.row(name)).to_have_attribute("data-status", "running")
    for view in views.all():
        expect(view).to_have_attribute("data-connection", "live")
    expect(page.page.locator(".buildwidget-status")).to_have_attribute("data-count", "2")
    panel.row("first").locator(".bw-build-main").click()
    expect(panel.root.locator(".buildwidget[data-build]")).to_have_attribute("data-connection", "live")
    for name in ("first", "second"):
        (hub.root / f"go-{name}").touch()
    for view in views.all():
        expect(view).to_have_attribute("data-status", "succeeded")
    panel.page.keyboard.press("Escape")
    expect(panel.row("second")).to_have_attribute("data-status", "succeeded")
    assert [url.split("127.0.0.1")[1].split("/", 1)[1] for url in sockets.opened] == ["user/alice/buildwidget/ws"]
    assert page.errors == []


def test_a_build_of_another_notebook_goes_to_its_cell(hub: LabServer, context: BrowserContext) -> None:
    watching, _ = new_page(context, hub, "watching")
    watching.open()
    panel = Panel(watching).show()
    other, _ = new_page(context, hub, "other", "pass", NOTEBOOK.format(name="elsewhere"))
    other.open()
    other.run()
    expect(panel.row("elsewhere")).to_have_attribute("data-status", "running")
    (hub.root / "go-elsewhere").touch()
    expect(panel.row("elsewhere")).to_have_attribute("data-status", "succeeded")
    other.save()
    panel.choose("elsewhere", "go-to-cell")
    wait_until(
        lambda: (
            watching.page.evaluate(
                "() => { const panel = jupyterapp.shell.currentWidget;"
                " return [panel?.context?.path, panel?.content?.activeCell?.model.id]; }"
            )
            == ["other.ipynb", "cell-1"]
        ),
        timeout=30,
        what="the cell that launched the build",
    )


def test_form_retry_delete_copy_and_search(hub: LabServer, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, _ = new_page(context, hub, "doing")
    page.open()
    panel = Panel(page).show()
    page.command("buildwidget:launch")
    panel.root.get_by_role("textbox", name="Command").fill("exit 3")
    panel.root.get_by_label("Name", exact=True).fill("from the form")
    panel.page.keyboard.press("Enter")
    expect(panel.root.locator(".buildwidget[data-build]")).to_have_attribute("data-status", "failed")
    panel.page.keyboard.press("Escape")
    row = panel.row("from the form")
    panel.choose("from the form", "copy-attach")
    first = hub.get("buildwidget/api/builds?q=from+the+form")["builds"][0]["id"]
    assert page.page.evaluate("() => navigator.clipboard.readText()") == f'bw.attach("{first}")'
    row.hover()
    row.locator("[data-action=retry-build]").click()
    expect(row).to_have_count(2)
    retried = hub.get("buildwidget/api/builds?q=from+the+form")["builds"]
    assert [build.get("retry_of") for build in retried] == [first, None]
    panel.root.get_by_label("Search builds").fill("the form")
    expect(panel.root.locator(".bw-build")).to_have_count(2)
    old = panel.root.locator(f'[data-line="{first}"]')
    old.locator("[data-action=build-menu]").click()
    panel.root.locator(".bw-menu [data-action=delete]").click()
    old.locator("[data-action=confirm-delete]").click()
    expect(row).to_have_count(1)
    assert len(hub.get("buildwidget/api/builds?q=from+the+form")["builds"]) == 1
    panel.root.get_by_label("Status").select_option("succeeded")
    expect(panel.root.get_by_text("No build matches.")).to_be_visible()
    assert page.errors == []


def test_a_notification_shows_the_build_in_a_tab_that_comes_back(hub: LabServer, context: BrowserContext) -> None:
    page, _ = new_page(context, hub, "telling")
    page.open()
    Panel(page).show()
    run_python(hub, "bw.launch('sleep 1.5; exit 4', name='worth telling').wait(timeout=30)")
    toast = page.page.get_by_role("alert").filter(has_text="worth telling failed after")
    toast.get_by_text("Show").click()
    tab = page.page.locator(".buildwidget-tab .buildwidget")
    expect(tab).to_have_attribute("data-status", "failed")
    build_id = tab.get_attribute("data-build")
    with page.page.expect_response(lambda answer: "api/workspaces" in answer.url and answer.request.method == "PUT"):
        tab.click(position={"x": 5, "y": 5})
    page.page.goto(f"{hub.url}lab?token={TOKEN}")
    expect(page.page.locator(".buildwidget-tab .buildwidget")).to_have_attribute("data-build", str(build_id))
    expect(page.page.locator(".bw-panel")).to_be_visible()


def test_cancel_from_the_running_panel(hub: LabServer, context: BrowserContext) -> None:
    page, _ = new_page(context, hub, "stopping")
    page.open()
    Panel(page).show()
    run_python(hub, "bw.launch('sleep 60', name='to be stopped')")
    page.page.evaluate("() => globalThis.jupyterapp.shell.activateById('jp-running-sessions')")
    item = page.page.locator(".jp-RunningSessions-item").filter(has_text="to be stopped")
    item.hover()
    item.get_by_title("Cancel").click()
    wait_until(
        lambda: hub.get("buildwidget/api/builds?q=to+be+stopped")["builds"][0]["status"] == "cancelled",
        timeout=20,
        what="the build to be cancelled",
    )


def test_notebook_7(hub: LabServer, context: BrowserContext) -> None:
    page, sockets = new_page(context, hub, "seven", NOTEBOOK.format(name="seventh"))
    page.open_in_notebook()
    page.command("notebook:run-all-cells")
    build_id = page.build_id()
    page.wait_for("connection", "live")
    page.save()
    page.restart_kernel()
    page.refresh()
    assert page.build_id() == build_id
    page.wait_for("status", "running")
    panel = Panel(page).show()
    expect(panel.row("seventh")).to_have_attribute("data-status", "running")
    (hub.root / "go-seventh").touch()
    expect(page.page.locator(".jp-OutputArea .buildwidget[data-build]")).to_have_attribute("data-status", "succeeded")
    expect(panel.row("seventh")).to_have_attribute("data-status", "succeeded")
    assert len(sockets.opened) == 2  # one before the refresh, one after
    assert [error for error in page.errors if "buildwidget" in error] == []  # Notebook has errors of its own


MANY = """
from buildwidget.protocol.events import StatusEvent
from buildwidget.store.ids import new_build_id
from buildwidget.store.location import owner
from buildwidget.store.records import Draft, NewBuild
from buildwidget.store.store import Store
from buildwidget.store.process import ProcessIdentity
with Store.open() as store:
    for number in range(1000):
        new = NewBuild(new_build_id(), owner(), "command", number + 1, {}, project=f"many {number % 5}")
        store.create(new, [Draft(StatusEvent(at=number + 1, status="queued"))])
        store.claim(new.id, ProcessIdentity.of()).append([Draft(StatusEvent(at=number + 1, status="succeeded"))])
"""


def test_a_thousand_builds(hub: LabServer, context: BrowserContext) -> None:
    run_python(hub, MANY)
    page, _ = new_page(context, hub, "thousand")
    page.open()
    panel = Panel(page).show()
    lines = panel.root.locator("[data-testid=builds]")

    def reached_the_end() -> bool:
        lines.evaluate("(element) => { element.scrollTop = element.scrollHeight; }")
        return int(lines.get_attribute("data-count") or 0) >= 1000

    wait_until(reached_the_end, timeout=30, what="a thousand builds", every=0.1)
    assert panel.root.locator(".bw-build").count() < 120
    took: float = lines.evaluate(SCROLL_THROUGH)
    assert took < 100, f"a usual frame of scrolling took {took} ms"


SCROLL_THROUGH = """async (element) => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const frames = [];
  for (let step = 0; step < 40; step++) {
    element.scrollTop = element.scrollHeight * step / 40;
    const before = performance.now();
    await frame();
    await frame();
    frames.push((performance.now() - before) / 2);
  }
  return frames.sort((a, b) => a - b)[20];
}"""


def test_the_keyboard_is_enough(hub: LabServer, context: BrowserContext) -> None:
    run_python(hub, "bw.launch('true', name='keys').wait(timeout=30)")
    page, _ = new_page(context, hub, "keys")
    page.open()
    panel = Panel(page).show()
    expect(panel.root.get_by_label("Search builds")).to_be_focused()
    keyboard, row = page.page.keyboard, panel.row("keys")
    keyboard.type("keys")
    expect(panel.root.locator(".bw-build")).to_have_count(1)
    for _ in range(3):
        keyboard.press("Tab")
    expect(row.locator(".bw-build-main")).to_be_focused()
    keyboard.press("Enter")
    expect(panel.root.locator(".buildwidget[data-build]")).to_have_attribute("data-status", "succeeded")
    keyboard.press("Escape")
    expect(row.locator(".bw-build-main")).to_be_focused()
    keyboard.press("Delete")
    expect(panel.root.get_by_role("alertdialog")).to_be_visible()
    keyboard.press("Escape")
    expect(panel.root.get_by_role("alertdialog")).to_have_count(0)


def test_launcher_palette_and_the_panels_side(hub: LabServer, context: BrowserContext) -> None:
    page = BuildPage(context.new_page(), hub, hub.notebook("places.ipynb", "1"))
    page.open()
    panel = Panel(page).show()
    expect(panel.root.locator("xpath=ancestor::*[@id='jp-left-stack']")).to_have_count(1)
    hub.setting("@buildwidget/lab/panel", {"notificationThreshold": 1, "panelSide": "right"})
    page.open()  # a new layout: a restored one keeps the panel where the user had it
    panel.show()
    expect(panel.root.locator("xpath=ancestor::*[@id='jp-right-stack']")).to_have_count(1)
    hub.setting("@buildwidget/lab/panel", {"notificationThreshold": 1})
    page.command("launcher:create")
    card = page.page.locator(".jp-LauncherCard", has_text="build")
    expect(card).to_have_count(1)
    card.click()
    expect(panel.root.locator("form")).to_be_visible()
    page.command("apputils:activate-command-palette")
    page.page.locator("#modal-command-palette input, .jp-ModalCommandPalette input").first.fill("Builds")
    expect(page.page.locator(".lm-CommandPalette-item[data-command^='buildwidget:']")).to_have_count(3)
    assert page.errors == []
