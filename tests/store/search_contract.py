"""The search of a log, on every database: what it finds, what it says it searched, and how much it reads at once."""

from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import LogEvent, LogLine
from buildwidget.store import logs
from buildwidget.store.records import LogPage
from buildwidget.store.store import Store
from tests.store.making import build_with_lines, create, drafts, later, lines, started


def search(store: Store, build: str, q: str, *, upwards: bool, limit: int = 1_000) -> list[LogPage]:
    """The pages of a search that goes on until it has covered the log; each must begin where the last one ended."""
    pages: list[LogPage] = []
    window: dict[str, Any] = {"after": 0} if upwards else {}
    while not pages or pages[-1].more:
        page = store.log(build, q=q, limit=limit, **window)
        assert all(page.first <= number <= page.last for number, _stream, _text in page.lines)
        if pages:
            assert page.first == pages[-1].last + 1 if upwards else page.last == pages[-1].first - 1
        pages.append(page)
        window = {"after": page.last} if upwards else {"before": page.first}
    return pages


def found(pages: list[LogPage]) -> list[int]:
    """The numbers of the lines that were found, in order."""
    return sorted(number for page in pages for number, _stream, _text in page.lines)


class SearchContract:
    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def test_lines_are_searched(self, store: Store) -> None:
        build = build_with_lines(store, 30)
        last = store.log(build, q="LINE 1", limit=3)
        assert [line[0] for line in last.lines] == [17, 18, 19]
        assert (last.first, last.last, last.more) == (17, 30, True)
        before = store.log(build, q="LINE 1", before=last.first)
        assert [line[0] for line in before.lines] == [1, 10, 11, 12, 13, 14, 15, 16]
        assert (before.first, before.last, before.more) == (1, 16, False)
        first = store.log(build, q="line 2", after=0, limit=2)
        assert [line[0] for line in first.lines] == [2, 20]
        assert (first.first, first.last, first.more) == (1, 20, True)
        assert [line[0] for line in store.log(build, q="line 2", after=first.last, limit=2).lines] == [21, 22]

    @pytest.mark.parametrize("window", [{}, {"after": 0}, {"before": 31}, {"before": 99}])
    def test_a_search_without_a_hit_says_what_it_covered(self, store: Store, window: dict[str, int]) -> None:
        build = build_with_lines(store, 30)
        assert store.log(build, q="nowhere", **window) == LogPage(1, 30, 30, more=False, lines=[])

    @pytest.mark.parametrize("window", [{"after": 30}, {"after": 99}, {"before": 1}, {"before": 0}])
    def test_where_there_are_no_lines_nothing_is_covered(self, store: Store, window: dict[str, int]) -> None:
        for build in (build_with_lines(store, 30), create(store)):
            page = store.log(build, q="line", **window)
            assert (page.lines, page.more, page.last) == ([], False, page.first - 1)
        assert store.log(create(store), q="line") == LogPage(1, 0, 0, more=False, lines=[])

    @pytest.mark.parametrize("upwards", [True, False])
    def test_a_long_log_is_searched_in_bounded_pages(self, store: Store, upwards: bool) -> None:
        appender = started(store)
        for start in range(1, 100_001, 2_500):
            batches = [range(first, first + 250) for first in range(start, start + 2_500, 250)]
            appender.append(drafts(*(lines(*(f"number {n}" for n in batch)) for batch in batches)))
        pages = search(store, appender.build_id, "number 9999", upwards=upwards)
        assert found(pages) == [9_999, *range(99_990, 100_000)]
        assert [page.last - page.first + 1 for page in pages] == [50_000, 50_000]
        assert {page.count for page in pages} == {100_000}
        assert found(search(store, appender.build_id, "number 1", upwards=upwards))[:2] == [1, 10]
        nothing = search(store, appender.build_id, "number 0", upwards=upwards)
        assert [(page.lines, page.more) for page in nothing] == [([], True), ([], False)]

    @pytest.mark.parametrize("upwards", [True, False])
    def test_pages_are_bounded_by_what_is_read_too(
        self, store: Store, upwards: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs, "_SEARCHED_CHARACTERS", 50_000)
        appender = started(store)
        appender.append(drafts(*(lines(f"{n} " + "x" * 20_000) for n in range(10))))
        pages = search(store, appender.build_id, "nowhere", upwards=upwards)
        assert [page.last - page.first + 1 for page in pages] == [3, 3, 3, 1]
        assert len(store.log(appender.build_id).lines) == 10  # a page that is only read has its own bound

    @pytest.mark.parametrize("upwards", [True, False])
    def test_a_search_goes_on_with_lines_that_came_meanwhile(self, store: Store, upwards: bool) -> None:
        appender = started(store)
        appender.append(drafts(lines("hit 1", "other", "hit 3")))
        pages = search(store, appender.build_id, "hit", upwards=upwards)
        appender.append(drafts(lines("hit 4", "other")))
        more = store.log(appender.build_id, q="hit", after=max(page.last for page in pages))
        assert found([*pages, more]) == [1, 3, 4]
        assert (more.first, more.last, more.count, more.more) == (4, 5, 5, False)

    def test_a_search_looks_through_colours_and_cuts(self, store: Store) -> None:
        appender = started(store)
        appender.append(drafts(lines("a \x1b[1;31mred\x1b[0m fox", "x" * 9000 + "end")))
        appender.append(drafts(lines("\x1b]8;;http://x\x07li\x1b]8;;\x07nk", "a\x08b\x00c", "\x1b[2Jcle\x1b[1;1Har")))
        for q, number in (("red fox", 1), ("xEND", 2), ("link", 3), ("abc", 4), ("clear", 5)):
            assert [line[0] for line in store.log(appender.build_id, q=q).lines] == [number]
        for hidden in ("http", "31m", "2J"):
            assert store.log(appender.build_id, q=hidden).lines == []

    @pytest.mark.parametrize(
        "text", ["x" * 4_090 + "needle" + "y" * 4_000, "€" * 1_364 + "needle", "ab" * 2_048 + "needle"]
    )
    def test_a_text_across_the_cut_of_a_long_line_is_found(self, store: Store, text: str) -> None:
        appender = started(store)
        appender.append(drafts(lines("before", text, "after")))
        assert store.log(appender.build_id, q="NEEDLE").lines == [(2, "stdout", text)]

    def test_case_is_folded_and_spaces_count(self, store: Store) -> None:
        appender = started(store)
        texts = ["Straße", "STRASSE", "İzmir", "ΣΊΣΥΦΟΣ", "two  spaces", "one space", "none", "tab\there"]
        appender.append(drafts(lines(*texts)))

        def numbers(q: str) -> list[int]:
            return [line[0] for line in store.log(appender.build_id, q=q).lines]

        assert numbers("strasse") == numbers("STRAẞE") == [1, 2]
        assert numbers("i̇ZMIR") == numbers("İzmir") == [3]
        assert numbers("σίσυφος") == [4]
        assert numbers("  ") == [5]
        assert numbers(" ") == [5, 6]
        assert numbers("b\th") == [8]
        assert numbers(" none") == numbers("none\n") == []

    def test_what_is_no_whole_line_is_not_searched(self, store: Store) -> None:
        appender = started(store)
        lines: list[LogLine] = [("stdout", "whole")]
        event = LogEvent(at=later(), first=1, lines=lines, partial={"stdout": "half"}, open={"stdout": ["half drawn"]})
        appender.append(drafts(event))
        assert store.log(appender.build_id, q="half") == LogPage(1, 1, 1, more=False, lines=[])
