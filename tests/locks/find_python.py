"""Prints the path of the newest Python found of the versions named: ``python find_python.py 3.13 3.12``.

It looks on the PATH, then where pyenv and uv keep the Pythons they installed. It runs before there is an environment,
on any Python from 3.8 on.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECK = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"


def candidates(version: str) -> list[str]:
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    kept = [
        (Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions", f"{version}*"),
        (Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python"), f"cpython-{version}*"),
    ]
    on_path = shutil.which(f"python{version}")
    found = [
        str(path) for room, name in kept for path in sorted(room.glob(f"{name}/bin/python{version}"), reverse=True)
    ]
    return [on_path, *found] if on_path else found


def runs(python: str, version: str) -> bool:
    """Whether it is that version and can make environments. pyenv has shims for versions that are switched off, too."""
    try:
        answer = subprocess.run([python, "-c", CHECK], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def find(*versions: str) -> str | None:
    return next((path for version in versions for path in candidates(version) if runs(path, version)), None)


if __name__ == "__main__":
    python = find(*sys.argv[1:])
    if python is None:
        sys.exit(
            f"No Python {' or '.join(sys.argv[1:])} with venv was found on the PATH, in pyenv's or in uv's folder."
        )
    print(python)
