from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.protocol.events import LogLine
from buildwidget.runner.log_limit import LAST_LINES, LINES_A_SECOND, MAX_LINE_BYTES, LogLimit


class Log:
    """A limited log, and what it stored."""

    def __init__(self, limit: int) -> None:
        self.now = 100.0
        self.limit = LogLimit(limit, clock=lambda: self.now)
        self.stored: list[LogLine] = []

    def print(self, *texts: str) -> list[LogLine]:
        kept = self.limit.take([("stdout", text) for text in texts])
        self.stored += kept
        return kept

    def texts(self) -> list[str]:
        return [text for stream, text in self.stored if stream == "stdout"]

    def sentences(self) -> list[str]:
        return [text for stream, text in self.stored if stream == "system"]


def test_up_to_the_limit_everything_is_stored() -> None:
    log = Log(10_000)
    for number in range(100):
        log.print(str(number))
    assert log.texts() == [str(number) for number in range(100)]
    assert log.sentences() == []
    assert log.limit.finish() == []


def test_beyond_it_the_newest_lines_of_each_second_are_stored_and_the_rest_is_counted() -> None:
    log = Log(1)
    log.print(*(str(number) for number in range(101)))
    assert log.texts() == ["0"]
    assert log.sentences()[0].startswith("buildwidget: this log has reached its limit of 1 bytes.")
    log.now += 1
    assert log.print("last") == [
        ("system", "buildwidget: 91 lines were not stored."),
        *(("stdout", str(number)) for number in range(92, 101)),
        ("stdout", "last"),
    ]
    assert log.print("soon after") == []
    log.now += 1
    assert log.limit.due() == [("stdout", "soon after")]
    log.now += 10
    assert log.limit.due() == []


def test_ten_minutes_of_output_take_little() -> None:
    log = Log(1)
    for _ in range(6_000):
        log.print(*["y"] * 10_000)
        log.now += 0.1
    assert len(log.stored) <= 601 * (LINES_A_SECOND + 1) + 3
    dropped = sum(int(text.split()[1].replace(",", "")) for text in log.sentences()[1:])
    assert dropped + len(log.texts()) + log.limit._waiting == 60_000_000


def test_at_the_end_the_newest_lines_are_stored_whole_in_number() -> None:
    log = Log(1)
    log.print("first")
    log.print(*(str(number) for number in range(5_000)))
    rest = log.limit.finish()
    assert rest[0] == ("system", "buildwidget: 4,000 lines were not stored.")
    assert [text for _, text in rest[1:]] == [str(number) for number in range(5_000 - LAST_LINES, 5_000)]
    assert log.limit.finish() == []


def test_a_line_beyond_the_limit_is_cut() -> None:
    log = Log(1)
    log.print("first", "é" * 5_000)
    ((_, text),) = log.limit.finish()
    assert len(text.encode()) == MAX_LINE_BYTES


def test_without_a_limit_nothing_is_dropped() -> None:
    log = Log(0)
    log.print(*["x" * 1_000] * 10_000)
    assert len(log.stored) == 10_000


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 2)), max_size=30), st.integers(1, 500))
def test_every_line_is_stored_or_counted_and_the_order_stays(pieces: list[tuple[int, float]], limit: int) -> None:
    log = Log(limit)
    printed = 0
    for number, pause in pieces:
        log.print(*(str(printed + place) for place in range(number)))
        printed += number
        log.now += pause
    log.stored += log.limit.finish()
    stored = [int(text) for text in log.texts()]
    counted = [text for text in log.sentences() if text.endswith("not stored.")]
    assert stored == sorted(stored)
    assert len(stored) + sum(int(text.split()[1]) for text in counted) == printed
    assert printed == 0 or stored[-1] == printed - 1
