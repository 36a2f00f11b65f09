from __future__ import annotations

import pytest

from buildwidget.protocol.events import Event, LogEvent, ProgressEvent
from buildwidget.runner import output as output_module
from buildwidget.runner.output import (
    OPEN_BURST_CHARACTERS,
    OPEN_CHARACTERS_A_SECOND,
    OPEN_SECONDS,
    PARTIAL_SECONDS,
    Output,
)
from buildwidget.runner.secrets import Masker
from buildwidget.runner.terminal.lines import LogUpdate
from buildwidget.store.coalesce import MAX_LINES


class Console:
    """An output, and what became of it."""

    def __init__(self, *secrets: str) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self.output = Output(self.events.append, Masker(secrets), clock=lambda: self.now, now_ms=lambda: 7)

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [line for event in self.events if isinstance(event, LogEvent) for line in event.lines]

    @property
    def partials(self) -> list[object]:
        return [event.partial for event in self.events if isinstance(event, LogEvent) and event.partial is not None]

    @property
    def open(self) -> list[object]:
        return [event.open for event in self.events if isinstance(event, LogEvent) and event.open is not None]


@pytest.fixture
def console() -> Console:
    return Console()


def test_lines_and_the_unfinished_line_are_told_together(console: Console) -> None:
    console.output.feed("stdout", b"one\ntwo\nthr")
    assert console.events == [
        LogEvent(at=7, first=1, lines=[("stdout", "one"), ("stdout", "two")], partial={"stdout": "thr"})
    ]


def test_a_line_that_is_finished_is_unfinished_no_more(console: Console) -> None:
    console.output.feed("stdout", b"o")
    console.output.feed("stdout", b"ne\n")
    assert console.lines == [("stdout", "one")]
    assert console.partials[-1] == {}


def test_letters_are_not_told_one_by_one(console: Console) -> None:
    for letter in b"abcdefghij":
        console.output.feed("stdout", bytes([letter]))
        console.now += PARTIAL_SECONDS / 4
    assert len(console.partials) == 3
    console.output.idle()
    assert console.partials[-1] == {"stdout": "abcdefghij"}
    before = len(console.events)
    console.output.idle()
    assert len(console.events) == before


def test_streams_keep_their_unfinished_lines_apart(console: Console) -> None:
    console.output.feed("stdout", b"out")
    console.now += 1
    console.output.feed("stderr", b"err")
    assert console.partials[-1] == {"stdout": "out", "stderr": "err"}
    console.output.finish()
    assert console.lines == [("stdout", "out"), ("stderr", "err")]
    assert console.partials[-1] == {}


def test_one_event_holds_a_bounded_number_of_lines(console: Console) -> None:
    console.output.feed("stdout", b"x\n" * (2 * MAX_LINES + 1))
    sizes = [len(event.lines) for event in console.events if isinstance(event, LogEvent)]
    assert sizes == [MAX_LINES, MAX_LINES, 1]


def test_bars_are_read_off(console: Console) -> None:
    console.output.feed("stdout", b"\rcopy:  45%|####      | 45/100 [00:01<00:01, 45.0it/s]")
    console.output.idle()
    bars = [event for event in console.events if isinstance(event, ProgressEvent)]
    assert [(bar.current, bar.total) for bar in bars] == [(45, 100)]


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_secret_is_masked_wherever_reads_cut_it(cut: int) -> None:
    console = Console("correct horse battery")
    data = b"is correct horse battery."
    console.output.feed("stdout", data[: 3 + cut])
    console.now += 1
    console.output.idle()
    console.output.feed("stdout", data[3 + cut :] + b"\n")
    assert console.lines == [("stdout", "is ***.")]
    assert console.partials[0] == {"stdout": "is "}


def test_a_secret_with_colours_in_it_is_masked_too() -> None:
    console = Console("correct horse battery")
    console.output.feed("stdout", b"is correct \x1b[2Khorse battery\n")
    assert "horse battery" not in repr(console.events) or "correct" not in repr(console.events)


def test_the_tail_is_kept_for_the_reason_of_a_failure(console: Console) -> None:
    console.output.feed("stdout", b"one\n\x1b[31mtwo\x1b[0m\n")
    assert console.output.tail.text() == "one\ntwo"


def test_beyond_the_limit_the_newest_lines_are_stored_and_the_tail_stays_whole() -> None:
    now = [0.0]
    events: list[Event] = []
    output = Output(events.append, Masker(()), clock=lambda: now[0], now_ms=lambda: 7, limit_bytes=10)

    def stored() -> list[str]:
        return [text for event in events if isinstance(event, LogEvent) for _, text in event.lines]

    output.feed("stdout", b"head of the log\n")
    assert stored()[0] == "head of the log"
    for second in range(5):
        output.feed("stdout", b"".join(b"%d.%d\n" % (second, number) for number in range(1_000)))
        now[0] += 1
    output.idle()
    assert stored()[2:] == [
        text
        for second in range(1, 5)
        for text in (
            f"buildwidget: {'990' if second > 1 else '1,990'} lines were not stored.",
            *(f"{second}.{number}" for number in range(990, 1_000)),
        )
    ]
    output.feed("stdout", b"the sample of this second\n")
    output.feed("stdout", b"".join(b"end %d\n" % number for number in range(200)))
    output.finish()
    assert stored()[-200:] == [f"end {number}" for number in range(200)]
    assert "0.500" in output.tail.text()


def test_beyond_the_limit_the_unfinished_line_is_told_once_a_second_and_cut() -> None:
    now = [0.0]
    events: list[Event] = []
    output = Output(events.append, Masker(()), clock=lambda: now[0], now_ms=lambda: 7, limit_bytes=10)
    output.feed("stdout", b"head of the log\n")
    before = len(events)
    for _ in range(50):
        output.feed("stdout", b"x" * 8)
        output.idle()
        now[0] += 0.1
    now[0] += 1
    output.feed("stdout", b"x" * 5_000)
    partials = [event.partial for event in events[before:] if isinstance(event, LogEvent) and event.partial]
    sizes = [len(partial["stdout"]) for partial in partials]
    assert 4 <= len(sizes) <= 6
    assert sizes[-1] == 1_000


def test_unfinished_lines_count_too() -> None:
    now = [0.0]
    events: list[Event] = []
    output = Output(events.append, Masker(()), clock=lambda: now[0], now_ms=lambda: 7, limit_bytes=1_000)
    for _ in range(10):
        output.feed("stdout", b"x" * 50)
        now[0] += 0.2
    output.feed("stdout", b"\n" + b"a\n" * 100)
    output.finish()
    lines = [line for event in events if isinstance(event, LogEvent) for line in event.lines]
    assert any("reached its limit" in text for _, text in lines)


class Screen:
    """Takes ``row|row>partial`` as what stands on the screen then, and ``=line`` as a line; the end writes the rows."""

    def __init__(self) -> None:
        self.moved = True
        self._rows: list[str] = []

    def feed(self, data: bytes) -> LogUpdate:
        text = data.decode()
        if text.startswith("="):
            return LogUpdate([text[1:]], "")
        rows, _, partial = text.partition(">")
        if text:
            self._rows = rows.split("|") if rows else []
        return LogUpdate([], partial)

    def finish(self) -> LogUpdate:
        lines, self._rows = self._rows, []
        return LogUpdate(lines, "")

    def open_lines(self) -> list[str]:
        return self._rows


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "LineSplitter", Screen)


@pytest.mark.usefixtures("screen")
def test_open_rows_are_written_with_the_unfinished_line(console: Console) -> None:
    console.output.feed("stdout", b"a|b>c")
    rows = ["a", "b"]
    assert console.events == [LogEvent(at=7, first=1, lines=[], partial={"stdout": "c"}, open={"stdout": rows})]
    console.now += 1
    console.output.feed("stdout", b"a|b>d")
    assert console.events[1:] == [LogEvent(at=7, first=1, lines=[], partial={"stdout": "d"})]


@pytest.mark.usefixtures("screen")
def test_a_picture_is_written_at_most_five_times_a_second_and_its_last_state_in_any_case(console: Console) -> None:
    for frame in range(100):
        console.output.feed("stdout", f"{frame}|x".encode())
        console.now += 0.01
    assert 4 <= len(console.open) <= 1 / OPEN_SECONDS
    console.now += 0.2
    console.output.idle()
    assert console.open[-1] == {"stdout": ["99", "x"]}
    before = len(console.events)
    console.output.idle()
    console.now += 1
    console.output.idle()
    assert len(console.events) == before


@pytest.mark.usefixtures("screen")
def test_a_picture_that_is_drawn_for_hours_is_written_more_seldom(console: Console) -> None:
    row = "x" * 8 * 1024
    for frame in range(3_600):
        console.output.feed("stdout", f"{frame}{row}|x".encode())
        console.now += 1
    written = sum(len(text) for open_rows in console.open for text in open_rows["stdout"])  # type: ignore[index]  # a dict
    assert written < OPEN_BURST_CHARACTERS + (3_600 + 10) * OPEN_CHARACTERS_A_SECOND


@pytest.mark.usefixtures("screen")
def test_lines_do_not_wait_for_the_rows_and_do_not_make_them_come_more_often(console: Console) -> None:
    console.output.feed("stdout", b"0")
    for frame in range(1, 20):
        console.output.feed("stdout", f"{frame}".encode())
        console.output.feed("stdout", f"=line {frame}".encode())
        console.now += OPEN_SECONDS / 20
    assert [text for _, text in console.lines] == [f"line {frame}" for frame in range(1, 20)]
    assert console.open == [{"stdout": ["0"]}]
    console.output.feed("stdout", b"=line 20")
    console.now += OPEN_SECONDS / 20
    console.output.feed("stdout", b"=line 21")
    assert console.open == [{"stdout": ["0"]}, {"stdout": ["19"]}]


@pytest.mark.usefixtures("screen")
def test_open_rows_of_all_streams_are_written_together(console: Console) -> None:
    console.output.feed("stdout", b"a")
    console.now += 1
    console.output.feed("stderr", b"b|c")
    assert console.open[-1] == {"stdout": ["a"], "stderr": ["b", "c"]}
    console.now += 1
    console.output.feed("stdout", b">")
    assert console.open[-1] == {"stderr": ["b", "c"]}


@pytest.mark.usefixtures("screen")
def test_at_the_end_there_are_no_open_rows_and_the_tail_has_them(console: Console) -> None:
    console.output.feed("stdout", b"a|b")
    console.output.finish()
    assert console.open == [{"stdout": ["a", "b"]}, {}]
    assert console.lines == [("stdout", "a"), ("stdout", "b")]
    assert console.output.tail.text() == "a\nb"


def test_without_open_rows_none_are_ever_mentioned(console: Console) -> None:
    console.output.feed("stdout", b"one\ntwo")
    console.output.finish()
    assert console.open == []


@pytest.mark.usefixtures("screen")
def test_a_secret_that_moves_of_the_cursor_drew_is_masked_in_open_rows_too() -> None:
    console = Console("correct-horse-battery")
    # Neither is in the bytes in their order: the mark between them is where the cursor went.
    console.output.feed("stdout", b"is correct-horse-b|attery.|ok!")
    console.now += 1
    console.output.feed("stdout", b"x correct-horse-battery|ok!")
    assert console.open == [{"stdout": ["is ***.", "ok!"]}, {"stdout": ["x ***", "ok!"]}]
