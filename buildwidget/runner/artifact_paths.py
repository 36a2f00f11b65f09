"""Artifacts with a secret in their path: stored with ``***``, and found again by looking through the directories.

What is kept to find them again tells nothing of the secret: two bytes of a salted digest, in the build's own private
directory, which choose among the files that fit.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from buildwidget.errors import BuildwidgetError
from buildwidget.protocol.events import ArtifactEvent
from buildwidget.runner.build_dir import build_dir, make_build_dir, open_private, write_private
from buildwidget.runner.secrets import MASK, Masker

FILE: Final = "artifact_paths.json"
_DIGEST_BYTES: Final = 2
"""Enough to choose among the files that fit, too few to try guesses of the secret on."""
_MOST_PATHS: Final = 1_000
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_ENTRIES: Final = 20_000
"""Entries of directories that are looked at to find one file."""


@dataclass
class ArtifactPaths:
    """Masks the paths of one build's artifacts, each differently, and keeps what it takes to find the files again.

    Args:
        build_id: the build.
        masker: finds the secrets.
    """

    build_id: str
    masker: Masker
    _salt: str = field(default_factory=lambda: secrets.token_hex(16))
    _stored: dict[str, str] = field(default_factory=dict)
    """By the whole digest of a real path, the path as it is stored. The paths themselves are kept nowhere."""
    _kept: dict[str, dict[str, str]] = field(default_factory=dict)

    def mask(self, event: ArtifactEvent) -> ArtifactEvent:
        """The event without secrets."""
        path = self.masker.mask_path(event.path)
        masked = self.masker.mask_event(event)
        if path == event.path:
            return masked
        return msgspec.structs.replace(masked, path=self._note(event.path, path))

    def _note(self, real: str, masked: str) -> str:
        digest = _digest(self._salt, real)
        stored = self._stored.get(digest)
        if stored is not None or len(self._stored) >= _MOST_PATHS:
            return stored or masked
        taken = set(self._stored.values())
        stored, number = masked, 1
        while stored in taken:
            number += 1
            stored = masked.replace(MASK, f"{MASK}-{number}", 1)
        self._stored[digest] = stored
        self._kept[stored] = {"fits": masked, "digest": digest[: 2 * _DIGEST_BYTES]}
        content = json.dumps({"salt": self._salt, "paths": self._kept}).encode()
        with contextlib.suppress(OSError):  # without it the file is found where it is the only one that fits
            write_private(make_build_dir(self.build_id) / FILE, lambda file: _write(file, content))
        return stored


def find_artifact(build_id: str, directory: str, stored: str) -> str | None:
    """The path of an artifact's file from its path as it is stored; None where no file fits, or several do.

    Args:
        build_id: the build.
        directory: its working directory.
        stored: the path, with ``***`` for what is secret.
    """
    if MASK not in stored:
        return None
    kept = _read(build_id)
    known: Mapping[str, str] = kept.get("paths", {}).get(stored, {})
    found = list(_fitting(directory, known.get("fits", stored)))
    if known:
        found = [path for path in found if _digest(kept["salt"], path).startswith(known["digest"])]
    return found[0] if len(found) == 1 else None


def _fitting(directory: str, masked: str) -> Iterator[str]:
    """The paths of files that the masked one fits, relative where it is."""
    left = [_MOST_ENTRIES]
    names = masked.split("/")
    begun = [""] if names[0] else ["/"]
    for name in names if names[0] else names[1:]:
        begun = [path for each in begun for path in _next(directory, each, name, left)]
    yield from begun


def _next(directory: str, begun: str, name: str, left: list[int]) -> Iterator[str]:
    if MASK not in name:
        yield os.path.join(begun, name)  # noqa: PTH118 - the paths are compared as they were written
        return
    fits = re.compile("(?s:.*)".join(map(re.escape, name.split(MASK))))
    with contextlib.suppress(OSError), os.scandir(Path(directory, begun)) as entries:
        for entry in entries:
            left[0] -= 1
            if left[0] < 0:
                return
            if fits.fullmatch(entry.name):
                yield os.path.join(begun, entry.name)  # noqa: PTH118 - see above


def _read(build_id: str) -> dict[str, Any]:
    try:
        with open_private(build_dir(build_id) / FILE) as file:
            kept = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, BuildwidgetError):
        return {}
    valid = isinstance(kept, dict) and isinstance(kept.get("salt"), str) and isinstance(kept.get("paths"), dict)
    return kept if valid else {}


def _digest(salt: str, path: str) -> str:
    return hmac.new(salt.encode(), path.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
