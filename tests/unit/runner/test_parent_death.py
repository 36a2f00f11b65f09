"""Dying with the process that started one, through a helper that nobody sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from buildwidget.runner.parent_death import dying_with_parent

PATH = os.environ.get("PATH")


def test_a_command_that_dies_with_its_parent_is_the_same_command() -> None:
    command = ["/bin/sh", "-c", "trap 'exit 3' TERM; echo $0 $1; exit 5", "zero", "one"]
    done = subprocess.run(dying_with_parent(command, cwd="/", path=PATH), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (5, b"zero one\n")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no helper is used")
def test_a_program_is_found_from_its_working_directory(tmp_path: Path) -> None:
    script = tmp_path / "run"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o700)
    assert dying_with_parent(["./run"], cwd=str(tmp_path), path=PATH)[0].endswith("setpriv")


@pytest.mark.parametrize(
    ("content", "mode"),
    [(b"#!/no/such/interpreter\n", 0o700), (b"#!/bin/sh\n", 0o600), (b"echo no first line\n", 0o700), (b"", 0o700)],
)
def test_what_may_not_start_is_started_without_a_helper(tmp_path: Path, content: bytes, mode: int) -> None:
    script = tmp_path / "run"
    script.write_bytes(content)
    script.chmod(mode)
    for program in (str(script), "./run", "/no/such/program"):
        assert dying_with_parent([program], cwd=str(tmp_path), path=PATH) == [program]
    assert dying_with_parent(["true"], cwd="/no/such/place", path=PATH) == ["true"]
