"""Records what real programs draw on a build's terminal: ``python -m tests.terminal.record [name...]``.

Each program of ``programs/`` is a ``.py``, ``.sh`` or ``.mjs`` file that runs on a pty as a build does. The comments at
its top say what it is:

- ``about: `` one sentence;
- ``pypi: ``, ``npm: ``, ``debian: `` the packages it needs, separated by blanks (see packages.py);
- ``command: `` what stands as the command in the recording, if it is not the program itself;
- ``source: `` the address of the issue thread whose bytes it prints.

It runs in an empty directory of its own. Written are ``recordings/NAME.json`` and the log that a real terminal makes of
it, ``NAME.txt``. The bars that a person sees, ``NAME.bars.json``, are written by a person.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

from buildwidget.runner import command as runner
from buildwidget.runner.command import CommandSpec
from tests.terminal.packages import SOURCES, Installed
from tests.terminal.recorded import COLUMNS, PROGRAMS, RECORDINGS, ROWS, reference_logs
from tests.unit.runner.running import run_command

INTERPRETERS: Final = {".py": "python", ".sh": "bash", ".mjs": "node"}
HEADER_LINE: Final = re.compile(r"(?:#|//) (\w+): (.+)")
KEPT: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
# Where the interpreters themselves are; a recording does not depend on what else a machine has.
SYSTEM_PATH: Final = os.environ.get("PATH", os.defpath)


def header(program: Path) -> dict[str, str]:
    """What the comments at the top of a program say."""
    said = {}
    for line in program.read_text(encoding="utf-8").splitlines():
        if line.startswith("#!"):
            continue
        match = HEADER_LINE.fullmatch(line)
        if match is None:
            break
        said[match[1]] = match[2]
    return said


def environment(installed: list[Installed], home: Path) -> dict[str, str]:
    """The whole environment of a program."""
    paths = [str(path) for one in installed for path in one.paths]
    libraries = [str(path) for one in installed for path in one.libraries]
    kept = {name: os.environ[name] for name in (*KEPT, *map(str.lower, KEPT)) if name in os.environ}
    env = {**kept, "PATH": os.pathsep.join([*paths, SYSTEM_PATH]), "HOME": str(home), "LANG": "C.UTF-8"}
    return env | ({"LD_LIBRARY_PATH": os.pathsep.join(libraries)} if libraries else {})


@contextmanager
def _fresh_directory(place: Path) -> Iterator[Path]:
    """An empty directory that is gone afterwards; it has the same name each time, as programs print where they are."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run(program: Path, installed: list[Installed]) -> tuple[int, list[tuple[float, str]]]:
    """The exit code of a program and its reads, each the seconds since the start and the text."""
    reads: list[tuple[float, str]] = []
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character that a read cut belongs to the next one
    with _fresh_directory(Path(tempfile.gettempdir(), "recording", program.stem)) as place:
        home, work = place / "home", place / "work"
        home.mkdir()
        work.mkdir()
        directory = next((one.directory for one in installed if one.directory), work)
        copy = Path(shutil.copy(program, directory))
        start = time.monotonic()

        def on_output(_stream: str, data: bytes) -> None:
            reads.append((round(time.monotonic() - start, 3), decoder.decode(data)))

        words = [INTERPRETERS[program.suffix], str(copy) if directory != work else copy.name]
        with mock.patch.object(runner, "ROWS", ROWS), mock.patch.object(runner, "COLUMNS", COLUMNS):
            code = run_command(CommandSpec(words, cwd=str(work), env=environment(installed, home)), on_output)
    return code, [(at, text) for at, text in reads if text]


def record(program: Path) -> None:
    """Runs one program and writes its recording and the reference log."""
    said = header(program)
    installed = [install(said[kind].split()) for kind, install in SOURCES.items() if kind in said]
    code, reads = run(program, installed)
    recording: dict[str, Any] = {
        "about": said["about"],
        "command": said.get("command", f"{INTERPRETERS[program.suffix]} {program.name}"),
        "versions": {name: version for one in installed for name, version in one.versions.items()},
        "source": said.get("source"),
        "rows": ROWS,
        "columns": COLUMNS,
    }
    fields = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in recording.items()]
    lines = ",\n".join("  " + json.dumps(read, ensure_ascii=False) for read in reads)
    text = "{\n" + ",\n".join([*fields, f' "reads": [\n{lines}\n ]']) + "\n}\n"
    (RECORDINGS / f"{program.stem}.json").write_text(text, encoding="utf-8")
    write_log(program.stem)
    sys.stdout.write(f"{program.stem}: exit {code}, {len(reads)} reads, {len(text.encode())} bytes\n")


def write_log(name: str) -> None:
    """Writes the reference log of a recording."""
    (RECORDINGS / f"{name}.txt").write_text(reference_logs([name])[name], encoding="utf-8")


def main(chosen: list[str]) -> None:
    """Records the chosen programs, or all."""
    programs = {path.stem: path for path in sorted(PROGRAMS.iterdir()) if path.suffix in INTERPRETERS}
    for name in chosen or programs:
        record(programs[name])


if __name__ == "__main__":
    main(sys.argv[1:])
