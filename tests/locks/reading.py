"""The lock files: which version of which package an environment must have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = Path(__file__).parent


@dataclass(frozen=True)
class Pin:
    """One package of a lock: its canonical name, its one version, where it applies, and its files' hashes."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def applies(self, environment: Mapping[str, str] | None = None) -> bool:
        """Whether an environment needs it. Default: the interpreter that asks."""
        return self.marker is None or self.marker.evaluate(dict(environment) if environment else None)


def pins(lock: str) -> Iterator[Pin]:
    """All packages of ``tests/locks/<lock>.txt``. ValueError: a line is anything but a pinned, hashed package."""
    text = re.sub(r"\\\n", " ", (LOCKS / f"{lock}.txt").read_text("utf-8"))
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words, *hashes = re.split(r"\s--hash=", line.strip())
        requirement = Requirement(words)
        exact = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
        if requirement.url or exact is None or not hashes:
            raise ValueError(f"{lock}.txt: not a pinned package with hashes: {line.strip()}")
        yield Pin(
            canonicalize_name(requirement.name), exact[1], requirement.marker, tuple(word.strip() for word in hashes)
        )


def versions(*locks: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Name and version of all that the locks give an environment. Default: the interpreter that asks."""
    return {pin.name: pin.version for lock in locks for pin in pins(lock) if pin.applies(environment)}


def installed() -> dict[str, str]:
    """Name and version of all that this environment has, except the project itself."""
    found = {canonicalize_name(each.name): each.version for each in distributions()}
    found.pop("buildwidget", None)
    return found
