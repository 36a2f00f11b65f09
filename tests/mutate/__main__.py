"""``python -m tests.mutate [name ...]``: change the code in small ways, and see which changes no test notices."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.mutate import python, typescript
from tests.mutate.results import Mutant, survivors, table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results" / "mutate"


def main() -> None:
    """Runs the named parts, else all."""
    parts: dict[str, python.Part | typescript.Part] = {**python.PARTS, **typescript.PARTS}
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(parts)}")
    parser.add_argument("--workers", type=int, default=2, help="mutants that are tried at a time (default: 2)")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(parts)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    found: list[Mutant] = []
    for name in arguments.names or parts:
        mutants = parts[name].run(ROOT, RESULTS / name, arguments.workers)
        (RESULTS / f"{name}-survivors.txt").write_text(survivors(mutants), "utf-8")
        found += mutants
    print(table(found))
    print(f"The survivors are in {RESULTS.relative_to(ROOT)}/*-survivors.txt")


if __name__ == "__main__":
    main()
