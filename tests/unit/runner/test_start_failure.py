"""Every failure to start names what is missing, with the real errors of this system."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildwidget.runner.command import CommandSpec, RunningCommand, start_failure
from buildwidget.runner.start_failure import explain_start_failure, what_is_missing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows starts programs by other rules")


def file(path: Path, content: bytes = b"", mode: int = 0o700) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def script(line: bytes) -> Callable[[Path], list[str]]:
    return lambda place: [str(file(place / "script", line + b"\necho hello\n"))]


def chain(place: Path) -> list[str]:
    file(place / "inner", b"#!/no/such/python\n")
    return [str(file(place / "outer", f"#!{place / 'inner'}\n".encode()))]


def link(place: Path) -> list[str]:
    (place / "link").symlink_to(place / "gone")
    return [str(place / "link")]


def foreign_program(place: Path) -> list[str]:
    """A program of this machine that wants another loader (as one for musl does on glibc)."""
    content = bytearray(Path(shutil.which("true") or "/bin/true").resolve().read_bytes())
    start = content.index(b"/lib", 64)
    end = content.index(b"\0", start)
    content[start:end] = b"/lib/no-such-loader.so".ljust(end - start, b"x")[: end - start]
    return [str(file(place / "foreign", bytes(content)))]


@pytest.mark.parametrize("helped", [False, True], ids=["directly", "dying with its parent"])
@pytest.mark.parametrize(
    ("command", "kind", "said"),
    [
        (lambda _: ["/no/such/program"], "FileNotFoundError", "there is no such program"),
        (lambda _: ["no-such-command"], "FileNotFoundError", "there is no such command on the PATH"),
        (lambda _: ["./not-there"], "FileNotFoundError", "there is no such program"),
        (link, "FileNotFoundError", "it is a link to a file that does not exist (/"),
        (lambda place: [str(file(place / "plain", b"#!/bin/sh\n", 0o600))], "PermissionError", "it is not executable"),
        (lambda place: [str(place)], "PermissionError", "it is a directory"),
        (
            script(b"#!/no/such/python -u"),
            "FileNotFoundError",
            "its first line names the interpreter /no/such/python, which does not exist",
        ),
        (script(b"#! /no/such/python"), "FileNotFoundError", "the interpreter /no/such/python, which does not exist"),
        (script(b"#!/bin/sh\r"), "FileNotFoundError", "/bin/sh followed by a Windows line break"),
        (script(b"#!/etc/passwd"), "PermissionError", "the interpreter /etc/passwd, which is not executable"),
        (script(b"#!/tmp"), "PermissionError", "the interpreter /tmp, which is a directory"),
        (chain, "FileNotFoundError", "the interpreter /no/such/python, which does not exist"),
        (script(b"no first line"), "OSError", "it is no program that this system can run, and has no #! line"),
        (lambda place: [str(file(place / "empty"))], "OSError", "it is no program that this system can run"),
        (lambda _: ["true", "x" * 4_000_000], "OSError", "its arguments and environment are longer than this system"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, command: Callable[[Path], list[str]], kind: str, said: str, helped: bool
) -> None:
    words = command(tmp_path)
    spec = CommandSpec(words, str(tmp_path), {"PATH": os.environ["PATH"]}, dies_with_parent=helped)
    with pytest.raises(OSError) as raised:  # noqa: PT011 - its kind is looked at below
        RunningCommand(spec)
    error = start_failure(raised.value, spec)
    assert error.kind == kind
    assert error.message.startswith(f"{words[0]} cannot be started: ")
    assert said in error.message
    assert "setpriv" not in error.message


@pytest.mark.skipif(sys.platform != "linux", reason="the form of programs on Linux")
def test_a_loader_that_is_missing_is_named(tmp_path: Path) -> None:
    spec = CommandSpec(foreign_program(tmp_path), str(tmp_path), {"PATH": os.environ["PATH"]}, dies_with_parent=True)
    with pytest.raises(FileNotFoundError) as raised:
        RunningCommand(spec)
    message = start_failure(raised.value, spec).message
    assert "it needs the loader /lib/no-such-loader.so" in message
    assert message.endswith(", which does not exist.")


@pytest.mark.parametrize("helped", [False, True])
@pytest.mark.parametrize("command", ["echo hello", ["true"]])
def test_a_working_directory_that_is_gone_is_named(tmp_path: Path, command: str | list[str], helped: bool) -> None:
    gone = str(tmp_path / "gone")
    for cwd, said in ((gone, "does not exist"), (str(file(tmp_path / "file")), "cannot be used|is not a directory")):
        spec = CommandSpec(command, cwd, {"PATH": os.environ["PATH"]}, dies_with_parent=helped)
        with pytest.raises(OSError, match=cwd) as raised:
            RunningCommand(spec)
        message = start_failure(raised.value, spec).message
        assert f"its working directory {cwd} " in message
        assert any(words in message for words in said.split("|"))


def test_a_directory_that_this_user_may_not_enter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = what_is_missing("true", cwd=str(tmp_path), path=os.environ["PATH"])
    assert said == f"this user may not enter its working directory {tmp_path}"


def test_what_starts_misses_nothing() -> None:
    for program in ("true", sys.executable, "/bin/sh"):
        assert what_is_missing(program, cwd="/", path=os.environ["PATH"]) is None


@pytest.mark.parametrize("content", [b"#!", b"#!\n", b"#! \n", b"\x7fELF", b"\x7fELF\x02" + b"\xff" * 4091, b"\0" * 9])
def test_no_content_of_a_file_makes_it_fail(tmp_path: Path, content: bytes) -> None:
    what_is_missing(str(file(tmp_path / "odd", content)), cwd="/", path=None)


def test_a_header_that_points_anywhere(tmp_path: Path) -> None:
    for start, size, count in ((0, 0, 0xFFFF), (2**63, 56, 9), (64, 1, 0xFFFF), (2**64 - 1, 0xFFFF, 0xFFFF)):
        header = bytearray(b"\x7fELF\x02\x01" + b"\0" * 4090)
        struct.pack_into("<Q", header, 32, start)
        struct.pack_into("<HH", header, 54, size, count)
        what_is_missing(str(file(tmp_path / "odd", bytes(header))), cwd="/", path=None)


@pytest.mark.timeout(10)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o700)
    what_is_missing(str(tmp_path / "pipe"), cwd="/", path=None)


def test_other_errors_keep_the_systems_words() -> None:
    error = OSError(5, "Input/output error")
    said = explain_start_failure(error, ["true"], cwd="/", path=os.environ["PATH"])
    assert said.message == "true cannot be started: Input/output error."
