"""Installs what one lock has beyond another: ``python -m tests.locks.beside collaboration test DIRECTORY``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.locks.reading import pins, versions


def install(lock: str, base: str, target: Path) -> None:
    """The packages of ``lock`` that ``base`` lacks, by their hashes; whatever the directory had before is removed."""
    known = versions(base)
    wanted = [pin for pin in pins(lock) if pin.applies() and pin.name not in known]
    lines = [f"{pin.name}=={pin.version} {' '.join(f'--hash={each}' for each in pin.hashes)}" for pin in wanted]
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        options = ("--quiet", "--no-compile", "--no-deps", "--require-hashes", "--target", str(target))
        subprocess.run([sys.executable, "-m", "pip", "install", *options, "--requirement", file.name], check=True)


if __name__ == "__main__":
    install(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
