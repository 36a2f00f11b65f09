from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.locks import find_python


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine: nothing on the PATH, nothing in pyenv's and uv's folders; gives the folder for all."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


def program(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_version_that_is_found_is_taken(kept: Path) -> None:
    older = program(kept / "path/python3.11", "echo 3.11")
    assert find_python.find("3.12", "3.11") == older
    newer = program(kept / "pyenv/versions/3.12.1/bin/python3.12", "echo 3.12")
    assert find_python.find("3.12", "3.11") == newer


def test_uv_keeps_pythons_too(kept: Path) -> None:
    python = program(kept / "uv/cpython-3.10.15-linux-x86_64-gnu/bin/python3.10", "echo 3.10")
    assert find_python.find("3.10") == python


def test_a_shim_that_starts_nothing_is_passed_over(kept: Path) -> None:
    program(kept / "path/python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    assert find_python.find("3.10") is None
    python = program(kept / "pyenv/versions/3.10.13/bin/python3.10", "echo 3.10")
    assert find_python.find("3.10") == python


@pytest.mark.usefixtures("kept")
def test_none_is_a_sentence_and_an_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, find_python.__file__, "3.13", "3.12"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("No Python 3.13 or 3.12 with venv was found")
    assert done.stdout == ""
