"""What ``report.metric()`` costs the program that calls it in a tight loop, inside a real build."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final
from unittest import mock

import msgspec

from buildwidget.store.store import Store
from tests.bench.figures import Figure, Samples, Scale, Side
from tests.runner.builds import Builds

_MICROSECONDS: Final = 15.0

# Each side in turn: what it took a call, in microseconds of the caller's wall clock. Each loop ends when its last call
# has returned: what a full buffer makes the caller wait is in it.
_PROGRAM: Final = """
import json, logging, os, socket, sys, threading, time, warnings
from buildwidget import report

CALLS, ROUNDS = {calls}, {rounds}

log = logging.getLogger("bench")
log.setLevel(logging.INFO)
log.propagate = False
log.addHandler(logging.FileHandler("bench.log"))

near, far = socket.socketpair()

def drain():
    while far.recv(65536):
        pass

threading.Thread(target=drain, daemon=True).start()

def metric(first):
    for step in range(first, first + CALLS):
        report.metric("loss", 0.25, step=step)

def printed(first):
    for step in range(first, first + CALLS):
        print("step", step, "loss", 0.25)

def logged(first):
    for step in range(first, first + CALLS):
        log.info("step %d loss %f", step, 0.25)

def sent(first):
    message = b"x" * 60
    for step in range(first, first + CALLS):
        near.send(message)

# Python from 3.12 on warns of it; the child does nothing but report.
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)

def forked(first):
    pid = os.fork()
    if pid == 0:
        began = time.perf_counter()
        metric(first)
        with open("forked", "w") as file:
            file.write(str((time.perf_counter() - began) / CALLS * 1e6))
        os._exit(0)
    os.waitpid(pid, 0)
    with open("forked") as file:
        return float(file.read())

sides = dict(metric=metric, forked=forked, printed=printed, logged=logged, sent=sent)
took = {{name: [] for name in sides}}
for number in range(ROUNDS):
    for name in list(sides) if number % 2 == 0 else reversed(list(sides)):
        began = time.perf_counter()
        told = sides[name](number * CALLS)
        took[name].append(told or (time.perf_counter() - began) / CALLS * 1e6)
        report.flush(60)
        sys.stdout.flush()
with open("took.json", "w") as file:
    json.dump(took, file)
"""


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Microseconds a call, and that every call arrived."""
    calls, rounds = scale.of(20_000, 500), scale.of(9, 2)
    found = _run(directory, calls, rounds)
    note = (
        f"{rounds} rounds of {calls:,} calls in one process of a build; the clock of the caller, waits included. Every "
        "point was folded. The floor is one send of 60 bytes to a Unix socket that is read."
    )
    return [
        _figure("report.metric() in a tight loop inside a build", found, "metric", note),
        _figure("the same in a forked child", found, "forked", "A fork may end at once, so each call sends by itself."),
    ]


def _figure(what: str, found: dict[str, Samples], name: str, note: str) -> Figure:
    ours = Side.of("report.metric", found[name])
    return Figure(
        what=what,
        unit="us a call",
        ours=ours,
        peer=Side.of("logging to a file", found["logged"]),
        floor=Side.of("socket.send", found["sent"]),
        judged=ours.value,
        judged_as="ours",
        bound=_MICROSECONDS,
        note=note,
        extra={"print_us": found["printed"].median},
    )


def _run(directory: Path, calls: int, rounds: int) -> dict[str, Samples]:
    program = directory / "program.py"
    program.write_text(_PROGRAM.format(calls=calls, rounds=rounds))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUILDWIDGET")}
    variables = {**kept, "BUILDWIDGET_DATA_DIR": str(directory / "data")}
    with mock.patch.dict(os.environ, variables, clear=True), Store.open() as store:
        builds = Builds(store)
        try:
            build = builds.command([sys.executable, str(program)], cwd=str(directory))
            state = builds.wait_for(build, timeout=300)
        finally:
            builds.close()
    assert state.status == "succeeded", state
    assert {row.name: row.count for row in state.metrics} == {"loss": 2 * calls * rounds}
    assert state.log.count == calls * rounds
    took: dict[str, Any] = msgspec.json.decode((directory / "took.json").read_bytes())
    return {name: Samples(tuple(values)) for name, values in took.items()}
