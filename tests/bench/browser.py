"""A page in a real Chromium, in a process of its own: Playwright's driver keeps an event loop running."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, CDPSession, Error, Page, Route, sync_playwright

from tests.bench.child import Child, serve
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.find_chromium import find

HERE: Final = Path(__file__).parent
WIDGET: Final = HERE.parents[1] / "buildwidget" / "static" / "widget.js"
TYPES: Final = {".html": "text/html", ".js": "text/javascript"}
TRACED: Final = ("toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline")


class _Driver:
    """The browser's side: each method answers the command of its name."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._session: CDPSession | None = None

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carries out a command; tells its value, or what the browser says went wrong."""
        method: Callable[..., Any] = getattr(self, command.pop("do"))
        try:
            return {"value": method(**command)}
        except Error as error:
            return {"error": str(error)}

    def open(self, url: str, token: str) -> None:
        """A page of the server's origin that has the bench's scripts, logged in by a cookie."""
        context = self._browser.new_context(viewport={"width": 1000, "height": 800})
        self._page = page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{url}api/status?token={token}")
        page.route(f"{url}bench/*", _serve)
        self._session = context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._session.send("HeapProfiler.enable")
        page.goto(f"{url}bench/index.html")

    def reload(self) -> None:
        """The page anew, with its scripts run."""
        self._of_page.reload()
        self._of_page.wait_for_function("() => 'bench' in globalThis")

    def evaluate(self, script: str, argument: Any) -> Any:
        return self._of_page.evaluate(script, argument)

    def spent(self) -> dict[str, float]:
        """Seconds of processor time of the page's main thread since it was opened, by what it did."""
        assert self._session is not None
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        found = {metric["name"]: metric["value"] for metric in metrics}
        return {name: found[name] for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")}

    def heap(self) -> float:
        """Bytes of the JavaScript heap after a garbage collection."""
        assert self._session is not None
        for _ in range(2):
            self._session.send("HeapProfiler.collectGarbage")
        return float(self._session.send("Runtime.getHeapUsage")["usedSize"])

    def trace(self) -> None:
        """Begin to note the main thread's tasks."""
        self._browser.start_tracing(page=self._of_page, categories=list(TRACED))

    def tasks(self) -> list[dict[str, float]]:
        """The tasks of the page's main thread since ``trace``: how long each took, and its processor time, ms."""
        events = json.loads(self._browser.stop_tracing())["traceEvents"]
        return _tasks(events)

    @property
    def _of_page(self) -> Page:
        assert self._page is not None, "no page was opened"
        return self._page


def _serve(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    file = WIDGET if name == WIDGET.name else HERE / "page" / name
    if not file.exists():
        route.fulfill(status=404)
        return
    route.fulfill(body=file.read_text(), content_type=TYPES[file.suffix])


def _tasks(events: list[dict[str, Any]]) -> list[dict[str, float]]:
    renderer = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    busy = {(event["pid"], event["tid"]) for event in events if event.get("name") == "ParseHTML"} & renderer
    return [
        {"ms": event["dur"] / 1000, "cpu_ms": event.get("tdur", event["dur"]) / 1000}
        for event in events
        if event.get("name") == "RunTask" and "dur" in event and (event["pid"], event["tid"]) in (busy or renderer)
    ]


class BrowserPage(Child):
    """A page in a Chromium of its own; a context manager. The browser starts while its caller goes on."""

    def __init__(self) -> None:
        super().__init__("tests.bench.browser")

    def open(self, url: str, token: str) -> None:
        """Open a page of the server's origin that has the bench's scripts."""
        self.call("open", url=url, token=token)

    def call(self, name: str, **arguments: Any) -> Any:
        """Carry out a command; RuntimeError says what went wrong in the browser."""
        answer = self.ask(do=name, **arguments)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run a function in the page, awaited if it is a promise's."""
        return self.call("evaluate", script=script, argument=argument)


def main() -> None:
    executable = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        serve(_Driver(browser).obey)
        browser.close()


if __name__ == "__main__":
    main()
