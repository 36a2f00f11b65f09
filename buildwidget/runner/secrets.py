"""Which environment variables are secret, and keeping their values out of everything that is stored.

A variable is secret by its name (``looks_secret``) if its value has 8 characters or more: a shorter value is no
secret worth the name, and masking it would blot out ordinary words. A URL with a password in it
(``postgres://user:password@host``) is secret under any name; there only the password is masked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import msgspec

from buildwidget.protocol.events import Event, MetricEvent

EventT = TypeVar("EventT", bound=Event)

MASK: Final = "***"
MIN_SECRET_CHARACTERS: Final = 8

_SECRET_NAMES: Final = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|CONNECTION_STRING"  # anywhere: PGPASSWORD, OPENAI_API_KEY
    r"|TOKENS?(?![A-Z])"  # at a word's end: HF_TOKEN, NPMTOKEN, but not TOKENIZERS_PARALLELISM
    r"|(?:^|_)(?:AUTH|JWT|BEARER|COOKIES?|PAT|WEBHOOK|MYSQL_PWD)(?=_|$)"  # whole words only: not AUTHOR, not XAUTHORITY
    r"|(?:^|_)(?:ACCESS|PRIVATE|SIGNING|ENCRYPTION|ACCOUNT|STORAGE|SERVICE|DEPLOY|MASTER|SSH|LICENSE)_?KEYS?(?=_|$)",
)
_OPEN_NAMES: Final = re.compile(
    # What only tells where a secret is, or something about it; files and sockets have borders of their own.
    r"^(?:GOOGLE_APPLICATION_CREDENTIALS|XAUTHORITY|PWD|OLDPWD)$"
    r"|_(?:FILE|PATH|DIR|SOCK|SOCKET|NAME|TYPE|HOST|PORT|ENABLED|DISABLED|TIMEOUT|TTL|LENGTH|LIMIT)$"
    r"|(?<!WEBHOOK)_(?:URL|URI|ENDPOINT)$",
)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://([^\s/?#@:]*):([^\s/?#]+)@")
_SHORTEST_LINE: Final = 16


def looks_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret, whatever the case of its letters.

    Secret: PASSWORD, PASSWD, PASSPHRASE, SECRET, CREDENTIAL, APIKEY or API_KEY and CONNECTION_STRING anywhere in
    the name; TOKEN(S) at the end of a word; the words AUTH, JWT, BEARER, COOKIE(S), PAT, WEBHOOK and MYSQL_PWD;
    KEY after ACCESS, PRIVATE, SIGNING, ENCRYPTION, ACCOUNT, STORAGE, SERVICE, DEPLOY, MASTER, SSH or LICENSE.

    Never: PWD, OLDPWD, XAUTHORITY, GOOGLE_APPLICATION_CREDENTIALS (a path), and names that end in _FILE, _PATH,
    _DIR, _SOCK(ET), _NAME, _TYPE, _HOST, _PORT, _ENABLED, _DISABLED, _TIMEOUT, _TTL, _LENGTH, _LIMIT, _URL, _URI
    or _ENDPOINT (but WEBHOOK_URL is): so not SSH_AUTH_SOCK, AWS_SHARED_CREDENTIALS_FILE or OAUTH_TOKEN_URL.
    """
    name = name.upper().replace("-", "_")
    return _SECRET_NAMES.search(name) is not None and _OPEN_NAMES.search(name) is None


def split_environment(env: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The variables that may be stored, and those that may not."""
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name, value in env.items():
        (secret if _is_secret(name, value) else plain)[name] = value
    return plain, secret


def secret_values(secret: Mapping[str, str]) -> list[str]:
    """What must not appear, given secret variables: the value, or of a URL under a plain name its password."""
    return [value for name, text in secret.items() for value in _secrets_in(name, text)]


def _is_secret(name: str, value: str) -> bool:
    return (looks_secret(name) and len(value) >= MIN_SECRET_CHARACTERS) or _URL.search(value) is not None


def _secrets_in(name: str, value: str) -> list[str]:
    if looks_secret(name) and len(value) >= MIN_SECRET_CHARACTERS:
        return [value]
    found = []
    for user, password in _URL.findall(value):
        # A short password alone could be any word: it is masked where it stands between user and host.
        long = len(unquote(password)) >= MIN_SECRET_CHARACTERS
        found += [password, unquote(password)] if long else [f"{user}:{password}@"]
    return found


class Masker:
    """Replaces secret values by ``***``, also where they stand JSON-escaped, or line by line.

    Args:
        values: the secret values; of one over several lines, each line of 16 characters or more counts too.
    """

    def __init__(self, values: Iterable[str]) -> None:
        patterns = sorted({pattern for value in values for pattern in spellings(value)}, key=lambda p: (-len(p), p))
        self._secrets = [pattern.encode("utf-8", "surrogateescape") for pattern in patterns]
        self._text = re.compile("|".join(map(re.escape, patterns))) if patterns else None
        self._bytes = re.compile(b"|".join(map(re.escape, self._secrets))) if patterns else None

    def __bool__(self) -> bool:
        return self._text is not None

    def mask(self, text: str) -> str:
        """The text without secret values."""
        return self._text.sub(MASK, text) if self._text else text

    def mask_json(self, value: Any) -> Any:
        """A JSON value without secret values in its strings and keys; what is no JSON stays as it is."""
        if self._text is None or value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask_json(key): self.mask_json(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.mask_json(item) for item in value)
        return self._mask_struct(value) if isinstance(value, msgspec.Struct) else value

    def mask_event(self, event: EventT) -> EventT:
        """The event without secret values; words that the protocol itself defines, such as a status, stay."""
        if not self:
            return event
        masked: EventT = self._mask_struct(event)
        return masked

    def stream(self) -> StreamMasker:
        """A masker of one stream of bytes, for secrets that two reads cut."""
        return StreamMasker(self._bytes, self._secrets)

    def _mask_struct(self, struct: Any) -> Any:
        if isinstance(struct, MetricEvent):
            return msgspec.structs.replace(struct, name=self.mask(struct.name))
        changed = {}
        for name in struct.__struct_fields__:
            value = getattr(struct, name)
            if value is None or (type(struct).__name__, name) in _PROTOCOL_WORDS or isinstance(value, (int, float)):
                continue
            masked = self._mask_log(name, value) if type(struct).__name__ == "LogEvent" else self.mask_json(value)
            if masked != value:
                changed[name] = masked
        return msgspec.structs.replace(struct, **changed) if changed else struct

    def _mask_log(self, field: str, value: Any) -> Any:
        if field == "lines":
            return [(stream, self.mask(text)) for stream, text in value]
        return {stream: self.mask(text) for stream, text in value.items()}


_PROTOCOL_WORDS: Final = frozenset(
    {("StatusEvent", "status"), ("Todo", "status"), ("ToolEvent", "state"), ("ToolEvent", "truncated")}
    | {("TextEvent", "kind"), ("PermissionEvent", "decision")}
)


def spellings(value: str) -> set[str]:
    """How a secret value may stand in a text: as it is, JSON-escaped, and each of its long lines."""
    value = value.strip("\r\n")
    if not value:
        return set()
    lines = [line for line in value.splitlines() if len(line) >= _SHORTEST_LINE] if "\n" in value else []
    texts = [value, *lines, "\r\n".join(value.splitlines())]
    return {spelling for text in texts for spelling in (text, json.dumps(text)[1:-1])}


class StreamMasker:
    """Masks the bytes of one stream as they come, holding back only what could be the beginning of a secret.

    It is held back for as long as nothing more comes: who let go of it after a while would show most of a secret
    that is printed slowly.
    """

    def __init__(self, pattern: re.Pattern[bytes] | None, secrets: list[bytes]) -> None:
        self._pattern = pattern
        self._secrets = secrets
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What can be shown after these bytes."""
        if self._pattern is None:
            return data
        buffer = self._held + data
        hold = self._start_of_a_secret(buffer, 0)
        shown: list[bytes] = []
        place = 0
        for match in self._pattern.finditer(buffer):
            if match.start() >= hold:
                break
            shown += (buffer[place : match.start()], MASK.encode())
            place = match.end()
            if place > hold:
                hold = self._start_of_a_secret(buffer, place)
        shown.append(buffer[place:hold])
        self._held = buffer[hold:]
        return b"".join(shown)

    def finish(self) -> bytes:
        """The end of the stream: whatever was held back, which turned out to be no whole secret."""
        rest = self._pattern.sub(MASK.encode(), self._held) if self._pattern else b""
        self._held = b""
        return rest

    def _start_of_a_secret(self, buffer: bytes, start: int) -> int:
        """The first place from ``start`` on where the rest of the buffer is a beginning of some secret."""
        first = len(buffer)
        for secret in self._secrets:
            place = buffer.find(secret[:1], max(start, len(buffer) - len(secret) + 1))
            while 0 <= place < first:
                if secret.startswith(buffer[place:]):
                    first = place
                    break
                place = buffer.find(secret[:1], place + 1)
        return first
