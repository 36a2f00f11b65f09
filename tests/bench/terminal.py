"""What a build on a terminal costs beside ``script`` of util-linux, which only copies what the same command prints."""

from __future__ import annotations

import fcntl
import os
import resource
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from buildwidget.runner.command import COLUMNS, ROWS, CommandSpec, RunningCommand
from buildwidget.runner.output import Output
from buildwidget.runner.secrets import Masker
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.bench.figures import Figure, Samples, Scale, Side, interleave
from tests.store.making import started

_HERTZ: Final = 100
_PICTURE_ROWS: Final = 24
_MAX_SHARE: Final = 5.0
"""Percent of a core."""

_PLAIN: Final = "for i in range({count}): print(f'line {{i}}: the quick brown fox jumps over the lazy dog')"
_COLOURED: Final = (
    "for i in range({count}): print(f'\x1b[32mline\x1b[0m {{i}}: the quick \x1b[1mbrown\x1b[0m fox jumps')"
)
_BARS: Final = "from tqdm import tqdm\nfor _ in tqdm(range({count}), mininterval=0, miniters=1): pass"
_KINDS: Final = {
    "plain lines": (_PLAIN, 200_000, 4.5),
    "lines with two words in colour": (_COLOURED, 200_000, 2.3),
    "tqdm's bar drawn anew for every item": (_BARS, 20_000, 2.0),
}
"""The program, how many lines or bars, and the bound."""

_PAINTER: Final = """
import sys, time
frames, hertz = open(sys.argv[1], newline="").read().split("\\f"), float(sys.argv[2])
began = time.monotonic()
for number, frame in enumerate(frames):
    time.sleep(max(0.0, began + number / hertz - time.monotonic()))
    sys.stdout.write(frame)
    sys.stdout.flush()
"""

_Times = tuple[float, float]
"""Seconds, and seconds of the processor: of the command, and of what reads it."""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Each kind of output in turn, then a picture that is drawn again and again."""
    with Store.open(f"sqlite:///{directory}/terminal.db") as store:
        figures = [_compared(store, directory, what, scale) for what in _KINDS]
        return [*figures, _picture(store, directory, scale)]


def _compared(store: Store, directory: Path, what: str, scale: Scale) -> Figure:
    program, full, bound = _KINDS[what]
    count = scale.of(full, 200)
    command = [sys.executable, "-c", program.format(count=count)]
    walls: dict[str, list[float]] = {"ours": [], "peer": []}

    def timed(side: str, run: Callable[[], _Times]) -> Callable[[], float]:
        def once() -> float:
            wall, processor = run()
            walls[side].append(wall)
            return processor

        return once

    sides = {
        "ours": timed("ours", lambda: _ours(store, command)),
        "peer": timed("peer", lambda: _script(command, directory / "typescript")),
    }
    found = interleave(sides, scale.of(5, 1))
    written = (directory / "typescript").stat().st_size
    assert written > 20 * count, "script must have had the same output"
    wall = Samples(tuple(walls["ours"])).median / Samples(tuple(walls["peer"])).median
    return Figure(
        what=f"processor of a command that prints {what}, with all that reads it",
        unit="s",
        ours=Side.of("a build: terminal, log, bars, SQLite", found["ours"]),
        peer=Side.of("script to a file", found["peer"]),
        judged=found["ours"].median / found["peer"].median,
        judged_as="ours / peer",
        bound=bound,
        note=f"{count:,} of them by a program in Python, {written / 1e6:.1f} MB. "
        f"By the clock it takes {wall:.2f} times the peer's.",
        extra={"wall_ratio": wall},
    )


def _ours(store: Store, command: Sequence[str]) -> _Times:
    """What a runner does with a command, until all of it is on the disk."""
    began, before = time.perf_counter(), _processor()
    writer = Writer(started(store))
    output = Output(writer.write, Masker([]))
    running = RunningCommand(CommandSpec(command, cwd=str(Path.cwd()), env=os.environ))
    code = running.pump(output.feed, on_idle=output.idle)
    output.finish()
    writer.close()
    assert code == 0
    return time.perf_counter() - began, _processor() - before


def _script(command: Sequence[str], file: Path) -> _Times:
    program = shutil.which("script")
    assert program is not None, "script of util-linux is what this is measured against"
    words = [program, "--quiet", "--return", "--command", shlex.join(command), str(file)]
    # It gives the command a terminal of the size of its own; tqdm draws nothing where there are no rows.
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        began, before = time.perf_counter(), _processor()
        subprocess.run(words, check=True, stdin=slave, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began, _processor() - before
    finally:
        os.close(master)
        os.close(slave)


def _processor() -> float:
    """Seconds of the processor that this process and its ended children took."""
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _picture(store: Store, directory: Path, scale: Scale) -> Figure:
    frames = directory / "frames"
    frames.write_text("\f".join(_frames(_HERTZ * scale.of(5, 1))), encoding="utf-8", newline="")
    command = [sys.executable, "-S", "-c", _PAINTER, str(frames), str(_HERTZ)]

    def share() -> float:
        began = time.process_time()  # of this process, not of the program
        wall, _ = _ours(store, command)
        return (time.process_time() - began) / wall * 100

    found = Samples(tuple(share() for _ in range(scale.of(5, 1))))
    return Figure(
        what=f"processor of a build whose program draws a picture of {_PICTURE_ROWS} rows {_HERTZ} times a second",
        unit="% of a core",
        ours=Side.of("a build: terminal, log, bars, SQLite", found),
        judged=found.median,
        judged_as="ours",
        bound=_MAX_SHARE,
        note="Start and commits included, the program itself not.",
    )


def _frames(count: int) -> Iterator[str]:
    """A table with colours, drawn from its top again with other numbers."""
    for number in range(count):
        rows = ["\x1b[?25l" if number == 0 else f"\x1b[{_PICTURE_ROWS}A"]
        for row in range(_PICTURE_ROWS):
            tasks, loss = number * 7 % 1000 + row, number * row % 97 / 97
            rows.append(
                f"\x1b[32mworker {row:2d}\x1b[0m \x1b[1;34m{tasks:4d}\x1b[0m tasks done, loss {loss:.4f}\x1b[K\r\n"
            )
        yield "".join(rows)
