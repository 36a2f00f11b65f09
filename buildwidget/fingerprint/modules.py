"""What a module is, for a build that imports it: a version, or the contents of files.

The build imports the file that is on the disk, so the file counts and not what this process has made of it.

- The standard library is the version of Python, which is a part of every fingerprint.
- An installed package is its distribution's name and version; one that was installed from a path or a repository also
  the hashes that its RECORD lists. That nobody edits the files of a released package is taken for granted.
- Everything else is the user's own: all code files of the top-level module or package, and of those modules
  that its files name in an import, wherever in the file it stands. An editable install is the user's own.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from typing import Final

from buildwidget.fingerprint.walker import NotComparable, Token, Walker

MAX_FILES: Final = 2_000
"""Files of the user's own that are read."""
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""Their size, all together."""

_CODE_SUFFIXES: Final = (".py", ".pyw", ".pyc", *EXTENSION_SUFFIXES)
_IMPORT: Final = re.compile(
    rb"(?:^|[;:])[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w. \t,]+))"
    rb"|(?:import_module|__import__)\([ \t\n]*[\"']([\w.]+)",
    re.MULTILINE,
)
"""Every import statement, and some words in comments and texts, which does no harm."""
_SKIPPED_DIRECTORIES: Final = frozenset({"__pycache__", "node_modules", "site-packages"})


class _Files:
    """What was read of the user's own files, with the limits on it."""

    def __init__(self) -> None:
        self.count = self.size = 0
        self.digest = hashlib.sha256()

    def add(self, name: str, path: str) -> bytes:
        size = os.stat(path).st_size  # noqa: PTH116 - a plain string from os.walk
        self.count, self.size = self.count + 1, self.size + size
        if self.count > MAX_FILES or self.size > MAX_FILE_BYTES:
            raise NotComparable(f"more than {MAX_FILES:,} files or {MAX_FILE_BYTES >> 20} MiB of code")
        content = Path(path).read_bytes()
        self.digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        self.digest.update(content)
        return content


def module_token(walker: Walker, name: str) -> Token:
    """The token of a module's top-level package with all that it imports. Raises NotComparable."""
    top = name.partition(".")[0]
    if top not in walker.units:
        try:
            walker.units[top] = walker.node("unit", _closure(top, foreign=walker.foreign))
        except NotComparable as problem:
            raise walker.failure(f"needs the module {top}, which cannot be compared: {problem.reason}") from None
        except OSError as error:
            raise walker.failure(f"needs the module {top}, which cannot be read: {error.strerror}") from None
    return walker.units[top]


def _closure(top: str, *, foreign: bool) -> list[Token]:
    tokens: dict[str, str] = {}
    waiting, files = [top], _Files()
    while waiting:
        name = waiting.pop()
        if name not in tokens:
            tokens[name], imports = _describe(name, files, foreign=foreign)
            waiting += sorted(imports)
    described = "".join(f"{name}={tokens[name]}\n" for name in sorted(tokens))
    return [described.encode("utf-8", "surrogateescape")]


def _describe(name: str, files: _Files, *, foreign: bool) -> tuple[str, set[str]]:
    """One top-level module as a text, and the top-level modules that its files import."""
    spec = _find(name)
    if spec is None:
        return "missing", set()
    places = _places(spec)
    if not places or _is_standard(name, places):
        return "standard library", set()
    if foreign:
        raise NotComparable("the build's Python may have another version of it")
    installed = [_distributions(name, place) for place in places]
    if all(installed):
        return "; ".join(sorted({text for texts in installed for text in texts})), set()
    imports: set[str] = set()
    files.digest = hashlib.sha256()
    for number, place in enumerate(places):
        for relative, path in _code_files(place):
            content = files.add(f"{number}/{relative}", path)
            if path.endswith((".py", ".pyw")):
                imports |= _imported_names(content)
    return f"files {files.digest.hexdigest()}", imports


def _find(name: str) -> ModuleSpec | None:
    """Where a top-level module would be imported from, without importing anything."""
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec = find(name, None) if find is not None else None
        if isinstance(spec, ModuleSpec):
            return spec
    return None


def _places(spec: ModuleSpec) -> list[str]:
    """The directories of a package, or the file of a module; none for what is part of the interpreter."""
    if spec.submodule_search_locations is not None:
        return list(spec.submodule_search_locations)
    if spec.origin in (None, "built-in", "frozen"):
        return []
    return [str(spec.origin)]


def _is_standard(name: str, places: Iterable[str]) -> bool:
    if name not in sys.stdlib_module_names:
        return False
    roots = {os.path.realpath(sysconfig.get_path(kind)) + os.sep for kind in ("stdlib", "platstdlib")}
    return all(os.path.realpath(place).startswith(tuple(roots)) for place in places)


def _distributions(name: str, place: str) -> list[str]:
    """The installed distributions that brought a top-level module; none if it is the user's own."""
    directory = os.path.dirname(place)  # noqa: PTH120 - a plain string, as sys.path has it
    if "-packages" not in directory:
        return []
    found = importlib.metadata.Distribution.discover(name=name, path=[directory])
    owners = [each for each in found if _brought(each, name)]
    if not owners:  # named otherwise, as PyYAML brings yaml
        owners = [each for each in importlib.metadata.distributions(path=[directory]) if _brought(each, name)]
    return [_release(each) for each in owners]


def _brought(distribution: importlib.metadata.Distribution, name: str) -> bool:
    tops = distribution.read_text("top_level.txt")
    if tops is not None and name in tops.split():
        return True
    record = distribution.read_text("RECORD") or ""
    return record.startswith((f"{name}/", f"{name}.")) or f"\n{name}/" in record or f"\n{name}." in record


def _release(distribution: importlib.metadata.Distribution) -> str:
    text = f"{distribution.metadata['Name']} {distribution.version}"
    origin = distribution.read_text("direct_url.json")
    if origin is not None:  # the version alone does not name what was built from a directory or a commit
        files = (distribution.read_text("RECORD") or "") + origin
        text += f" {hashlib.sha256(files.encode()).hexdigest()}"
    return text


def _code_files(place: str) -> Iterator[tuple[str, str]]:
    """The code files at or below a place, with their paths from it, in a fixed order."""
    if not os.path.isdir(place):  # noqa: PTH112 - a plain string, as sys.path has it
        yield os.path.basename(place), place  # noqa: PTH119 - as above
        return
    for directory, inner, names in os.walk(place):
        inner[:] = sorted(each for each in inner if _may_hold_code(directory, each))
        for name in sorted(names):
            if name.endswith(_CODE_SUFFIXES):
                path = os.path.join(directory, name)  # noqa: PTH118 - as above
                yield os.path.relpath(path, place), path


def _may_hold_code(directory: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED_DIRECTORIES:
        return False
    return not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118 - as above


def _imported_names(source: bytes) -> set[str]:
    """The top-level modules that a file imports; relative imports stay within its own."""
    names: set[str] = set()
    for match in _IMPORT.finditer(source.replace(b"\\\n", b" ")):
        whole, several, dynamic = match.groups()
        listed = several.split(b",") if several else [whole or dynamic]
        names |= {each.split()[0].partition(b".")[0].decode("utf-8", "replace") for each in listed if each.split()}
    return names - {"", "__future__", "__main__"}
