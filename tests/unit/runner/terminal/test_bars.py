from __future__ import annotations

import http.server
import io
import os
import sys
import threading
import time
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.events import ProgressEvent
from buildwidget.protocol.limits import MAX_PROGRESS
from buildwidget.runner.command import CommandSpec
from buildwidget.runner.terminal import bars
from buildwidget.runner.terminal.bar_formats import may_hold_bar
from buildwidget.runner.terminal.bars import BarReader
from buildwidget.runner.terminal.lines import Drawn, LineSplitter, LogUpdate
from tests.unit.runner.running import run_command


def shown(events: list[ProgressEvent]) -> list[tuple[object, ...]]:
    return [(event.label, event.current, event.total, event.unit, event.done) for event in events]


def of_lines(lines: list[str], row: int = 0) -> LogUpdate:
    return LogUpdate(lines, "", [Drawn(row, lines, ended=True)])


def read(*outputs: bytes) -> list[ProgressEvent]:
    """The events of some output, each piece read a second after the other."""
    now = 0.0
    reader, splitter = BarReader(clock=lambda: now), LineSplitter()
    events = []
    for output in outputs:
        now += 1
        events += reader.feed(splitter.feed(output), at=int(now * 1000))
    return events + reader.finish(at=int(now * 1000))


@pytest.mark.parametrize(
    ("line", "bar"),
    [
        ("desc:  45%|####  | 9/20 [00:03<00:04, 3.2it/s]", ("desc", 9, 20, "it", None)),
        ("  0%|          | 0/20 [00:00<?, ?it/s]", ("progress", 0, 20, "it", None)),
        ("100%|██████████| 20/20 [00:06<00:00,  3.20it/s]", ("progress", 20, 20, "it", True)),
        ("model.bin:  50%|█████     | 1.50M/3.00M [00:01<00:01, 1.2MB/s]", ("model.bin", 1500000, 3000000, "B", None)),
        ("Train 1/3:  5%|▌   | 5/100 [00:01<00:19, 1.2s/batch, loss=0.3]", ("Train 1/3", 5, 100, "batch", None)),
        ("12it [00:03,  3.97it/s]", ("progress", 12, None, "it", None)),
        ("rows: 12345rows [01:00:03, 3.97krows/s]", ("rows", 12345, None, "rows", None)),
        ("     ━━━━━━━━━━━╸━━━━━━━━ 1.2/3.4 MB 5.0 MB/s eta 0:00:01", ("progress", 1.2, 3.4, "MB", None)),
        ("   ━━━━━━━━━━━━━━━━━━━━━━ 3.4/3.4 MB 5.0 MB/s  0:00:00", ("progress", 3.4, 3.4, "MB", True)),
        ("Working... ━━━━━━━╸━━━━━━━━━━━━━  45% 0:00:10", ("Working", 45, 100, "%", None)),
        ("\x1b[1m 12/100\x1b[0m \x1b[32m━━━━━━\x1b[0m \x1b[1m0s\x1b[0m 5ms/step", ("progress", 12, 100, None, None)),
        ("data.zip      45%[=======>          ]   1.20M  3.4MB/s    eta 3s", ("data.zip", 45, 100, "%", None)),
        ("    Building [=====>        ] 45/100: serde, syn", ("Building", 45, 100, None, None)),
        ("a1b2: Downloading [==>    ]  1.5MB/3MB", ("a1b2: Downloading", 1500000, 3000000, "B", None)),
        ("Progress: [ 45%] [########..........]", ("Progress", 45, 100, "%", None)),
        (" 12/100 [==>...........................] - ETA: 3s - loss: 0.5", ("progress", 12, 100, None, None)),
        ("##############             45.2%", ("download", 45.2, 100, "%", None)),
        ("Receiving objects:  45% (450/1000), 1.20 MiB | 3.0 MiB/s", ("Receiving objects", 450, 1000, None, None)),
        ("remote: Counting objects: 100% (5/5), done.", ("Counting objects", 5, 5, None, True)),
        ("[ 45%] Building C object foo.c.o", ("Building C object foo.c.o", 45, 100, "%", None)),
        ("\x1b[32m[  5%] \x1b[0mLinking", ("Linking", 5, 100, "%", None)),
        ("[100%] Built target all", ("Built target all", 100, 100, "%", True)),
        ("tests/test_x.py::test_y PASSED            [ 45%]", ("tests", 45, 100, "%", None)),
        ("Epoch 3/20", ("Epoch", 2, 20, None, None)),
        ("Epoch [3/20], loss: 0.31", ("Epoch", 3, 20, None, None)),
        ("epoch 20 of 20 loss 0.1", ("Epoch", 20, 20, None, True)),
        ("Batch: 7/9 done", ("Batch", 7, 9, None, None)),
    ],
)
def test_a_line_that_is_a_bar_at_once(line: str, bar: tuple[object, ...]) -> None:
    assert shown(read(f"{line}\n".encode())) == [bar]


@pytest.mark.parametrize(
    ("outputs", "bar"),
    [
        ([b"[1/20] CC a.o\n", b"[2/20] CC b.o\n"], ("CC b.o", 2, 20, None, None)),
        ([b"#7 [build 1/3] FROM x\n", b"#8 [build 3/3] RUN y\n"], ("RUN y", 3, 3, None, True)),
        ([b"[45%] Building x\n", b"[50%] Building y\n"], ("Building y", 50, 100, "%", None)),
        ([b"Step 1/9 : FROM x\n", b"Step 2/9 : RUN y\n"], ("Step", 2, 9, None, None)),
        ([b"\rDownloading... 10%", b"\rDownloading... 20%"], ("Downloading", 20, 100, "%", None)),
        ([b"\r  1,234  10%  1.2MB/s", b"\r  2,345  20%  1.2MB/s"], ("progress", 20, 100, "%", None)),
        ([b"\rProcessing 3/20", b"\rProcessing 4/20"], ("Processing", 4, 20, None, None)),
        ([b"\rProcessing 3 of 20", b"\rProcessing 4 of 20"], ("Processing", 4, 20, None, None)),
    ],
)
def test_a_bar_that_must_be_seen_to_move(outputs: list[bytes], bar: tuple[object, ...]) -> None:
    assert read(outputs[0]) == []
    assert read(outputs[0], outputs[0]) == []
    assert shown(read(*outputs)) == [bar]


@pytest.mark.parametrize(
    "text",
    [
        "On 3/20 we met, and 45% of us agreed",
        "Released 2024/03/20",
        "03/20 and 04/20\n[03/20] log\n[04/20] log",
        "see src/1/2/file.c and a/b",
        "coverage: 45%\ncoverage: 46%",
        "TOTAL    120   12    90%",
        "[info] 3/4 done",
        "[3/20] a date\n[3/21] another",
        "[20/3] more than all",
        "[12] Building",
        "Part 1/2 of the story",
        "disk [=====] full",
        "━━━━━━━━━━━━━━━━━━ Summary ━━━━━━━━━━━━━━━━",
        "[==========] Running 3 tests from 1 test suite.",
        "CPU at 150% [ 45% ]",
        "http://example.org/3/20?x=45%20y",
        "ratio is 0.45%|x",
        "1.2.3/4.5.6 ━━━━━━ MB",
        "Stepping 1/2\nStepping 2/2",
        "x" * 5000 + " 45%|##| 1/2 [00:00<00:00, 1it/s]",
    ],
)
def test_what_is_no_bar(text: str) -> None:
    assert read(*(f"{line}\n".encode() for line in text.split("\n"))) == []


def test_a_prompt_with_a_percentage_is_no_bar() -> None:
    assert read(b"Delete 45% of the files? ", b"yes\n") == []


def test_the_end_of_a_rewritten_line_is_read_when_its_newline_comes() -> None:
    assert shown(read(b"\rload 10%", b"\rload 20%", b"\rload 100%\nnext\n"))[-1] == ("load", 100, 100, "%", True)


def test_what_a_bar_is_about_may_stand_on_the_line_above() -> None:
    pip = "Downloading numpy-2.0-cp311.whl (16.9 MB)\n   ━━━━━━━━ 1.2/16.9 MB 5 MB/s"
    assert shown(read(pip.encode())) == [("Downloading numpy-2.0-cp311.whl", 1.2, 16.9, "MB", None)]
    assert shown(read("Epoch 1/2\n 5/10 ━━━━━━━ 0s\n".encode())) == [
        ("Epoch", 0, 2, None, None),
        ("progress", 5, 10, None, None),
    ]


def test_ids_are_stable_and_bars_without_a_label_are_told_apart_by_their_totals() -> None:
    events = read(
        b"  0%|  | 0/3 [00:00<?, ?it/s]\n",
        b" 10%|  | 1/10 [00:00<?, ?it/s]\n",
        b" 33%|# | 1/3 [00:00<?, ?it/s]\n",
        b"loss=0.31:  0%|  | 0/3 [00:00<?, ?it/s]\n",
        b"loss=0.22: 33%|  | 1/3 [00:00<?, ?it/s]\n",
    )
    assert [(event.id, event.current) for event in events] == [
        ("terminal:tqdm:of 3", 0),
        ("terminal:tqdm:of 10", 1),
        ("terminal:tqdm:of 3", 1),
        ("terminal:tqdm:loss=#", 0),
        ("terminal:tqdm:loss=#", 1),
    ]


def test_a_bar_that_starts_over_is_no_longer_done() -> None:
    events = read(*(b"a: %d%%|#| %d/2 [00:00<00:00, 1it/s]\n" % (n * 50, n) for n in (1, 2, 0, 1)))
    assert [(event.current, event.done) for event in events] == [(1, None), (2, True), (0, False), (1, None)]


def test_a_bar_is_told_every_100_ms_at_most_and_its_end_at_once() -> None:
    now = 50.0
    reader = BarReader(clock=lambda: now)

    def at(moment: float, count: int) -> list[int | float | str]:
        nonlocal now
        now = moment
        line = f"a: {count}%|#| {count}/100 [00:00<00:00, 1it/s]"
        return [event.current for event in reader.feed(LogUpdate([], "", [Drawn(0, [line])]), at=7)]

    assert at(50.0, 1) == [1]
    assert at(50.05, 2) == []
    assert at(50.06, 2) == []
    assert reader.flush(at=8) == []
    assert at(50.09, 3) == []
    assert at(50.101, 4) == [4]
    assert at(50.12, 5) == []
    now = 50.3
    assert [(event.current, event.at) for event in reader.flush(at=9)] == [(5, 9)]
    assert reader.flush(at=9) == []
    assert at(50.31, 99) == []
    assert at(50.32, 100) == [100]
    assert at(50.33, 50) == []
    assert [event.current for event in reader.finish(at=9)] == [50]


def test_labels_that_count_on_for_ever_share_rows_in_the_end() -> None:
    reader = BarReader()
    ids = set()
    for number in range(1000):
        line = f"file {number}: 50%|#| 1/2 [00:00<00:00, 1it/s]"
        for event in reader.feed(of_lines([line], row=number), at=1):
            ids.add(event.id)
    assert len(ids) == MAX_PROGRESS + 1
    assert len(reader._known) <= MAX_PROGRESS


def of_program(*arguments: str) -> tuple[list[ProgressEvent], list[str]]:
    reader, splitter = BarReader(interval=0.0), LineSplitter()
    events: list[ProgressEvent] = []
    lines: list[str] = []

    def on_output(_stream: str, data: bytes) -> None:
        update = splitter.feed(data)
        lines.extend(update.lines)
        events.extend(reader.feed(update, at=1))

    spec = CommandSpec([sys.executable, *arguments], cwd="/", env={"PATH": os.environ["PATH"]})
    assert run_command(spec, on_output) == 0
    return events + reader.finish(at=1), lines + splitter.finish().lines


def test_the_label_of_a_bar_may_count_an_outer_one() -> None:
    draws = [
        b"\rEpoch %d/3:  50%%|#| %d/2 [00:00<00:00, 1it/s]%s" % (epoch, n, b"\n" * (n == 2))
        for epoch in (1, 2, 3)
        for n in (0, 2)
    ]
    events = read(*draws)
    outer = [(event.current, event.total, event.done) for event in events if event.label == "Epoch"]
    assert outer == [(0, 3, None), (1, 3, None), (2, 3, None), (3, 3, True)]
    assert {event.id for event in events} == {"terminal:count:Epoch", "terminal:tqdm:of 2"}
    assert [event.label for event in read(b"Epoch 1/2:  50%|#| 1/2 [00:00<00:00, 1it/s]\n")] == ["Epoch 1/2"]


def test_an_outer_bar_may_be_counted_from_nought() -> None:
    draws = [b"\rEpoch %d/3:  50%%|#| %d/2 [00:00<00:00, 1it/s]" % (epoch, n) for epoch in (0, 1, 2) for n in (0, 2)]
    outer = [(event.current, event.done) for event in read(*draws) if event.label == "Epoch"]
    assert outer == [(0, None), (1, None), (2, None), (3, True)]
    assert [event.current for event in read(*draws[:-1]) if event.label == "Epoch"] == [0, 1, 2]


def test_a_bar_that_goes_on_under_another_label_is_the_same() -> None:
    draws = [b"\rfile %s:  50%%|#| %d/9 [00:00<00:00, 1it/s]" % (name, n) for n, name in enumerate((b"a", b"b", b"c"))]
    events = read(*draws)
    assert {event.id for event in events} == {"terminal:tqdm:file a"}
    assert [(event.label, event.current) for event in events] == [("file a", 0), ("file b", 1), ("file c", 2)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 100), st.sampled_from(["", "", "", "\n"])), max_size=60
    )
)
def test_what_is_passed_over_in_one_read_changes_nothing(shares: list[tuple[str, int, str]]) -> None:
    draws = [
        f"\r{name}: {n:3d}%|{'#' * (n // 10):10}| {n}/100 [00:01<00:02, 3.2it/s]{end}".encode()
        for name, n, end in shares
    ]
    data = b"".join(draws)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bars, "_MANY_DRAWN", 10_000)
        every = read(data, b"\n")
    assert read(data, b"\n") == every


def test_labels_of_one_bar_are_remembered_within_bounds() -> None:
    reader, splitter = BarReader(), LineSplitter()
    for n in range(1_000):
        reader.feed(splitter.feed(b"\rfile %d:  50%%|#| %d/9999 [00:00<00:00, 1it/s]" % (n, n)), at=1)
    assert len(reader._known) == 1
    assert len(reader._rows._alike) <= 5


def test_an_erased_bar_is_closed_if_it_is_not_drawn_again_at_once() -> None:
    draw = b"\ra:  50%|#| 1/2 [00:00<00:00, 1it/s]"
    erased = read(draw, b"\r" + b" " * 60 + b"\r", b"")
    assert [(event.current, event.closed) for event in erased] == [(1, None), (1, True)]
    written = read(draw, b"\r" + b" " * 60 + b"\rmessage\n" + draw)
    assert [(event.current, event.closed) for event in written] == [(1, None)]
    again = read(draw, b"\r" + b" " * 60 + b"\r", b"", draw)
    assert [(event.current, event.closed, event.done) for event in again] == [
        (1, None, None),
        (1, True, None),
        (1, False, None),
    ]


def test_real_tqdm_with_one_bar_inside_another() -> None:
    code = """
import time
from tqdm import tqdm, trange
for i in trange(3, desc="outer"):
    for j in tqdm(range(40), desc="inner", leave=False, mininterval=0):
        time.sleep(0.001)
"""
    events, lines = of_program("-c", code)
    last = {event.label: event for event in events}
    assert set(last) == {"outer", "inner"}
    assert (last["outer"].current, last["outer"].total, last["outer"].done) == (3, 3, True)
    assert last["inner"].total == 40
    assert len({event.id for event in events}) == 2
    assert len(lines) < 12
    assert lines[-1].startswith("outer: 100%")


WHEEL = "thing-1.0-py3-none-any.whl"


class SlowWheel(http.server.BaseHTTPRequestHandler):
    """A wheel of 3 MB that takes about half a second."""

    def do_GET(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
            wheel.writestr("thing-1.0.dist-info/RECORD", "")
            wheel.writestr("data", b"\0" * 3_000_000)
        content = file.getvalue()
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), 100_000):
            self.wfile.write(content[start : start + 100_000])
            time.sleep(0.02)

    def log_message(self, *_arguments: object) -> None:
        pass


def test_the_real_bar_of_pip(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowWheel) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            options = [
                "--isolated",
                "--disable-pip-version-check",
                "download",
                "--no-deps",
                "--no-cache-dir",
                "--no-index",
            ]
            url = f"http://127.0.0.1:{server.server_port}/{WHEEL}"
            events, _ = of_program("-m", "pip", *options, "--dest", str(tmp_path), url)
        finally:
            server.shutdown()
    assert len(events) > 2
    (label,) = {event.label for event in events}
    assert label.startswith("Downloading ")
    assert label.endswith(WHEEL)
    assert (events[-1].total, events[-1].unit, events[-1].done) == (3, "MB", True)


VALUES = ["45%", "100%", "150%", "3/20", "0/0", "20/3", "9" * 250, "1.2.3", "1.2/3.4", "MB", "k", "/", "of"]
SHAPES = ["|", "%|", "[", "]", "━━━━━━", "####", "=====>", "[00:03<00:04, ", "it/s]", "[ 45%] ", "\x1b[31m", " ", ": "]
pieces = st.sampled_from([*VALUES, *SHAPES, "Epoch ", "desc"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(pieces | st.text(max_size=4), max_size=12).map("".join), max_size=6))
def test_whatever_is_printed_makes_only_events_that_readers_take(lines: list[str]) -> None:
    reader = BarReader(interval=0.0)
    events = reader.feed(of_lines(lines), at=1)
    events += [event for line in lines for event in reader.feed(LogUpdate([], line, row=3), at=2)]
    for event in [*events, *reader.finish(at=3)]:
        assert msgspec.json.decode(msgspec.json.encode(event), type=ProgressEvent) == event
        assert event.total is None or float(event.current) <= float(event.total)


@pytest.mark.parametrize("unit", [" ", "[", "1/", "9", "━ ", "%", "%|", "a: ", "[=", "#", "-"])
def test_no_line_takes_long_to_read(unit: str) -> None:
    lines = [(unit * 300)[:298] + end for end in ("%", "% ", "]", "/s [", "━") for _ in range(100)]
    start = time.process_time()
    BarReader().feed(of_lines(lines), at=1)
    assert time.process_time() - start < 1.0


def test_plain_lines_cost_next_to_nothing() -> None:
    lines = [f"gcc -O2 -c src/a/b/file{n}.c -o build/file{n}.o [x] done" for n in range(200_000)]
    assert not any(map(may_hold_bar, lines[:100]))
    start = time.process_time()
    assert BarReader().feed(of_lines(lines), at=1) == []
    assert time.process_time() - start < 1
