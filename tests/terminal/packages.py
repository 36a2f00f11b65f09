"""Installs what the recorded programs need, each set of packages apart, in a cache outside of the repository."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()) / "buildwidget-recordings"


@dataclass(frozen=True, slots=True)
class Installed:
    """What a program finds.

    ``paths``: directories for PATH. ``libraries``: for LD_LIBRARY_PATH. ``versions``: of the packages asked for.
    ``directory``: where a Node program must lie to find its packages.
    """

    paths: Sequence[Path] = ()
    libraries: Sequence[Path] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None


def _run(command: Sequence[str], **options: object) -> str:
    return str(subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8", **options).stdout)  # type: ignore[call-overload]


def _place(kind: str, needs: Sequence[str], install: Callable[[Path], object]) -> Path:
    """The directory of a set of packages; it is filled if it is not yet there."""
    key = hashlib.sha256(" ".join(sorted(needs)).encode()).hexdigest()[:12]
    place = CACHE / f"{kind}-{key}"
    if not (place / ".complete").exists():
        place.mkdir(parents=True, exist_ok=True)
        install(place)
        (place / ".complete").touch()
    return place


def _canonical(requirement: str) -> str:
    """The name in a requirement, in the one spelling that all names of it share."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.\-]", requirement)[0]).lower()


def from_pypi(needs: Sequence[str]) -> Installed:
    """A virtual environment with these packages."""

    def install(place: Path) -> None:
        _run([sys.executable, "-m", "venv", str(place)])
        _run([str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade", *needs])

    place = _place("python", needs, install)
    listed = _run([str(place / "bin" / "python"), "-m", "pip", "list", "--format=json"])
    versions = {_canonical(package["name"]): package["version"] for package in json.loads(listed)}
    return Installed([place / "bin"], versions={_canonical(need): versions[_canonical(need)] for need in needs})


def from_npm(needs: Sequence[str]) -> Installed:
    """A directory with ``node_modules``."""

    def install(place: Path) -> None:
        _run(["npm", "install", "--no-audit", "--no-fund", "--silent", *needs], cwd=place)

    place = _place("node", needs, install)
    modules = place / "node_modules"
    versions = {
        name: json.loads((modules / name / "package.json").read_text(encoding="utf-8"))["version"]
        for name in (need[0] + need[1:].partition("@")[0] for need in needs)
    }
    return Installed([modules / ".bin"], versions=versions, directory=place)


def from_debian(needs: Sequence[str]) -> Installed:
    """Unpacked packages; the libraries that the system lacks have to be named too."""

    def install(place: Path) -> None:
        _run(["apt-get", "download", *needs], cwd=place)
        for package in place.glob("*.deb"):
            _run(["dpkg", "-x", str(package), str(place)])

    place = _place("debian", needs, install)
    fields = [_run(["dpkg-deb", "-f", str(path), "Package", "Version"]).splitlines() for path in place.glob("*.deb")]
    versions = dict(sorted([line.partition(": ")[2] for line in pair] for pair in fields))
    libraries = [path for top in ("lib", "usr/lib") for path in (place / top).glob("*-linux-gnu")]
    return Installed([place / "usr/bin", place / "bin", place / "usr/sbin"], libraries, versions)


def from_system(needs: Sequence[str]) -> Installed:
    """Debian packages of the machine itself; those that it lacks are installed, which only root can do."""
    states = {need: _version_installed(need) for need in needs}
    if missing := [need for need, version in states.items() if not version]:
        _run(["apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *missing])
    return Installed(versions={need: states[need] or _version_installed(need) for need in needs})


def _version_installed(package: str) -> str:
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    found = subprocess.run(query, check=False, capture_output=True, encoding="utf-8").stdout.split()
    return found[1] if found[:1] == ["installed"] else ""


def from_path(needs: Sequence[str]) -> Installed:
    """Programs that are on PATH already, as no registry has them in this form; they have ``--version``."""
    return Installed(versions={need: _version_printed(_run([need, "--version"])) for need in needs})


def _version_printed(text: str) -> str:
    match = re.search(r"\d+(?:\.\d+)+", text)
    return match[0] if match else text.strip()


SOURCES: Final = {
    "pypi": from_pypi,
    "npm": from_npm,
    "debian": from_debian,
    "system": from_system,
    "path": from_path,
}
