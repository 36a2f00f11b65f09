"""A process that ends while it follows a build ends at once and in silence, and the build goes on."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import buildwidget as bw
from buildwidget import live, process_store

BUSY = "while sleep 0.02; do echo more; done"
ERRORS = ("Traceback", "Error", "Exception", "Task was destroyed", "never awaited", "RuntimeError", "Fatal")


@pytest.fixture(scope="module", autouse=True)
def _busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A build with the key "busy" that says something all the time, and goes on whatever follows it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        patch.setenv("BUILDWIDGET_OWNER", "tester")
        patch.delenv("BUILDWIDGET_DATABASE_URL", raising=False)
        build = bw.launch(BUSY, key="busy")
        try:
            yield
            assert build.status == "running"
        finally:
            build.cancel()
            build.wait(timeout=30)
            live.close_all()
            process_store.close_all()


FOLLOWED = {
    "a widget": "b.widget()",
    "several widgets": "w = [b.widget() for _ in range(3)]",
    "a callback": "b.on_change(lambda _: None)",
    "a callback that takes long": "b.on_change(lambda _: time.sleep(0.2))",
    "a callback that never returns": "b.on_change(lambda _: threading.Event().wait())",
    "a callback that fails with the end": "b.on_change(lambda _: atexit.register(print))",
    "an await that is given up": (
        "async def main():\n    await asyncio.wait_for(b, 0.3)\n"
        "with contextlib.suppress(asyncio.TimeoutError): asyncio.run(main())"
    ),
    "a wait that is given up": "with contextlib.suppress(TimeoutError): b.wait(0.3)",
    "a pushed widget": "w = b.widget(); w.start_pushing()",
    "a wait in another thread": "threading.Thread(target=b.wait, daemon=True).start()",
    "a fork that follows too": "b.widget()\nif os.fork() == 0: b.widget(); time.sleep(0.3); sys.exit()\nos.wait()",
}
# Python's own word to a script that forks, from 3.12 on.
FORKS = ("-W", "ignore:This process:DeprecationWarning")
ENDS = {
    "the end": "time.sleep(0.5)",
    "at once": "",
    "an exit": "time.sleep(0.3); sys.exit(0)",
    "with work at exit": "atexit.register(time.sleep, 0.5)",
}


@pytest.mark.parametrize(
    ("what", "end"), [*((what, "the end") for what in FOLLOWED), *(("a widget", end) for end in list(ENDS)[1:])]
)
def test_a_script_that_ends(what: str, end: str) -> None:
    lines = [
        "import asyncio, atexit, contextlib, os, sys, threading, time",
        "import buildwidget as bw",
        "b = bw.attach('busy')",
        FOLLOWED[what],
        ENDS[end],
        "print('over')",
    ]
    done = subprocess.run(
        [sys.executable, *FORKS, "-c", "\n".join(lines)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0


AT_EXIT = "import atexit, time; _ = atexit.register(time.sleep, 0.5)"
"""What other libraries do at the end of a process takes a while too."""
IPYTHON = ["-m", "IPython", "--no-banner", "--colors=nocolor", "--no-confirm-exit"]


@pytest.mark.parametrize(
    ("program", "prompt", "shown", "leave"),
    [
        (IPYTHON, "In [", "b", "exit"),
        (IPYTHON, "In [", "display(b)", "quit"),
        ([*IPYTHON, "--simple-prompt"], "In [", "b", "exit()"),
        ([*IPYTHON, "--simple-prompt"], "In [", "w = b.widget()", "quit"),
        ([*IPYTHON, "--simple-prompt"], "In [", "b", "\x04"),
        (["-i", "-q"], ">>> ", "w = b.widget()", "exit()"),
        (["-i", "-q"], ">>> ", "display(b)", "\x04"),
    ],
)
def test_a_terminal_that_is_left(tmp_path: Path, program: list[str], prompt: str, shown: str, leave: str) -> None:
    if "display" in shown and "IPython" not in program:
        shown = "from IPython.display import display; display(b)"
    with Terminal([sys.executable, *program], tmp_path) as terminal:
        for line in ("import buildwidget as bw", "b = bw.attach('busy')", AT_EXIT, shown):
            terminal.expect(prompt)
            terminal.type(line)
        terminal.expect(prompt)
        terminal.type(leave)
        said = terminal.rest()
    assert not [word for word in ERRORS if word in said], said


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list[str], directory: Path) -> None:
        self._read = ""
        self._said = ""
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="dumb", IPYTHONDIR=str(directory / "ipython"), PYTHONSTARTUP="")
            os.execv(command[0], command)

    def expect(self, text: str) -> None:
        while text not in self._said:
            assert self._more(), f"no {text!r} in {self._read!r}"
        self._said = self._said.partition(text)[2]

    def type(self, line: str) -> None:
        os.write(self._master, line.encode() + (b"" if line == "\x04" else b"\r"))

    def rest(self) -> str:
        """All that it says until it ends."""
        while self._more():
            pass
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        assert os.waitstatus_to_exitcode(status) == 0, self._read
        return self._read

    def _more(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 30)
        assert ready, f"silent for 30 s after {self._read!r}"
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the end, on Linux
            return False
        if b"\x1b[6n" in data:  # where is the cursor?
            os.write(self._master, b"\x1b[1;1R")
        self._read += data.decode(errors="replace")
        self._said += data.decode(errors="replace")
        return bool(data)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        os.close(self._master)
