"""The log of a build as Python reads it: page by page, to the end, with and without a search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget import log_text
from buildwidget.build import Build
from buildwidget.comm_actions import perform
from buildwidget.protocol.events import LogEvent, Stream
from buildwidget.store import logs
from buildwidget.store.records import Hydration
from buildwidget.store.store import Store
from tests.store.making import create, drafts, later, lines, started


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        yield store


@pytest.fixture
def build(store: Store, monkeypatch: pytest.MonkeyPatch) -> Build:
    """100 lines, ``number 1`` to ``number 100``, of which a page searches 7 and reads 10."""
    monkeypatch.setattr(logs, "_SEARCHED_LINES", 7)
    monkeypatch.setattr(log_text, "LOG_PAGE_LINES", 10)
    appender = started(store)
    for first in range(1, 101, 4):
        appender.append(drafts(lines(*(f"number {n}" for n in range(first, first + 4)))))
    return Build(appender.build_id, store)


def test_the_whole_log_and_its_end(build: Build) -> None:
    everything = [f"number {n}" for n in range(1, 101)]
    assert build.log().split("\n") == everything
    assert build.log(tail=23).split("\n") == everything[-23:]
    assert build.log(tail=1_000).split("\n") == everything
    assert build.log(tail=0) == ""


def test_what_is_no_whole_line_yet_follows_the_lines(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "LOG_PAGE_LINES", 2)
    appender = started(store)
    build = Build(appender.build_id, store)
    rows: dict[Stream, list[str]] = {"stdout": ["copy 10%", "", "load 20%"], "stderr": ["row"]}
    unfinished: dict[Stream, str] = {"stderr": "rest", "stdout": "name? "}
    drawn = LogEvent(at=later(), first=1, lines=[], partial=unfinished, open=rows)
    appender.append(drafts(lines("one", "two", "three"), drawn))
    everything = ["one", "two", "three", "copy 10%", "", "load 20%", "row", "rest", "name? "]
    assert build.log() == "\n".join(everything)
    for tail in range(12):
        assert build.log(tail=tail) == "\n".join(everything[-tail:] if tail else [])
    assert list(build.log_lines()) == ["one", "two", "three"]
    assert build.log(q="row") == build.log(q="rest") == ""
    assert perform(build, "wholeLog", {}) == "one\ntwo\nthree"
    appender.append(drafts(LogEvent(at=later(), first=1, lines=[("stdout", "four")], partial={}, open={})))
    assert build.log(tail=2) == "three\nfour"


def test_lines_that_come_while_the_log_is_read_do_not_stand_before_older_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    appender = started(store)
    appender.append(drafts(lines("one"), LogEvent(at=later(), first=1, lines=[], open={"stdout": ["two"]})))
    build = Build(appender.build_id, store)
    hydrate = store.hydrate

    def then_goes_on(build_id: str) -> Hydration:
        found = hydrate(build_id)
        appender.append(drafts(lines("two"), LogEvent(at=later(), first=1, lines=[], open={})))
        return found

    monkeypatch.setattr(store, "hydrate", then_goes_on)
    assert build.log() == "one\ntwo"


def test_a_search_covers_the_whole_log(build: Build) -> None:
    assert build.log(q="NUMBER 1").split("\n") == [f"number {n}" for n in (1, *range(10, 20), 100)]
    assert list(build.log_lines(q="number 4")) == [f"number {n}" for n in (4, *range(40, 50))]
    assert list(build.log_lines(q="nowhere")) == []
    assert build.log(q="") == build.log()


def test_the_last_lines_found(build: Build) -> None:
    assert build.log(3, q="number 1").split("\n") == ["number 18", "number 19", "number 100"]
    assert list(build.log_lines(tail=99, q="number 1")) == list(build.log_lines(q="number 1"))
    assert len(list(build.log_lines(tail=25, q="number"))) == 25
    assert list(build.log_lines(tail=2, q="nowhere")) == []
    assert list(build.log_lines(tail=0, q="number")) == []


def test_an_empty_log(store: Store) -> None:
    empty = Build(create(store), store)
    assert (empty.log(), empty.log(q="x"), empty.log(5, q="x")) == ("", "", "")


def test_a_page_without_a_server_searches_on_over_the_comm(build: Build) -> None:
    found, before, asked = [], None, 0
    while True:
        page = perform(build, "log", {"q": "number 1", "before": before, "limit": 1_000})
        found[:0] = [number for number, _stream, _text in page["lines"]]
        asked += 1
        if not page["more"]:
            break
        before = page["first"]
    assert found == [1, *range(10, 20), 100]
    assert asked == 15
    assert (page["first"], page["last"], page["count"]) == (1, 2, 100)


def test_the_log_is_a_str_that_a_cell_shows_rendered(store: Store) -> None:
    appender = started(store)
    appender.append(drafts(lines("\x1b[31mred\x1b[0m <b>", "end")))
    build = Build(appender.build_id, store)
    for text in (build.log(), build.log(tail=2), build.log(q="e")):
        assert isinstance(text, str)
        assert text == "\x1b[31mred\x1b[0m <b>\nend"
        assert repr(text) == "red <b>\nend"
        assert '<span style="color:var(--bw-red)">red</span> &lt;b&gt;\nend</pre>' in (text._repr_html_() or "")
