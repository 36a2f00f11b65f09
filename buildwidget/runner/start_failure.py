"""Why a program cannot be started: what is missing, by its name.

The system says "No such file or directory" for a missing working directory, program, interpreter and loader alike.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import Error

_HEADER_BYTES: Final = 4096
_MOST_INTERPRETERS: Final = 4
"""A script may be the interpreter of a script; the system follows that so often."""
_REASONS: Final[Mapping[int, str]] = {
    errno.E2BIG: "its arguments and environment are longer than this system takes",
    errno.EAGAIN: "this user or container runs as many processes as it may",
    errno.ENOMEM: "there is not enough memory",
    errno.ENOEXEC: "it is no program that this system can run, and has no #! line",
    errno.ETXTBSY: "another process is writing to it",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open on this system",
    errno.EACCES: "this user may not run it, or its file system is mounted with noexec",
}


def explain_start_failure(error: OSError, command: Sequence[str], *, cwd: str, path: str | None) -> Error:
    """Why a program could not be started.

    Args:
        error: what starting it raised.
        command: its words.
        cwd: the working directory it was to have.
        path: the PATH that it was looked for on.
    """
    missing = what_is_missing(command[0], cwd=cwd, path=path)
    reason = missing or _REASONS.get(error.errno or 0) or error.strerror or str(error)
    return Error(kind=type(error).__name__, message=f"{command[0]} cannot be started: {reason}.")


def what_is_missing(program: str, *, cwd: str, path: str | None) -> str | None:
    """What keeps a program from being started, as far as it can be seen beforehand; None where nothing does."""
    wrong = _wrong_directory(cwd)
    if wrong is not None:
        return wrong
    if sys.platform == "win32":  # which has extensions of programs, and no first lines
        return None
    found = _find(program, cwd, path)
    if found is None:
        return "there is no such program" if os.sep in program else "there is no such command on the PATH"
    return _wrong_program(found, cwd, "it")


def _wrong_directory(cwd: str) -> str | None:
    try:
        os.stat(cwd)  # noqa: PTH116 - as the program's own start looks at it
    except FileNotFoundError:
        return f"its working directory {cwd} does not exist"
    except OSError as error:
        return f"its working directory {cwd} cannot be used ({error.strerror})"
    if not os.path.isdir(cwd):  # noqa: PTH112 - as above
        return f"its working directory {cwd} is not a directory"
    return None if os.access(cwd, os.X_OK) else f"this user may not enter its working directory {cwd}"


def _find(program: str, cwd: str, path: str | None) -> str | None:
    """Where a program is; the first executable one, else the first file of that name."""
    folders = [""] if os.sep in program else (os.defpath if path is None else path).split(os.pathsep)
    places = [os.path.join(cwd, folder, program) for folder in folders]  # noqa: PTH118 - "" is the directory itself
    files = [place for place in places if os.path.lexists(place)]
    runnable = (place for place in files if os.path.isfile(place) and os.access(place, os.X_OK))  # noqa: PTH113
    return next(runnable, files[0] if files else None)


def _wrong_program(file: str, cwd: str, what: str, depth: int = 0) -> str | None:
    if not os.path.exists(file):  # noqa: PTH110 - pathlib raises for a loop of links
        return f"{what} is a link to a file that does not exist ({os.path.realpath(file)})"
    if os.path.isdir(file) or not os.access(file, os.X_OK):  # noqa: PTH112
        unfit = "a directory" if os.path.isdir(file) else f"not executable (chmod +x {file} makes it so)"  # noqa: PTH112
        return f"{what} is {unfit}"
    needed = _needed_file(_header(file))
    if needed is None or depth == _MOST_INTERPRETERS:
        return None
    name, role = needed
    whole = os.path.join(cwd, name)  # noqa: PTH118
    if not os.path.lexists(whole):
        shown = f"{name.rstrip()} followed by a Windows line break" if name.endswith("\r") else name
        return f"{role} {shown}, which does not exist"
    return _wrong_program(whole, cwd, f"{role} {name}, which", depth + 1)


def _header(file: str) -> bytes:
    """The beginning of a file; nothing where it may not be read, though it may be run, and of a pipe."""
    try:
        if not os.path.isfile(file):  # noqa: PTH113 - as above
            return b""
        with Path(file).open("rb") as opened:
            return opened.read(_HEADER_BYTES)
    except OSError:
        return b""


def _needed_file(header: bytes) -> tuple[str, str] | None:
    """The file that a program needs to be started with, and how it says so."""
    if header.startswith(b"#!"):
        line = header[2:].partition(b"\n")[0].strip(b" \t")
        name = line.replace(b"\t", b" ").partition(b" ")[0]
        return (os.fsdecode(name), "its first line names the interpreter") if name else None
    loader = _loader(header)
    return (loader, "it needs the loader") if loader is not None else None


def _loader(header: bytes) -> str | None:
    """The program interpreter of an ELF file of 64 bits, if its header tells."""
    if header[:5] != b"\x7fELF\x02" or len(header) < 64:
        return None
    order = "<" if header[5] == 1 else ">"
    (start,) = struct.unpack_from(order + "Q", header, 32)
    size, count = struct.unpack_from(order + "HH", header, 54)
    for at in range(start, min(start + size * count, len(header) - 56), size or 56):
        (kind,) = struct.unpack_from(order + "I", header, at)
        if kind == 3:  # PT_INTERP
            offset, length = (struct.unpack_from(order + "Q", header, at + place)[0] for place in (8, 32))
            name = header[offset : offset + length].rstrip(b"\0")
            return os.fsdecode(name) if name else None
    return None


def starts_for_sure(program: str, *, cwd: str, path: str | None) -> bool:
    """Whether starting a program can fail in no way that a helper in between would have to explain."""
    if what_is_missing(program, cwd=cwd, path=path) is not None:
        return False
    found = _find(program, cwd, path)
    assert found is not None
    header, own = _header(found), _header(sys.executable)
    # Of this machine's kind, as this interpreter is; or a script, whose interpreter is there.
    return header.startswith(b"#!") or (bool(header) and header[:6] == own[:6] and header[18:20] == own[18:20])


def interpreter_of(file: str) -> str | None:
    """The interpreter that a script's first line names, or the program that ``env`` is to find there."""
    header = _header(file)
    if not header.startswith(b"#!"):
        return None
    words = os.fsdecode(header[2:].partition(b"\n")[0]).split()
    named = [word for word in words if not word.startswith("-")]
    return named[1] if len(named) > 1 and Path(named[0]).name == "env" else next(iter(named), None)


def is_dynamic_program(file: str) -> bool:
    """Whether a program is of this machine's kind, and loads the libraries that this interpreter's system has."""
    header, own = _header(file), _header(sys.executable)
    loader = _loader(header)
    return loader is not None and loader == _loader(own) and header[18:20] == own[18:20]
