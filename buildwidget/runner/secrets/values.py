"""The secrets in variables: the values themselves, and what stands in them (a URL's password, the key of a DSN)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from buildwidget.runner.secrets.names import is_ordinary, looks_secret

MIN_SECRET_CHARACTERS: Final = 8
"""A shorter value is masked only between user and host of a URL: anywhere else it could be any word."""

_USERINFO: Final = re.compile(r"(?<=[A-Za-z0-9+.\-])://([^\s/?#\"'<>]{1,8192})")
_PAIR: Final = re.compile(
    r"(?<![\w.\-])-{0,2}([A-Za-z_][\w.\-]{0,99})[ \t]{0,8}[=:][ \t]{0,8}"
    r"""("[^"\n]{1,8192}"|'[^'\n]{1,8192}'|[^\s;&,'"]{1,8192})"""
)
_HEADER: Final = re.compile(
    r"(?<![A-Za-z])(?:basic|bearer|token|apikey)[ \t]{1,8}([A-Za-z0-9+/=._~\-]{8,8192})", re.IGNORECASE
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\s]{16,}={0,2}")
_PAIR_NAMES: Final = re.compile(r"(?:^|_)(?:SIG|SIGNATURE|PW|PWD|PASS|KEY|SHAREDACCESSKEY|ACCOUNTKEY|ACCESSKEY)$")
_TOKEN_CHARACTERS: Final = 20
"""A user without a password in a URL is a token if it is so long and has digits."""
_JSON_BYTES: Final = 256 * 1024
_LEAVES: Final = 200


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that must not appear.

    Attributes:
        text: the secret.
        before: what stands before it wherever it is one; "" where it is one anywhere.
        after: what stands behind it.
    """

    text: str
    before: str = ""
    after: str = ""


def split_environment(env: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The variables that may be stored, and those that may not."""
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name, value in env.items():
        (secret if _is_secret(name, value) else plain)[name] = value
    return plain, secret


def secret_values(secret: Mapping[str, str]) -> list[Secret]:
    """What must not appear, given secret variables: the value of each under a secret's name, and what stands in it.

    Of a variable with a plain name only what stands in it: the password of a URL, a key in a list of pairs.
    """
    return [found for name, text in secret.items() for found in secrets_in(name, text)]


def secrets_in(name: str, value: str) -> list[Secret]:
    """The secrets of one variable, each once, in an order that depends on nothing else."""
    found = [Secret(value)] if _is_whole_secret(name, value) else []
    found += [each for each in _inside(value) if _counts(each)]
    if found and found[0].text == value:
        found += [Secret(text) for text in _inside_secret(value) if _counts(Secret(text))]
    return list(dict.fromkeys(found))


def _is_secret(name: str, value: str) -> bool:
    return _is_whole_secret(name, value) or next(_inside(value), None) is not None


def _is_whole_secret(name: str, value: str) -> bool:
    return looks_secret(name) and len(value.strip()) >= MIN_SECRET_CHARACTERS and not is_ordinary(name, value)


def _counts(secret: Secret) -> bool:
    return bool(secret.before) or _masked_anywhere(secret.text)


def _masked_anywhere(text: str) -> bool:
    return len(text.strip()) >= MIN_SECRET_CHARACTERS and not is_ordinary("PASSWORD", text)


def _inside(value: str) -> Iterator[Secret]:
    """The secrets that a value shows by its form, whatever its name."""
    if "://" in value:
        yield from _of_urls(value)
    if "=" in value or ":" in value:
        yield from (Secret(text) for text in _of_pairs(value))
    yield from (Secret(match[1]) for match in _HEADER.finditer(value) if _is_token(match[1]))


def _of_urls(value: str) -> Iterator[Secret]:
    for match in _USERINFO.finditer(value):
        userinfo, at, _ = match[1].rpartition("@")
        if not at:
            continue
        user, colon, password = userinfo.partition(":")
        if not password and (colon or not _is_token(user)):
            continue
        secret = password or user
        if _masked_anywhere(unquote(secret)):
            yield Secret(secret)
            yield Secret(unquote(secret))
        else:
            yield from (Secret(each, before=f"//{user}:", after="@") for each in (secret, unquote(secret)))
        if password and _is_token(user):
            yield Secret(user)


def _is_token(user: str) -> bool:
    return len(user) >= _TOKEN_CHARACTERS and any(letter.isdigit() for letter in user)


def _of_pairs(value: str) -> Iterator[str]:
    """The values of ``password=...``, ``AccountKey=...`` and their like."""
    for match in _PAIR.finditer(value):
        name, text = match[1], match[2].strip("\"'")
        if text.startswith("//") or not (looks_secret(name) or _PAIR_NAMES.search(name.upper().replace("-", "_"))):
            continue
        if not is_ordinary(name, text):
            yield text
            if "%" in text:
                yield unquote(text)


def _inside_secret(value: str) -> Iterator[str]:
    """The secrets in a value that is one itself: in its JSON, behind its base64, behind the word ``Bearer``."""
    header = _HEADER.fullmatch(value.strip())
    if header is not None:
        yield header[1]
    value = value.strip()
    if value[:1] in ("{", "[") and len(value) <= _JSON_BYTES:
        yield from _of_json(value)
    if len(value) <= _JSON_BYTES and _BASE64.fullmatch(value):
        text = _decoded(value)
        if text is not None:
            yield text
            yield from (each.text for each in _inside(text) if not each.before)
            if ":" in text and "\n" not in text:
                yield text.partition(":")[2]  # user:password, as of a Basic header
            if text.lstrip()[:1] in ("{", "["):
                yield from _of_json(text)


def _of_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(_LEAVES):
        if not waiting:
            return
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, item) for item in value]
        elif isinstance(value, str) and _is_whole_secret(name, value):
            yield value
            packed = _decoded(value) if name == "auth" else None
            if packed is not None and ":" in packed:
                yield packed.partition(":")[2]


def _decoded(value: str) -> str | None:
    """The text behind base64, if it is one."""
    packed = "".join(value.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        text = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if "".join(text.split()).isprintable() and text.strip() else None
