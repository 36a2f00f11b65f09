"""Running one program and handing on what it prints, as bytes, as it comes.

On a PTY (so that tools draw their bars), or with pipes where stderr is wanted apart; always pipes on Windows.
The program leads its own session: it has no controlling terminal and no keyboard, stdin is empty.
"""

from __future__ import annotations

import contextlib
import os
import queue
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, Literal, TypeAlias

from buildwidget.protocol.events import Error
from buildwidget.runner.parent_death import dying_with_parent
from buildwidget.runner.shell import shell_arguments
from buildwidget.runner.start_failure import explain_start_failure

if sys.platform != "win32":
    import fcntl
    import struct
    import termios

ROWS: Final = 50
COLUMNS: Final = 120
READ_BYTES: Final = 64 * 1024
DRAIN_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 0.2
GATHER_SECONDS: Final = 0.04
"""Output that comes often, but little at a time, is read about that often."""
GATHER_BYTES: Final = 4 * 1024
"""As much of it may gather meanwhile. Linux holds 8 KiB of a terminal's output before the program has to wait."""

OutputStream: TypeAlias = Literal["stdout", "stderr"]
OnOutput: TypeAlias = Callable[[OutputStream, bytes], object]


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """What to run.

    ``command`` is a list of arguments, or a string for the shell. ``env`` is the whole
    environment; the pager and, on a PTY, the kind of terminal are put over it. ``stdin``: it can be written to.
    ``dies_with_parent``: it is killed when this process is, where the system can do that.
    """

    command: str | Sequence[str]
    cwd: str
    env: Mapping[str, str]
    pty: bool = True
    stdin: bool = False
    dies_with_parent: bool = False

    @property
    def words(self) -> list[str]:
        """The program and its arguments, the shell's where it is a string."""
        return shell_arguments(self.command) if isinstance(self.command, str) else list(self.command)


def start_failure(error: OSError, spec: CommandSpec) -> Error:
    """Why a command could not be started."""
    return explain_start_failure(error, spec.words, cwd=spec.cwd, path=spec.env.get("PATH"))


def terminal_environment(env: Mapping[str, str], *, pty: bool) -> dict[str, str]:
    """The environment of a program that writes to nobody's screen: nothing waits for a key to show the next page."""
    changed = {**env, "PAGER": "cat", "GIT_PAGER": "cat"}
    if pty:
        changed.update(TERM="xterm-256color")
        # The size is asked of the terminal; these would be the launching terminal's, and believed first.
        changed.pop("COLUMNS", None)
        changed.pop("LINES", None)
    return changed


class Gathering:
    """How long to let output gather before the next read.

    A picture that is drawn 100 times a second costs less in a few reads than in a hundred. What comes after a rest is
    never held back, nor is more than the kernel holds.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = float("-inf")
        self._since = float("-inf")
        self._bytes = 0
        self._window = GATHER_SECONDS

    def pause(self, size: int) -> float:
        """Seconds to wait after a read of ``size`` bytes; 0 unless reads come close together and bring little."""
        now = self._clock()
        if now - self._last > 2 * GATHER_SECONDS:
            self._since, self._bytes, self._window = now, 0, GATHER_SECONDS
        self._last = now
        self._bytes += size
        took = now - self._since
        if took < self._window:
            return 0.0
        seconds = min(GATHER_BYTES * took / self._bytes, GATHER_SECONDS) if self._bytes else GATHER_SECONDS
        if seconds < GATHER_SECONDS / 4:
            seconds = 0.0
        self._since, self._bytes, self._window = now, 0, seconds or GATHER_SECONDS
        return seconds


class RunningCommand:
    """A started program. ``pump`` must be called, once: it reads the output and waits for the end.

    Raises:
        OSError: it cannot be started (start_failure says why).
    """

    def __init__(self, spec: CommandSpec) -> None:
        pty = spec.pty and sys.platform != "win32"
        master, slave = _open_pty() if pty else (-1, -1)
        try:
            self._process = _start(spec, pty=pty, output=slave)
        except BaseException:
            _close(master)
            raise
        finally:
            _close(slave)
        self._sources: dict[OutputStream, int | IO[bytes]] = {"stdout": master} if pty else _pipes(self._process)
        # Of two pipes, what came first would be lost; the terminals of other systems hold less.
        self._gathering = Gathering() if pty and sys.platform == "linux" else None

    @property
    def stdin(self) -> IO[bytes] | None:
        """Where its input is written to, if it was asked for; whoever writes closes it."""
        return self._process.stdin

    @property
    def pid(self) -> int:
        """Its process, which leads a process group and session of its own (not on Windows)."""
        return self._process.pid

    def pump(
        self,
        on_output: OnOutput,
        *,
        on_idle: Callable[[], object] = lambda: None,
        drain_seconds: float = DRAIN_SECONDS,
        goes_on: Callable[[int], bool] = lambda _code: False,
    ) -> int:
        """Hands on the output until the program has ended and all is read.

        Args:
            on_output: gets the stream's name and some bytes; while it blocks, the program blocks too.
            on_idle: called about every 0.2 s while no output comes; both are called from this thread.
            drain_seconds: how long after the program's end to read on, where a process it left holds the output open.
            goes_on: asked with the exit code after the program's end, and then about every 0.2 s: whether something
                that the program left is still at work, so that its output is read on.

        Returns:
            The exit code; minus the signal's number if a signal killed it.
        """
        selecting = sys.platform != "win32"
        reader = _SelectReader(self._sources) if selecting else _ThreadReader(self._sources)
        waiter = threading.Thread(target=self._wait, args=(reader.wake,), name=f"wait-{self.pid}", daemon=True)
        waiter.start()
        try:
            self._read_all(reader, on_output, on_idle, _Ending(drain_seconds, goes_on))
        finally:
            reader.close()
            for source in self._sources.values():
                _close(source)
        waiter.join()
        return int(self._process.returncode)

    def _wait(self, wake: Callable[[], None]) -> None:
        self._process.wait()
        wake()

    def _read_all(self, reader: _Reader, on_output: OnOutput, on_idle: Callable[[], object], ending: _Ending) -> None:
        ended = False
        while True:
            if ended and ending.is_over(int(self._process.returncode), held_open=bool(reader.open)):
                return
            # What the program itself printed is handed on before anything is asked about what it left.
            ends_now = not ended and self._process.returncode is not None
            chunks = reader.read(0 if ends_now else ending.seconds_to_read())
            ended = ended or ends_now
            for stream, data in chunks:
                on_output(stream, data)
            if not chunks:
                on_idle()
            elif self._gathering is not None:
                time.sleep(self._gathering.pause(sum(len(data) for _, data in chunks)))


class _Ending:
    """How long to read on after the program's end.

    Args:
        drain_seconds: while only the output is held open.
        goes_on: whether anything is still at work, given the exit code.
    """

    def __init__(self, drain_seconds: float, goes_on: Callable[[int], bool]) -> None:
        self._drain_seconds = drain_seconds
        self._goes_on = goes_on
        self._until: float | None = None
        self._next_look = 0.0
        self._at_work = True

    def is_over(self, code: int, *, held_open: bool) -> bool:
        """Whether nothing more is to be read, after the program's end."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + IDLE_SECONDS
            self._at_work = self._goes_on(code)
        if self._at_work:
            self._until = None
            return False
        if self._until is None:
            self._until = now + self._drain_seconds
        return not held_open or now >= self._until

    def seconds_to_read(self) -> float:
        """How long to wait for the next output."""
        return IDLE_SECONDS if self._until is None else min(IDLE_SECONDS, max(self._until - time.monotonic(), 0))


def _start(spec: CommandSpec, *, pty: bool, output: int) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"stdin": subprocess.PIPE if spec.stdin else subprocess.DEVNULL, "cwd": spec.cwd}
    options["env"] = terminal_environment(spec.env, pty=pty)
    options["stdout"] = output if pty else subprocess.PIPE
    options["stderr"] = subprocess.STDOUT if pty else subprocess.PIPE
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        options["shell"] = isinstance(spec.command, str)
        command = spec.command
    else:
        options["start_new_session"] = True
        command = spec.words
        if spec.dies_with_parent:
            command = dying_with_parent(command, cwd=spec.cwd, path=spec.env.get("PATH"))
    return subprocess.Popen(command, bufsize=0, **options)  # noqa: S603 - running what the user asked for is the job


def _open_pty() -> tuple[int, int]:
    if sys.platform != "win32":
        master, slave = os.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST  # newlines come out as the program wrote them
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return master, slave
    raise NotImplementedError


def _pipes(process: subprocess.Popen[bytes]) -> dict[OutputStream, int | IO[bytes]]:
    assert process.stdout is not None
    assert process.stderr is not None
    return {"stdout": process.stdout, "stderr": process.stderr}


def _close(source: int | IO[bytes]) -> None:
    if not isinstance(source, int):
        source.close()
    elif source >= 0:
        os.close(source)


def _read(source: int | IO[bytes]) -> bytes:
    """Some bytes; none at the end. A PTY whose last writer is gone says so with an error (EIO on Linux)."""
    try:
        return os.read(source if isinstance(source, int) else source.fileno(), READ_BYTES)
    except BlockingIOError:
        raise
    except OSError:
        return b""


class _Reader:
    """Reads several streams at once."""

    open: dict[OutputStream, int | IO[bytes]]

    def read(self, timeout: float) -> list[tuple[OutputStream, bytes]]:
        """What came within the seconds; may return early with nothing after ``wake``."""
        raise NotImplementedError

    def wake(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _SelectReader(_Reader):
    def __init__(self, sources: Mapping[OutputStream, int | IO[bytes]]) -> None:
        self.open = dict(sources)
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        for stream, source in self.open.items():
            if sys.platform != "win32":  # where this reader is not used
                os.set_blocking(source if isinstance(source, int) else source.fileno(), False)
            self._selector.register(source, selectors.EVENT_READ, stream)

    def read(self, timeout: float) -> list[tuple[OutputStream, bytes]]:
        ready = [key.data for key, _ in self._selector.select(timeout)]
        if None in ready:
            self._selector.unregister(self._woken)
        return [(stream, data) for stream in ready if stream is not None and (data := self._read_some(stream))]

    def _read_some(self, stream: OutputStream) -> bytes:
        """Up to 64 KiB: the kernel gives a PTY's output in pieces of at most 4 KiB."""
        source, pieces, size = self.open[stream], [], 0
        with contextlib.suppress(BlockingIOError):
            while size < READ_BYTES:
                piece = _read(source)
                if not piece:
                    self._selector.unregister(source)
                    del self.open[stream]
                    break
                pieces.append(piece)
                size += len(piece)
        return b"".join(pieces)

    def wake(self) -> None:
        with contextlib.suppress(OSError):  # closed: a callback failed, and nobody reads on
            self._waker.send(b"!")

    def close(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waker.close()


class _ThreadReader(_Reader):
    """For Windows, whose pipes cannot be selected: a thread for each stream, and a short queue that makes them wait."""

    def __init__(self, sources: Mapping[OutputStream, int | IO[bytes]]) -> None:
        self.open = dict(sources)
        self._queue: queue.Queue[tuple[OutputStream, bytes] | None] = queue.Queue(maxsize=4)
        self._closed = threading.Event()
        for stream, source in sources.items():
            threading.Thread(target=self._copy, args=(stream, source), name=f"read-{stream}", daemon=True).start()

    def _copy(self, stream: OutputStream, source: int | IO[bytes]) -> None:
        data = b"more"
        while data and not self._closed.is_set():
            data = _read(source)
            self._put((stream, data))

    def _put(self, item: tuple[OutputStream, bytes] | None) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=IDLE_SECONDS)
                return

    def read(self, timeout: float) -> list[tuple[OutputStream, bytes]]:
        try:
            item = self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait()
        except queue.Empty:
            return []
        if item is None:
            return []
        if not item[1]:
            del self.open[item[0]]
            return []
        return [item]

    def wake(self) -> None:
        self._put(None)

    def close(self) -> None:
        self._closed.set()
