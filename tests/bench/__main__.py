"""``python -m tests.bench [name ...] [--toy] [--json FILE]``: measure, and print one table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import machine, table
from tests.bench.figures import Figure, Scale
from tests.bench.suite import BENCHMARKS, measure


def main() -> None:
    """Runs the named benchmarks, else all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--toy", action="store_true", help="few of everything: only to see that it works")
    parser.add_argument("--json", type=Path, help="where the figures are written for programs")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    about = machine.describe()
    figures: list[Figure] = []
    for name in arguments.names or BENCHMARKS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="buildwidget-bench-") as directory:
            figures += measure(name, Scale(toy=arguments.toy), Path(directory))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print("Measured on " + ", ".join(f"{key} {value}" for key, value in about.items()) + "\n")
    print(table.markdown(figures))
    if arguments.json is not None:
        table.write_json(arguments.json, about, figures)


if __name__ == "__main__":
    main()
