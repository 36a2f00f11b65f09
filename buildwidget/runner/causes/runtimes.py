"""Errors of running programs of other languages: JVM, JavaScript, R, Julia, C++, Rust, Go, sanitizers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from buildwidget.runner.causes.found import NEAR, Found, Reader, Role
from buildwidget.runner.causes.line import Line

NATIVE: Final = "native"
"""What a process says that ends by a signal: these explain SIGABRT and SIGSEGV too."""

_STACK_LINES: Final = 400
_FRAME: Final = re.compile(r"\s+(?:at |\.\.\. \d+ (?:more|common))|\s*$")
_CAUSED_BY: Final = re.compile(r"Caused by: (?P<kind>[\w$.]+)(?:: (?P<message>.*))?$")
_AT: Final = re.compile(r"\s+at ")


def read_stack(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """An exception with frames below it; ``Caused by`` leads to the first one."""
    end, cause, cause_at, frames = index + 1, match, index, 0
    limit = min(len(lines), index + _STACK_LINES)
    while end < limit:
        text = lines[end].text
        if by := _CAUSED_BY.match(text):
            cause, cause_at = by, end
        elif _AT.match(text):
            frames += 1
        elif not _FRAME.match(text) and (frames or end - index > 2):
            break
        end += 1
    if not frames:
        return None
    return _stack(lines, index, match, (cause_at, cause), end)


def _stack(
    lines: Sequence[Line], index: int, match: re.Match[str], cause: tuple[int, re.Match[str]], end: int
) -> Found:
    at, words = cause
    kind, message = words["kind"], (words["message"] or "").strip() or words["kind"]
    outcome = None if at == index else f"{match['kind']}: {match['message'] or ''}".removesuffix(": ")
    return Found(
        kind=kind,
        message=message,
        role=Role.CAUSE,
        first=lines[index].number,
        last=lines[end - 1].number,
        line=lines[at].number,
        after=end,
        family="stack",
        traceback="\n".join(line.text for line in lines[index:end]).rstrip(),
        outcome=outcome,
    )


def read_terminate(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``terminate called after throwing an instance of 'X'`` and its ``what()``."""
    what = next((line.text for line in lines[index + 1 : index + 4] if line.text.lstrip().startswith("what():")), "")
    kind = match["kind"] or "terminate"
    message = what.partition("what():")[2].strip() or match[0]
    return _native(lines, index, kind, message)


def read_next_line(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """An error whose words may stand on the next line (R, Go's panic in a goroutine, gradle)."""
    message = (match["message"] or "").strip()
    if not message and index + 1 < len(lines):
        message = lines[index + 1].text.strip()
    return _native(lines, index, match.groupdict().get("kind") or "error", message) if message else None


def _native(lines: Sequence[Line], index: int, kind: str, message: str) -> Found:
    number = lines[index].number
    return Found(kind, message, Role.CAUSE, number, number, number, index + 1, NATIVE)


def read_r(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``Error in f(x) : words``, which go on below where the call is long."""
    found = read_next_line(lines, index, match)
    return found and replace(found, kind="R error", family="R")


def read_julia(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``ERROR: LoadError: UndefVarError: words``."""
    number = lines[index].number
    message = match["message"] or match["kind"]
    return Found(match["kind"], message, Role.CAUSE, number, number, number, index + 1, "julia")


def read_rust_panic(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``thread 'main' panicked at src/main.rs:3:20:`` and its words, on the same line in older versions."""
    found = read_next_line(lines, index, match)
    return found and replace(found, kind="panic")


def _plain(
    name: str, pattern: str, kind: str, *, family: str = NATIVE, role: Role = Role.CAUSE, reach: int = NEAR
) -> Reader:
    return Reader(name, re.compile(pattern), kind, role, family, reach)


READERS: Final = (
    Reader(
        "stack of a JVM, JavaScript or .NET exception",
        re.compile(
            r"(?:Exception in thread \"[^\"]*\" |Unhandled exception\. |Uncaught |Caused by: )?"
            r"(?P<kind>(?:[\w$]+\.)*[\w$]*(?:Error|Exception|Throwable|Failure)\w*)(?: \[\w+\])?(?:: (?P<message>.*))?$"
        ),
        read=read_stack,
    ),
    Reader(
        "C++ terminate",
        re.compile(r"terminate called (?:after throwing an instance of '(?P<kind>[^']*)'|without an active exception)"),
        read=read_terminate,
    ),
    _plain("libc++", r"libc\+\+abi: (?P<message>terminating .+)$", "terminate"),
    _plain("assert", r"(?P<message>(?:\S+: )?\S+:\d+: .*Assertion .* failed\.?)$", "assertion"),
    _plain(
        "glibc",
        r"(?P<message>(?:free|malloc|realloc|munmap_chunk|corrupted|double free)\b.{0,60}"
        r"(?:corrupt|invalid|detected|size vs|memory).*|\*\*\* [\w ]+ \*\*\*: terminated)$",
        "memory_error",
    ),
    _plain(
        "sanitizer",
        r"(?:=+\d+=+\s?)?(?:ERROR|WARNING): (?P<kind>\w+Sanitizer): (?P<message>.+)$",
        "sanitizer",
        reach=_STACK_LINES,
    ),
    _plain("undefined behaviour", r"(?P<message>\S+:\d+:\d+: runtime error: .+)$", "UndefinedBehaviorSanitizer"),
    _plain("faulthandler", r"Fatal Python error: (?P<message>.+)$", "Fatal Python error"),
    _plain(
        "shell's segmentation fault",
        r"(?:.*: line \d+: +\d+ )?(?P<message>(?:Segmentation fault|Bus error|Illegal instruction"
        r"|Floating point exception"
        r"|Aborted)\b.*)$",
        "crash",
        role=Role.SYMPTOM,
    ),
    Reader(
        "Rust panic",
        re.compile(r"thread '.*' (?:\(\d+\) )?panicked at (?P<message>'.*)?"),
        read=read_rust_panic,
    ),
    _plain("Go panic", r"panic: (?P<message>.+)$", "panic"),
    _plain(
        "Go runtime",
        r"fatal error: (?P<message>(?:all goroutines|concurrent map|stack overflow|out of memory).*)$",
        "panic",
    ),
    Reader("R", re.compile(r"Error in [^:].{0,300}? ?: ?(?P<message>.*)$"), read=read_r),
    Reader(
        "Julia",
        re.compile(r"ERROR: (?:LoadError: )*(?!LoadError)(?P<kind>\w+(?:Error|Exception))(?:: ?(?P<message>.+))?$"),
        read=read_julia,
    ),
    _plain("Perl", r"(?P<message>.{1,500}? at [\w./-]{1,200}\.p[lm] line \d+\.)$", "die", family="perl"),
    Reader(
        "Ruby", re.compile(r"\S+:\d+:in .{1,120}?: (?P<message>.+) \((?P<kind>(?:\w+::)*\w+(?:Error|Exception)?)\)$")
    ),
    _plain("JavaScript's heap", r"(?:<.*> )?FATAL ERROR: (?P<message>.*heap out of memory.*)$", "out_of_memory"),
)
