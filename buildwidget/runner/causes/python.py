"""Python's errors: tracebacks as the interpreter, rich and IPython print them, in chains and groups. Pure.

The cause of a chain is its first exception; how it ended is kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from buildwidget.runner.causes.found import IGNORED, Found, Reader, Role
from buildwidget.runner.causes.line import Line

FAMILY: Final = "python"
_MAX_LINES: Final = 5_000
_MESSAGE_LINES: Final = 200
_SYNTAX_LINES: Final = 8
_CUT_LINES: Final = 4
"""A traceback that was too long to be noted whole begins in the first lines of the notes, in the middle of a frame."""

_MAX_CHAIN: Final = 50
_LINK_LINES: Final = 8
"""The words between two exceptions of a chain, with the blank lines and quotes around them, are at most so long."""

_HEADER: Final = re.compile(r"(?P<margin>.*?)(?:Exception Group )?Traceback \(most recent call last\):\s*$")
_PLACE: Final = re.compile(r'  File "[^"]*", line \d+(?:(?P<function>, in .*)|\s*)$')
_RICH_HEADER: Final = re.compile(r"[╭┌+][─-]+ Traceback \(most recent call last\) [─-]+[╮┐+]\s*$")
_RICH_END: Final = re.compile(r"[╰└+][─-]+[╯┘+]?\s*$")
_IPYTHON_HEADER: Final = re.compile(r"(?P<kind>[^\W\d][\w.]*) +Traceback \(most recent call last\)\s*$")

RAISED: Final = re.compile(r"(?P<kind>[^\W\d][\w.]*(?:\(\w+\))?)(?:: ?(?P<message>.*))?$")
_GROUP_MARGIN: Final = re.compile(r"[ ]*(?:\| ?|\+[-+ ]*(?:\d+ -+|\.\.\. -+)?)")
_CHAINED: Final = re.compile(
    r"[ |]*(?:During handling of the above exception|The above exception was the direct cause)"
)
_IGNORED: Final = re.compile(
    r"Exception ignored in|--- Logging error ---|(?:Task|Future) exception was never retrieved"
)
_WRAPPED: Final = re.compile(r"Original Traceback|-- Process \d+ terminated with the following error")

_LAUNCHERS: Final = re.compile(
    r"(?:[\w.]*\.)?(?:CalledProcessError|ChildFailedError|ProcessRaisedException|ProcessExitedException"
    r"|BrokenProcessPool|TerminatedWorkerError|CellExecutionError|PapermillExecutionError|WorkerCrashedError"
    r"|RayTaskError(?:\(\w+\))?|ProcessFailure|Py4JJavaError|SubprocessError|SystemExit)$"
)
_LAUNCHER_WORDS: Final = re.compile(
    r"DataLoader worker \(pid(?:\(s\))? .* (?:exited unexpectedly|is killed by signal)|Error building extension"
    r"|.*(?:returned non-zero exit status|failed with returncode -?\d)|Command .* failed with (?:exit|return)"
)
_SYMPTOMS: Final = re.compile(
    r"(?:[\w.]*\.)?(?:BrokenPipeError|ConnectionResetError|KeyboardInterrupt|SignalException|ProcessLookupError)$"
)
_SYMPTOM_WORDS: Final = re.compile(
    r".*(?:Connection closed by peer|Connection reset by peer|[Bb]roken pipe|Watchdog caught collective"
    r"|communicator was aborted|ncclRemoteError|remote process exited|device-side assert triggered)"
)


class _Traceback(NamedTuple):
    """One traceback: its exception, its first and last index, and the margin before each of its lines."""

    kind: str
    message: str
    start: int
    raised: int
    margin: str = ""


def read_traceback(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """A traceback of the interpreter with all that is chained to it."""
    if "Exception Group Traceback" in match[0]:
        found = _read_group(lines, index)
    else:
        found = _chain(lines, _interpreter_traceback(lines, index))
    return replace(found, family=IGNORED) if found is not None and _is_ignored(lines, index) else found


def read_rich(lines: Sequence[Line], index: int, _match: re.Match[str]) -> Found | None:
    """A traceback in rich's box, with all that is chained to it."""
    return _chain(lines, _rich_traceback(lines, index))


def read_ipython(lines: Sequence[Line], index: int, _match: re.Match[str]) -> Found | None:
    """A traceback in IPython's layout, with all that is chained to it."""
    return _chain(lines, _ipython_traceback(lines, index))


def read_syntax(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """A syntax error in the script itself, which has a place and no header; or a traceback without its beginning."""
    if match["function"] is None:
        return _chain(lines, _raised_below(lines, index, index + 1, "", limit=_SYNTAX_LINES))
    return _chain(lines, _raised_below(lines, index, index + 1, "")) if index < _CUT_LINES else None


def role_of(kind: str, message: str) -> Role:
    """What an exception says by its class and its words."""
    if _LAUNCHERS.match(kind) or _LAUNCHER_WORDS.match(message):
        return Role.LAUNCHER
    if _SYMPTOMS.match(kind) or _SYMPTOM_WORDS.match(message):
        return Role.SYMPTOM
    return Role.CAUSE


def _is_ignored(lines: Sequence[Line], index: int) -> bool:
    """Python prints these tracebacks and goes on."""
    return any(_IGNORED.match(line.text) for line in lines[max(index - 3, 0) : index])


def _chain(lines: Sequence[Line], first: _Traceback | None) -> Found | None:
    """From the first traceback of a chain to the end of the last one."""
    if first is None:
        return None
    last, wrapped = first, first
    for _ in range(_MAX_CHAIN):
        following = _linked(lines, last)
        if following is None:
            break
        if not _is_linked_by_words(lines, last, following):
            wrapped = following
        last = following
    # What was raised again with the traceback of another process in its message: the inner one came first.
    cause = wrapped if wrapped is not first else first
    return _found(lines, first, cause, last)


def _linked(lines: Sequence[Line], above: _Traceback) -> _Traceback | None:
    end = min(above.raised + 1 + _LINK_LINES, len(lines))
    linked = False
    for index in range(above.raised + 1, end):
        text = lines[index].text
        linked = linked or bool(_CHAINED.match(text) or _WRAPPED.match(text))
        if linked:
            found = _traceback_at(lines, index)
            if found is not None:
                return found
    return None


def _is_linked_by_words(lines: Sequence[Line], above: _Traceback, below: _Traceback) -> bool:
    return any(_CHAINED.match(line.text) for line in lines[above.raised + 1 : below.start])


def _traceback_at(lines: Sequence[Line], index: int) -> _Traceback | None:
    text = lines[index].text
    if _RICH_HEADER.match(text):
        return _rich_traceback(lines, index)
    if _HEADER.match(text):
        return _interpreter_traceback(lines, index)
    if _IPYTHON_HEADER.match(text):
        return _ipython_traceback(lines, index)
    return None


def _found(lines: Sequence[Line], first: _Traceback, cause: _Traceback, last: _Traceback) -> Found:
    role = role_of(cause.kind, cause.message)
    found = Found(
        kind=cause.kind,
        message=cause.message,
        role=role,
        first=lines[first.start].number,
        last=lines[last.raised].number,
        line=lines[cause.raised].number,
        after=last.raised + 1,
        family=FAMILY,
        traceback=_text(lines, first, last.raised),
    )
    if (last.kind, last.message) == (cause.kind, cause.message) or cause is last:
        last = first
    if (last.kind, last.message) == (cause.kind, cause.message):
        return found
    return replace(found, outcome=in_words(last.kind, last.message))


def in_words(kind: str, message: str) -> str:
    """An exception as Python prints it."""
    return kind if message in {"", kind} else f"{kind}: {message}"


def _text(lines: Sequence[Line], first: _Traceback, raised: int) -> str:
    """The traceback's lines, and those of its last message."""
    end = raised + 1
    while end < min(len(lines), raised + _MESSAGE_LINES) and _goes_on(lines, end):
        end += 1
    texts = [_without(line.text, first.margin) for line in lines[first.start : end]]
    header = _HEADER.match(texts[0])
    if header and header["margin"] and not first.margin:
        # A prompt may stand before it on its line, because the program died of having no keyboard.
        texts[0] = texts[0][header.end("margin") :]
    return "\n".join(texts).rstrip()


def _goes_on(lines: Sequence[Line], index: int) -> bool:
    """A message may have more lines; nothing says where it ends, except a gap or the next program's words."""
    text = lines[index].text
    return lines[index].number == lines[index - 1].number + 1 and bool(text.strip()) and not _FOLLOWS.match(text)


_FOLLOWS: Final = re.compile(
    r"make(?:\[\d+\])?: \*\*\*|npm (?:ERR!|error)|ninja: |=====|-----|\"\"\"|Traceback|ERROR|error"
)


def _interpreter_traceback(lines: Sequence[Line], index: int) -> _Traceback | None:
    header = _HEADER.match(lines[index].text)
    if header is None:
        return None
    margin = header["margin"]
    following = lines[index + 1].text if index + 1 < len(lines) else ""
    return _raised_below(lines, index, index + 1, margin if following.startswith(f"{margin}  ") else "")


def _raised_below(
    lines: Sequence[Line], start: int, index: int, margin: str, *, limit: int = _MAX_LINES
) -> _Traceback | None:
    """The first line after the frames: the exception's class and its text."""
    for at in range(index, min(len(lines), index + limit)):
        text = _without(lines[at].text, margin)
        if text and not text.startswith((" ", "\t")):
            match = RAISED.match(text)
            return None if match is None else _raised(lines, start, at, match, margin)
        # The next traceback is found by itself; to read on here too would take quadratic time.
        if _HEADER_WORDS in text:
            return None
    return None


_HEADER_WORDS: Final = "Traceback (most recent call last)"


def _raised(lines: Sequence[Line], start: int, at: int, match: re.Match[str], margin: str) -> _Traceback:
    message = (match["message"] or "").strip()
    if not message and match["message"] is not None:
        below = (_without(line.text, margin).strip(' "=-') for line in lines[at + 1 : at + 3])
        message = next(filter(None, below), "")
    return _Traceback(match["kind"], message or match["kind"], start, at, margin)


def _without(text: str, margin: str) -> str:
    return text[len(margin) :] if margin and text.startswith(margin) else text


def _rich_traceback(lines: Sequence[Line], index: int) -> _Traceback | None:
    for at in range(index + 1, min(len(lines), index + _MAX_LINES)):
        text = lines[at].text
        if _RICH_END.match(text):
            return _raised_below(lines, index, at + 1, "")
        if not text.startswith(("│", "|")):
            return None
    return None


def _ipython_traceback(lines: Sequence[Line], index: int) -> _Traceback | None:
    header = _IPYTHON_HEADER.match(lines[index].text)
    if header is None:
        return None
    kind = header["kind"]
    for at in range(index + 1, min(len(lines), index + _MAX_LINES)):
        text = lines[at].text
        if _HEADER_WORDS in text:
            return None
        if text.startswith(kind):
            match = RAISED.match(text)
            if match is not None and match["kind"].rpartition(".")[2] == kind.rpartition(".")[2]:
                return _raised(lines, index, at, match, "")
    return None


def _read_group(lines: Sequence[Line], index: int) -> Found | None:
    """A tree of exceptions: the first one that is no group is the cause."""
    end = index + 1
    while end < len(lines) and re.match(r" *[|+]", lines[end].text):
        end += 1
    raised = [at for at in range(index + 1, end) if _raised_in_group(lines[at].text) is not None]
    if not raised:
        return None
    group = _traceback_in_group(lines, index, raised[0])
    leaf = next((at for at in raised if not _is_group(_raised_in_group(lines[at].text))), raised[0])
    found = _found(lines, group, _traceback_in_group(lines, index, leaf), group)
    text = "\n".join(line.text for line in lines[index:end])
    outcome = in_words(group.kind, group.message) if leaf != raised[0] else None
    return replace(found, last=lines[end - 1].number, after=end, traceback=text, outcome=outcome)


def _traceback_in_group(lines: Sequence[Line], start: int, at: int) -> _Traceback:
    match = _raised_in_group(lines[at].text)
    assert match is not None
    return _Traceback(match["kind"], (match["message"] or "").strip() or match["kind"], start, at)


def _is_group(match: re.Match[str] | None) -> bool:
    return match is not None and "ExceptionGroup" in match["kind"]


def _raised_in_group(text: str) -> re.Match[str] | None:
    content = text[margin.end() :] if (margin := _GROUP_MARGIN.match(text)) else text
    if content.startswith("Traceback (most") or "Exception Group Traceback" in content or _CHAINED.match(content):
        return None
    match = RAISED.match(content)
    return (
        match
        if match is not None and (match["message"] is not None or "." in content or _NAMED.match(content))
        else None
    )


_NAMED: Final = re.compile(r"[A-Z]\w*$")

READERS: Final = (
    Reader("rich traceback", _RICH_HEADER, read=read_rich, family=FAMILY),
    Reader("IPython traceback", _IPYTHON_HEADER, read=read_ipython, family=FAMILY),
    Reader("Python traceback", _HEADER, read=read_traceback, family=FAMILY),
    Reader("Python syntax error", _PLACE, read=read_syntax, family=FAMILY),
)
