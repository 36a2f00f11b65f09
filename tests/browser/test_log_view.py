"""How the log scrolls in a real browser: the view alone, fed by a script."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.waiting import wait_until

FRONTEND = Path(__file__).parents[2] / "buildwidget" / "frontend"
ORIGIN = "http://harness.invalid/"
TYPES = {".html": "text/html", ".js": "text/javascript"}

POUR = "async ([perSecond, seconds]) => { await harness.pour(harness.session, perSecond, seconds); }"
TOP_LINE = """() => {
  const log = document.querySelector("[data-testid=log]");
  const { top } = log.getBoundingClientRect();
  for (const line of log.querySelectorAll("[data-line]")) {
    const place = line.getBoundingClientRect();
    if (place.bottom > top) return [Number(line.dataset.line), place.top - top];
  }
}"""
"""The first line in sight, and how far from the log's top it begins."""

UNCOVERED = """() => {
  const log = document.querySelector("[data-testid=log]");
  const lines = [...log.querySelectorAll("[data-line]")].map((line) => line.getBoundingClientRect());
  const { top, bottom } = log.getBoundingClientRect();
  return Math.max(lines[0].top - top, bottom - lines.at(-1).bottom);
}"""
"""How many px of the log show no line, above or below those drawn; its padding is not more than 5."""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("harness")
    subprocess.run(["node", FRONTEND / "core/view/harness/build.mjs", directory], check=True)
    return directory


@pytest.fixture
def log(context: BrowserContext, harness: Path) -> Page:
    def serve(route: Route) -> None:
        file = harness / route.request.url.split("?")[0].rsplit("/", 1)[1]
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])

    page = context.new_page()
    page.route(f"{ORIGIN}**", serve)
    page.goto(f"{ORIGIN}index.html?scenario=command&fold=0")
    page.locator("[data-testid=log]").hover()
    page.evaluate(POUR, [10_000, 0.3])
    _until(page, lambda: _log(page, "following") == "true" and _log(page, "last") == "3040")
    return page


def test_the_log_follows_its_end_until_the_reader_scrolls_up(log: Page) -> None:
    assert (
        log.evaluate(
            "() => { const e = document.querySelector('[data-testid=log]');"
            " return e.scrollHeight - e.scrollTop - e.clientHeight }"
        )
        <= 1
    )
    log.mouse.wheel(0, -400)
    _until(log, lambda: _log(log, "following") == "false")
    before = log.evaluate(TOP_LINE)
    log.evaluate(POUR, [10_000, 0.2])
    log.get_by_text("2,000 new lines").wait_for()
    assert log.evaluate(TOP_LINE) == before
    log.get_by_text("2,000 new lines").click()
    _until(log, lambda: log.locator('[data-line="5040"]').is_visible())


def test_wherever_the_reader_goes_there_are_lines(log: Page) -> None:
    for step in (-400, -7_000, -300, 9_000, -100_000, 600):
        _scroll(log, step)
        _until(log, lambda: log.evaluate(UNCOVERED) <= 5)


def _scroll(log: Page, step: int) -> None:
    top = log.evaluate(TOP_LINE)
    log.mouse.wheel(0, step)
    _until(log, lambda: log.evaluate(TOP_LINE) != top)


def test_a_long_line_wraps_and_a_narrow_log_keeps_its_place(log: Page) -> None:
    long = [["stdout", f"{number} " + "y" * 4_000] for number in range(200)]
    log.evaluate(
        "(lines) => harness.session.apply([{ type: 'log', at: Date.now(), lines,"
        " first: harness.session.get().state.log.count + 1 }])",
        long,
    )
    _until(log, lambda: log.locator('[data-line="3240"]').is_visible())
    log.mouse.wheel(0, -5_000)
    _until(log, lambda: _log(log, "following") == "false")
    number = log.evaluate(TOP_LINE)[0]
    log.set_viewport_size({"width": 360, "height": 700})
    _until(log, lambda: log.evaluate(TOP_LINE)[0] in (number, number + 1) and log.evaluate(UNCOVERED) <= 5)
    assert log.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


DRAW = """(rows) => harness.session.apply([{ type: "log", at: Date.now(), lines: [], open: { stdout: rows },
  first: harness.session.get().state.log.count + 1 }])"""
SELECTED = "() => getSelection().toString()"


def test_rows_that_are_still_drawn_are_followed_and_do_not_move_what_is_read(log: Page) -> None:
    def picture(frame: int) -> list[str]:
        return [f"row {row} of frame {frame}" if row else "title" for row in range(50)]

    def last_row_is_at_the_end() -> bool:
        return bool(log.evaluate(UNCOVERED) <= 5 and log.locator('[data-open="true"]').last.is_visible())

    for frame in range(3):
        log.evaluate(DRAW, picture(frame))
        _until(log, lambda frame=frame: log.get_by_text(f"row 49 of frame {frame}").is_visible())
        _until(log, last_row_is_at_the_end)
        assert _log(log, "following") == "true"
    log.mouse.wheel(0, -5_000)
    _until(log, lambda: _log(log, "following") == "false")
    before = log.evaluate(TOP_LINE)
    log.evaluate(DRAW, [*picture(3), *picture(4)])
    log.evaluate(POUR, [1_000, 0.1])
    assert log.evaluate(TOP_LINE) == before
    log.locator("[data-action=follow]").click()
    _until(log, last_row_is_at_the_end)


def test_text_that_is_selected_in_a_row_stays_selected_while_others_are_drawn(log: Page) -> None:
    log.evaluate(DRAW, ["title", "copy 10%"])
    log.get_by_text("title", exact=True).click(click_count=3)
    _until(log, lambda: "title" in log.evaluate(SELECTED))
    log.evaluate(DRAW, ["title", "copy 20%"])
    log.get_by_text("copy 20%").wait_for()
    assert "title" in log.evaluate(SELECTED)


def test_a_line_that_was_searched_for_stands_in_the_middle(log: Page) -> None:
    log.locator("[data-action=search]").click()
    log.keyboard.type("object_1234.o")
    log.locator("mark").first.wait_for()
    log.keyboard.press("Enter")
    log.locator('[data-line="1234"][data-lit="true"]').wait_for()
    middle = (
        "() => { const log = document.querySelector('[data-testid=log]').getBoundingClientRect();"
        " const hit = document.querySelector('[data-lit=true]').getBoundingClientRect();"
        " return (hit.top + hit.bottom - log.top - log.bottom) / 2 }"
    )
    _until(log, lambda: abs(log.evaluate(middle)) <= 6)


LONG_LOG = """() => {
  const lines = Array.from({ length: 100_000 }, (_, n) => ["stdout", `number ${n + 1}`]);
  const first = harness.session.get().state.log.count + 1;
  harness.session.apply([{ type: "log", at: Date.now(), first, lines }]);
  const { log } = harness.session.actions;
  const reader = new Promise((resolve) => (harness.goOn = resolve));
  harness.session.actions.log = async (query) => {
    if (query.before !== undefined) await reader;
    return log(query);
  };
}"""
"""100,000 lines; what is searched after the newest part waits for ``harness.goOn()``."""


def test_hits_that_come_do_not_move_what_the_reader_looks_at(log: Page) -> None:
    log.evaluate(LONG_LOG)
    log.locator("[data-action=search]").click()
    log.keyboard.type("number 9")
    log.get_by_text("1,000 lines, searched 1,001 of 103,040").wait_for()
    log.locator("[data-testid=log]").hover()
    log.mouse.wheel(0, -600)
    _until(log, lambda: _log(log, "following") == "false")
    top = log.evaluate(TOP_LINE)
    log.evaluate("() => harness.goOn()")
    log.get_by_text("10,000 lines, searched 10,001 of 103,040").wait_for()
    assert log.evaluate(TOP_LINE) == top
    log.get_by_role("button", name="Search on").click()
    log.get_by_text("11,111 lines", exact=True).wait_for()
    assert log.evaluate(TOP_LINE) == top
    assert _log(log, "first") == str(3_040 + 9)


def _log(page: Page, name: str) -> Any:
    return page.locator("[data-testid=log]").get_attribute(f"data-{name}")


def _until(page: Page, condition: Callable[[], Any]) -> None:
    wait_until(condition, timeout=10, what=f"it, with {page.evaluate(TOP_LINE)} at the top", every=0.03)
