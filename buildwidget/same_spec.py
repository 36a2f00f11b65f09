"""Whether a build that exists does what a request asks for: provably, or not at all.

Fingerprints are compared, which the spec keeps. That of a call is made with a key of this user, so that a database
which others read gives no way to try out what the arguments were.

The values of secret variables are never stored, not even as a digest: somebody who has it can try out short ones. While
a build is active, the values that its runner was started with are compared; after its end they cannot be.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import psutil

from buildwidget.fingerprint import SCHEME, fingerprint_of_call
from buildwidget.protocol.events import ENDS
from buildwidget.runner.build_dir import open_private
from buildwidget.runner.spawn import runs_elsewhere
from buildwidget.store.location import data_dir
from buildwidget.store.records import BuildRecord

KEY_FILE: Final = "fingerprint.key"

_WORDS: Final = {
    "command": "its command is another",
    "parts": "its command is another",
    "callable": "its function, what that refers to, or its arguments are others",
    "prompt": "its prompt is another",
    "cwd": "its working directory is another",
    "pty": "pty is another",
    "python": "its Python is another",
}


def fingerprint(asked: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a build of this spec is compared by: what was asked for, and where and how it runs."""
    kept = {name: spec[name] for name in ("env", "secret_names", "cwd", "python", "pty")}
    # Which secrets stand where in these, since what is kept shows only that there is one.
    hidden = {"place_parts": spec["place_parts"]} if spec.get("place_parts") else {}
    return {"scheme": SCHEME, **asked, **kept, **hidden}


def call_fingerprint(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], python: str
) -> tuple[str, str | None]:
    """The fingerprint of a call as it may be stored, and what makes it incomparable (None: nothing does)."""
    made = fingerprint_of_call(function, args, kwargs, foreign=runs_elsewhere(python))
    if made.problem is not None:
        return made.digest, made.problem
    return hmac.new(_key(), made.digest.encode(), hashlib.sha256).hexdigest(), None


def difference(record: BuildRecord, spec: Mapping[str, Any], values: Mapping[str, str]) -> str | None:
    """Why a build does not do, or may not do, what a request asks for, as a clause; None if it provably does.

    Args:
        record: the build that exists.
        spec: the request's.
        values: those of the request's secret variables.
    """
    mine, other = spec.get("fingerprint") or {}, record.spec.get("fingerprint")
    if mine.get("scheme") != SCHEME or not isinstance(other, dict) or other.get("scheme") != SCHEME:
        return "it was launched by an older version of buildwidget, which compared less"
    if mine == other:
        return _secret_difference(record, values) if spec["secret_names"] else None
    if spec.get("not_compared"):
        return f"this call cannot be compared: {spec['not_compared']}"
    if record.spec.get("not_compared"):
        return f"its call cannot be compared: {record.spec['not_compared']}"
    if other.keys() != mine.keys():
        return "it was launched in another way"
    return ", and ".join(dict.fromkeys(_differences(other, mine)))


def _differences(other: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in mine.items():
        if other[name] == value:
            continue
        if name == "env":
            names = sorted(each for each in {*value, *other[name]} if value.get(each) != other[name].get(each))
            found.append(f"the environment is another ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})")
        elif name == "secret_names":
            found.append("it has other secret variables")
        else:
            found.append(_WORDS.get(name, f"its {name} is another"))
    return found


def _secret_difference(record: BuildRecord, values: Mapping[str, str]) -> str | None:
    names = ", ".join(sorted(values))
    if record.summary.status in ENDS:
        return f"the value of {names} cannot be compared, because secrets are never stored"
    environment = _live_environment(record)
    if environment is None:
        return f"the value of {names} cannot be compared, because the environment of its process cannot be read here"
    others = sorted(name for name, value in values.items() if environment.get(name) != value)
    return f"the value of {', '.join(others)} is another" if others else None


def _live_environment(record: BuildRecord) -> dict[str, str] | None:
    """The variables that the build's runner was started with; None where they cannot be read."""
    process = record.process
    if process is None or not process.is_here() or not process.is_alive():
        return None
    try:
        environment = psutil.Process(process.pid).environ()
    except (psutil.Error, OSError):
        return None
    return environment if process.is_alive() else None  # else they may be another process's with its pid


def _key() -> bytes:
    """32 random bytes of this user's data directory, made when they are first needed."""
    path = data_dir() / KEY_FILE
    if not path.exists():
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=KEY_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
            # Another process may be quicker: its key stays.
            with contextlib.suppress(FileExistsError):
                Path(path).hardlink_to(temporary)
        finally:
            Path(temporary).unlink(missing_ok=True)
    with open_private(path) as file:
        return file.read()
