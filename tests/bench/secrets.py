"""What masking costs: the bytes a program prints, from the read to the commit, with no, 5 and 20 secrets in turn."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from buildwidget.runner.output import Output
from buildwidget.runner.secrets import Masker
from buildwidget.runner.terminal.lines import strip_colours
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.bench.browser_refresh import log_line
from tests.bench.figures import Figure, Samples, Scale, Side, interleave
from tests.store.making import started

SECRETS: Final = (5, 20)
_SHARE: Final = {5: 1.1, 20: 1.2}
_READ: Final = 32 * 1024
"""Bytes of a read: about what a terminal gives at once of a program that prints faster than is stored."""
_LENGTHS: Final = (12, 20, 40, 64)


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Processor time per megabyte of log, the writer's thread and the commits included."""
    coloured = _log(scale.of(30_000, 2_000))
    plain = strip_colours(coloured.decode()).encode()
    rounds = scale.of(15, 2)
    maskers = {count: Masker(secrets(count)) for count in (0, *SECRETS)}
    with Store.open(f"sqlite:///{directory}/secrets.db") as store:
        sides = {
            f"{count} {name}": _side(store, masker, data)
            for name, data in (("plain", plain), ("coloured", coloured))
            for count, masker in maskers.items()
        }
        found = interleave(sides, rounds)
    return [_figure(count, found, len(plain)) for count in SECRETS]


def secrets(count: int) -> list[str]:
    """Secrets as services give them: letters, digits and some signs, of several lengths; always the same."""
    dice = random.Random(11)
    letters = string.ascii_letters + string.digits + "+/-_"
    return ["".join(dice.choices(letters, k=_LENGTHS[number % len(_LENGTHS)])) for number in range(count)]


def _log(lines: int) -> bytes:
    return "".join(f"{log_line(number)}\n" for number in range(1, lines + 1)).encode()


def _side(store: Store, masker: Masker, data: bytes) -> Callable[[], float]:
    def run() -> float:
        writer = Writer(started(store))
        output = Output(writer.write, masker)
        began = time.process_time()
        for start in range(0, len(data), _READ):
            output.feed("stdout", data[start : start + _READ])
        output.finish()
        writer.close()
        return (time.process_time() - began) * 1e3 / (len(data) / 1e6)

    return run


def _figure(count: int, found: dict[str, Samples], size: int) -> Figure:
    with_secrets, without = found[f"{count} plain"], found["0 plain"]
    coloured = found[f"{count} coloured"].median / found["0 coloured"].median
    return Figure(
        what=f"processor time of a log, from the read to the commit, with {count} secrets in all their forms",
        unit="ms/MB",
        ours=Side.of(f"{count} secrets", with_secrets),
        floor=Side.of("no secrets", without),
        judged=with_secrets.median / without.median,
        judged_as="ours / floor",
        bound=_SHARE[count],
        note=f"{size / 1e6:.1f} MB of log lines in reads of {_READ // 1024} KiB. "
        f"With a word of each line in colour it is {coloured:.2f}.",
    )
