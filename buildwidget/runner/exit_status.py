"""Why a program ended, in words: exit codes, signals, and the cause that its output tells. Pure."""

from __future__ import annotations

import re
import signal
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from msgspec.structs import replace

from buildwidget.protocol.events import Error
from buildwidget.runner.causes.line import Line
from buildwidget.runner.causes.notes import CauseNotes
from buildwidget.runner.terminal.lines import cut_text, strip_colours

NO_KEYBOARD: Final = (
    "Builds have no keyboard: input(), getpass() and the debugger cannot be used in them. "
    "Pass what they would ask for as an argument, an environment variable or a file."
)
TAIL_BYTES: Final = 64 * 1024

_SIGNALS: Final = {
    "SIGHUP": "its terminal went away",
    "SIGINT": "it was interrupted",
    "SIGQUIT": "it was told to quit",
    "SIGILL": "it ran an instruction that this processor does not have",
    "SIGTRAP": "it ran into a breakpoint",
    "SIGABRT": "it gave up by itself: a failed assertion, or an error in a native library",
    "SIGBUS": "it used memory that is not there: a file that was cut short, or a full /dev/shm",
    "SIGFPE": "it divided by zero, or the like",
    "SIGKILL": "somebody killed it, or the system did because memory ran out",
    "SIGSEGV": "it used memory that is not its own: an error in native code",
    "SIGPIPE": "it wrote to a program that had ended",
    "SIGTERM": "it was told to end",
    "SIGXCPU": "it used up its CPU time limit",
    "SIGXFSZ": "it wrote a file over the size limit",
    "SIGSYS": "it made a system call that is forbidden here",
}
_WINDOWS_ENDS: Final = {
    0xC0000005: "it used memory that is not its own",
    0xC0000017: "memory ran out",
    0xC00000FD: "its stack ran over",
    0xC0000135: "a DLL it needs is missing",
    0xC000013A: "it was interrupted",
}
_NOT_FOUND: Final = re.compile(
    r"(?:(?:line \d+: |: |^)(\S+): (?:command )?not found|^\S*env: [\u2018'](\S+)[\u2019']: No such file .*)\s*$",
    re.MULTILINE,
)
_NOT_EXECUTABLE: Final = re.compile(
    r"(?:line \d+: |: )(\S+): (Permission denied|[Ii]s a directory|cannot execute.*|\S+: bad interpreter: .*)$",
    re.MULTILINE,
)

_ENDS_OF_INPUT: Final = re.compile(r"EOF when reading a line$")


class OutputTail:
    """The last lines of a program's output, up to 64 KiB."""

    def __init__(self, limit: int = TAIL_BYTES) -> None:
        self._limit = limit
        self._lines: deque[str] = deque()
        self._size = 0

    def add(self, lines: Iterable[str]) -> None:
        """Adds lines without their newlines."""
        for line in lines:
            kept = line if len(line) <= self._limit // 4 else cut_text(line, self._limit // 4)
            self._lines.append(kept)
            self._size += len(kept) + 1
        while self._size > self._limit:
            self._size -= len(self._lines.popleft()) + 1

    def text(self) -> str:
        """The lines, without colours."""
        return strip_colours("\n".join(self._lines))


Missing: TypeAlias = Callable[[str], str | None]
"""What keeps a program, by the name that a shell printed, from being started; None where that is not known."""


def describe_exit(returncode: int, tail: str = "", missing: Missing = lambda _: None) -> str:
    """How a program ended, as a sentence.

    Args:
        returncode: its exit code; minus the signal's number if a signal killed it.
        tail: the end of its output, which tells the command that a shell did not find.
        missing: asked about a program that a shell could not start.
    """
    if returncode < 0:
        return f"It was killed by {_signal_in_words(-returncode)}."
    reason = _reason_of_code(returncode, tail, missing)
    return f"It exited with code {returncode}{': ' + reason if reason else ''}."


def explain(
    returncode: int, tail: str = "", missing: Missing = lambda _: None, notes: CauseNotes | None = None
) -> Error | None:
    """Why a program failed; None if it did not.

    Args:
        returncode: its exit code; minus the signal's number if a signal killed it.
        tail: the end of its output (OutputTail), for the command that a shell did not find.
        missing: asked about a program that a shell could not start.
        notes: what was noted of its log, which gives the numbers of lines; without it, ``tail`` is read.
    """
    if returncode == 0:
        return None
    cause = find_cause(returncode, tail, notes)
    kind = _signal_name(-returncode) if returncode < 0 else "exit"
    ending = Error(kind=kind, message=describe_exit(returncode, tail, missing))
    if cause is None:
        return ending
    if cause.kind in _SAID_OF_SIGNALS and _is_of_signal(returncode):
        return replace(ending, line=cause.line)
    if returncode in (126, 127) and cause.kind in _SAID_OF_COMMANDS and cause.launcher is None:
        return replace(ending, line=cause.line)
    return cause


def find_cause(returncode: int, tail: str = "", notes: CauseNotes | None = None) -> Error | None:
    """The first cause of a failure that the output tells; None where it tells nothing clear. See ``explain``."""
    from buildwidget.runner.causes.choose import read_cause  # noqa: PLC0415 - compiled patterns that few builds need

    if notes is not None:
        lines, last = notes.lines(), notes.last
    else:
        texts = tail.rstrip().split("\n")
        lines, last = [Line(number, text) for number, text in enumerate(texts, start=1)], len(texts)
    error = read_cause(lines, last, native=_needs_native(returncode))
    if error is None:
        return None
    message = error.message
    if _ENDS_OF_INPUT.match(message) or error.kind == "bdb.BdbQuit":
        message = f"{message}. {NO_KEYBOARD}"
    return replace(error, message=message, line=error.line if notes is not None else None)


def with_cause(raised: Error, cause: Error) -> Error:
    """What a call raised, with the cause that its output tells, if that is how the cause ended."""
    ended_as = cause.launcher or cause.kind
    if ended_as.partition(":")[0].rpartition(".")[2] != raised.kind:
        return raised
    if cause.launcher is None:
        return replace(raised, line=cause.line)
    return replace(cause, traceback=cause.traceback or raised.traceback)


def is_of_killed(error: Error) -> bool:
    """Whether an error says that a process was killed, or lost, and not why."""
    return bool(error.kind in {"SIGKILL", "deepspeed", "srun"} or _KILLED.search(error.message))


def out_of_memory(killed: Error, words: str) -> Error:
    """The error of something that was killed because memory ran out."""
    said = None if killed.kind in {"SIGKILL", "exit"} else f"{killed.kind}: {killed.message}"
    return replace(killed, kind="out_of_memory", message=words, launcher=killed.launcher or said)


_KILLED: Final = re.compile(r"SIGKILL|terminated abruptly|unexpectedly terminated|exited unexpectedly|return code = -9")


def _needs_native(returncode: int) -> bool:
    """Whether a signal ended it that no exception explains: what it printed before may be of something else."""
    number = -returncode if returncode < 0 else returncode - 128
    return number != signal.SIGINT and (returncode < 0 or _signal_name(number) in _KILLS)


_KILLS: Final = frozenset({"SIGKILL", "SIGTERM", "SIGHUP", "SIGPIPE"})
_SAID_OF_SIGNALS: Final = frozenset({"crash", "SIGKILL"})
_SAID_OF_COMMANDS: Final = frozenset({"command_not_found", "permission_denied", "missing_file", "shell"})


def _is_of_signal(returncode: int) -> bool:
    return returncode < 0 or 128 < returncode < 160


def _reason_of_code(code: int, tail: str, missing: Missing) -> str:
    if code in (126, 127):
        return _reason_of_shell(code, tail, missing)
    if code in _WINDOWS_ENDS:
        return _WINDOWS_ENDS[code]
    if 128 < code < 160 and _signal_name(code - 128).startswith("SIG"):
        return f"a process of it was killed by {_signal_in_words(code - 128)}"
    return ""


def _reason_of_shell(code: int, tail: str, missing: Missing) -> str:
    """A shell exits so if it did not find a program, or could not start it (127 too, for want of its interpreter)."""
    names = ["".join(found) for found in _NOT_FOUND.findall(tail)]
    if code == 127 and names:
        return f"there is no command {names[-1]!r} here"
    refused = _NOT_EXECUTABLE.findall(tail)
    if not refused:
        return "a command was not found" if code == 127 else "a command was found but cannot be run"
    name, words = refused[-1]
    return f"{name} cannot be started: {missing(name) or words}"


def _signal_in_words(number: int) -> str:
    name = _signal_name(number)
    meaning = _SIGNALS.get(name)
    return f"{name} ({meaning})" if meaning else name


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
