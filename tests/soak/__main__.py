"""``python -m tests.soak [--toy] [--seed N] [--seconds S] [--keep DIRECTORY]``: run it, and print what it came to.

The exit code is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import sys
import tempfile
from pathlib import Path

from tests.soak.conductor import Conductor, Report
from tests.soak.plan import FULL, TOY


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--toy", action="store_true", help="some seconds, few clients")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--seconds", type=float, help="how long there are faults")
    parser.add_argument("--keep", type=Path, help="a directory that stays, for a look at what was wrong")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    plan, size = (TOY, "toy") if arguments.toy else (FULL, "full")
    if arguments.seconds is not None:
        plan = dataclasses.replace(plan, seconds=arguments.seconds)
    with tempfile.TemporaryDirectory(prefix="buildwidget-soak-") as temporary:
        directory = arguments.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        report = Conductor(plan, size, arguments.seed, directory).run()
    print(summary(report))
    return 1 if report.faults else 0


def summary(report: Report) -> str:
    """For people."""
    faults = f"killed {report.kills} times, stopped {report.stops}, back after {report.slowest_start:.0f} s at most"
    database = f"restored {report.restored} times, away {report.away}; {report.histories} histories"
    rows = [
        f"{report.seconds:.0f} s; {report.builds} builds {report.ends}, {report.stored_events} events in the database",
        f"server {faults}; database {database}",
        f"{report.followed} states of clients at the end, {report.states} states on the way, all compared",
    ]
    for way, counts in sorted(report.counts.items()):
        rows.append(f"{way}: " + ", ".join(f"{what} {count:,}" for what, count in sorted(counts.items())))
    rows += [f"FAULT {fault}" for fault in report.faults[:60]]
    rows.append(f"seed {report.seed}: {len(report.faults)} faults")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
