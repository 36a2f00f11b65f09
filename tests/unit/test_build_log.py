"""The log of a build as Python reads it: page by page, to the end, with and without a search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildwidget import build as build_module
from buildwidget.build import Build
from buildwidget.comm_actions import perform
from buildwidget.store import logs
from buildwidget.store.store import Store
from tests.store.making import create, drafts, lines, started


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        yield store


@pytest.fixture
def build(store: Store, monkeypatch: pytest.MonkeyPatch) -> Build:
    """100 lines, ``number 1`` to ``number 100``, of which a page searches 7 and reads 10."""
    monkeypatch.setattr(logs, "_SEARCHED_LINES", 7)
    monkeypatch.setattr(build_module, "LOG_PAGE_LINES", 10)
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
