"""Why a program ended, in words: exit codes, signals, and the Python traceback it printed last. Pure."""

from __future__ import annotations

import re
import signal
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from buildwidget.protocol.events import Error
from buildwidget.runner.terminal.lines import cut_text, strip_colours

NO_KEYBOARD: Final = (
    "Builds have no keyboard: input(), getpass() and the debugger cannot be used in them. "
    "Pass what they would ask for as an argument, an environment variable or a file."
)
TAIL_BYTES: Final = 64 * 1024
MAX_TRACEBACK_BYTES: Final = 32 * 1024
MAX_MESSAGE_BYTES: Final = 2 * 1024

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

# A prompt may stand before it on its line, because the program died of having no keyboard.
_HEADER: Final = re.compile(r"^.*?((?:  \+ )?(?:Exception Group )?Traceback \(most recent call last\):)\s*$")
_CHAINED: Final = re.compile(
    r"^[ |]*(?:During handling of the above exception|The above exception was the direct cause)"
)
_SYNTAX_PLACE: Final = re.compile(r'^  File ".*", line \d+\s*$')
_RAISED: Final = re.compile(r"^([^\W\d][\w.]*)(?:: ?(.*))?$")
_GROUP_MARGIN: Final = re.compile(r"^ *\| ")
_ENDS_OF_INPUT: Final = re.compile(r"^(?:EOFError: EOF when reading a line|bdb\.BdbQuit)")
_AFTERWORDS: Final = 40
"""A traceback further from the end of the output than this many lines was not what ended the program."""


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


def explain(returncode: int, tail: str = "", missing: Missing = lambda _: None) -> Error | None:
    """Why a program failed; None if it did not.

    Args:
        returncode: its exit code; minus the signal's number if a signal killed it.
        tail: the end of its output (OutputTail). A Python traceback that ends it is the reason.
        missing: asked about a program that a shell could not start.
    """
    if returncode == 0:
        return None
    traceback = (
        last_traceback(tail) if 0 < returncode < 126 or -returncode == signal.SIGINT or returncode == 130 else None
    )
    if traceback is not None:
        return traceback
    kind = _signal_name(-returncode) if returncode < 0 else "exit"
    return Error(kind=kind, message=describe_exit(returncode, tail, missing))


def last_traceback(output: str) -> Error | None:
    """The Python traceback at the end of some output, without colours: the whole chain of exceptions.

    Up to 40 lines may follow it (make, and what else runs Python, have the last word).
    """
    lines = output.rstrip().split("\n")
    start = _start_of_last(lines)
    if start is None:
        return None
    raised = _line_that_tells(lines, start)
    if raised is None or len(lines) - raised > _AFTERWORDS:
        return None
    return _error(lines, _start_of_chain(lines, start), raised)


def _error(lines: list[str], start: int, raised: int) -> Error | None:
    words = _GROUP_MARGIN.sub("", lines[raised])
    match = _RAISED.match(words)
    if match is None:
        return None
    message = match[2] or match[1]
    if _ENDS_OF_INPUT.match(words):
        message = f"{message}. {NO_KEYBOARD}"
    header = _HEADER.match(lines[start])
    first = header[1] if header else lines[start]
    return Error(
        kind=cut_text(match[1], 256),
        message=cut_text(message, MAX_MESSAGE_BYTES),
        traceback=_end_of("\n".join([first, *lines[start + 1 :]]), MAX_TRACEBACK_BYTES),
    )


def _start_of_last(lines: list[str]) -> int | None:
    for number in range(len(lines) - 1, -1, -1):
        if _HEADER.match(lines[number]) or _SYNTAX_PLACE.match(lines[number]):
            return _header_above(lines, number)
    return None


def _header_above(lines: list[str], number: int) -> int:
    """Frames of a traceback look like the place of a syntax error: the header over them is where it starts."""
    for above in range(number, -1, -1):
        if _HEADER.match(lines[above]):
            return above
        if not lines[above].startswith(" "):
            break
    return number


def _start_of_chain(lines: list[str], start: int) -> int:
    """Goes back over "During handling of the above exception ..." to the first exception."""
    while start >= 2 and any(_CHAINED.match(line) for line in lines[max(start - 3, 0) : start]):
        above = next((n for n in range(start - 3, -1, -1) if _HEADER.match(lines[n])), None)
        if above is None:
            break
        start = above
    return start


def _line_that_tells(lines: list[str], start: int) -> int | None:
    """The first line after the frames: the exception's class and its text."""
    grouped = "Exception Group" in lines[start]
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if grouped:
            line = _GROUP_MARGIN.sub("", line)
        if line and not line.startswith((" ", "\t")):
            return number
    return None


def _end_of(text: str, limit: int) -> str:
    """The end of a text, where a traceback tells most, cut at a line."""
    encoded = text.encode()
    if len(encoded) <= limit:
        return text
    return "…\n" + encoded[-limit:].decode(errors="ignore").partition("\n")[2]


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
