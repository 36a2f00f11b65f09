"""Errors of compilers, linkers, and what runs them: make, cmake, ninja. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from buildwidget.runner.causes.found import Found, Reader, Role
from buildwidget.runner.causes.line import Line

FAMILY: Final = "build"
"""Errors of one build follow each other, and the program that runs it goes on with other parts (make -k)."""

FAR: Final = 10_000
"""How far above the last words of make its reason may stand, in lines."""

_PLACE_BELOW: Final = re.compile(r"\s+--> (\S+)\s*$")


def read_rustc(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``error[E0308]: mismatched types`` and the place below it."""
    found = RUSTC.one_line(lines, index, match)
    place = _PLACE_BELOW.match(lines[index + 1].text) if index + 1 < len(lines) else None
    if found is None or place is None:
        return None
    return replace(found, message=f"{place[1]}: {found.message}")


def read_cmake(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``CMake Error at CMakeLists.txt:3 (find_package):`` and the paragraph below it."""
    words = [f"{match['place']}:" if match["place"] else "", match["message"].strip()]
    for line in lines[index + 1 : index + 12]:
        if line.text.strip() and not line.text.startswith("  "):
            break
        if not line.text.strip() and words[1:] != [""]:
            break
        words.append(line.text.strip())
    number = lines[index].number
    message = " ".join(filter(None, words))
    return Found("cmake", message, Role.CAUSE, number, number, number, index + 1, FAMILY) if words[1:] != [""] else None


RUSTC: Final = Reader(
    "rustc", re.compile(r"error(?:\[E\d+\])?: (?P<message>.+)$"), "compile_error", family=FAMILY, read=read_rustc
)
CMAKE: Final = Reader(
    "cmake",
    re.compile(r"CMake Error(?: at (?P<place>\S+?:\d+))?(?: \(\w+\))?: ?(?P<message>.*)$"),
    "cmake",
    family=FAMILY,
    read=read_cmake,
)


def _compiler(name: str, pattern: str, kind: str = "compile_error") -> Reader:
    return Reader(name, re.compile(pattern), kind, family=FAMILY)


def _launcher(name: str, pattern: str, kind: str) -> Reader:
    return Reader(name, re.compile(pattern), kind, Role.LAUNCHER)


READERS: Final = (
    # gcc, clang, javac, gfortran's newer layout, swiftc: file:line:column: error: words
    _compiler(
        "gcc and clang",
        r"(?P<message>(?:[A-Za-z]:)?[^\s:][^:]{0,400}:\d+(?::\d+)?: (?:fatal |internal compiler )?error: .+)$",
    ),
    # nvcc, msvc, tsc: file(line,column): error TS1: words
    _compiler(
        "nvcc, msvc and tsc", r"(?P<message>[^\s(][^(]{0,400}\(\d+(?:,\d+)?\)\s?: (?:fatal )?error(?: \w+)?: .+)$"
    ),
    _compiler("tsc in a terminal", r"(?P<message>[^\s:][^:]{0,400}:\d+:\d+ - error \w+: .+)$"),
    _compiler("go", r"(?P<message>(?:\./)?[\w./-]{1,400}\.go:\d+:\d+: .+)$"),
    _compiler("kotlinc", r"e: (?P<message>\S{1,400}: ?(?:\(\d+, \d+\):|\d+:\d+) .+)$"),
    _compiler("ptxas", r"ptxas (?P<message>.{1,300}?line \d+; error +: .+)$"),
    _launcher("ptxas's end", r"ptxas fatal +: (?P<message>.+)$", "ptxas"),
    RUSTC,
    _compiler("ld", r"(?P<message>.{0,500}undefined reference to .+)$", "link_error"),
    _compiler("ld without a library", r"(?P<message>(?:\S*[/ ])?[^\s/]*ld(?:\.\w+)?: cannot find .+)$", "link_error"),
    _compiler(
        "lld",
        r"(?:\S*/)?(?P<message>(?:ld\.lld|ld64\.lld|lld-link|wasm-ld|mold|rust-lld): (?:error|fatal): .+)$",
        "link_error",
    ),
    _compiler("Apple's ld", r"(?P<message>Undefined symbols for architecture \w+:.*)$", "link_error"),
    CMAKE,
    _compiler("make without a rule", r"(?:\S*/)?g?make(?:\[\d+\])?: \*\*\* (?P<message>(?!\[)(?!Waiting).+)$", "make"),
    _compiler("makefile", r"(?P<message>\S{1,400}:\d+: \*\*\* .+)$", "make"),
    _compiler("ninja", r"ninja: (?:fatal|error): (?P<message>(?!build stopped).+)$", "ninja"),
    _compiler("maven", r"\[ERROR\] (?P<message>\S+:\[\d+,\d+\] .+)$"),
    _launcher("make", r"(?:\S*/)?g?make(?:\[\d+\])?: \*\*\* (?P<message>\[.+)$", "make"),
    _launcher(
        "make -k", r"(?:\S*/)?g?make(?:\[\d+\])?: (?P<message>Target '.*' not remade because of errors\.)$", "make"
    ),
    _launcher("ninja's end", r"ninja: (?P<message>build stopped: .+)$", "ninja"),
    _launcher("ninja's step", r"FAILED: (?P<message>(?!\().+)$", "ninja"),
    _launcher("cmake's end", r"-- (?P<message>Configuring incomplete, errors occurred!.*)$", "cmake"),
    _launcher(
        "compiler driver",
        r"(?:\S*/)?(?P<message>(?:collect2|clang(?:\+\+)?|gcc|g\+\+): error: "
        r"(?:ld returned|linker command failed|ld terminated).+)$",
        "linker",
    ),
    _launcher(
        "rustc's end",
        r"error: (?P<message>(?:aborting due to|could not compile|linking with|test failed,) .+)$",
        "rustc",
    ),
    _launcher("gradle", r"> (?P<message>Task \S+ FAILED)$", "gradle"),
    _launcher("maven's end", r"\[ERROR\] (?P<message>Failed to execute goal .+)$", "maven"),
)
