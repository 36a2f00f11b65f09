"""Keeping secret values out of everything that is stored: texts, JSON, events and streams."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from buildwidget.protocol.events import Event, MetricEvent
from buildwidget.runner.secrets.folding import Folded
from buildwidget.runner.secrets.matcher import Matcher
from buildwidget.runner.secrets.patterns import PatternStream, ValuePatterns
from buildwidget.runner.secrets.settings import value_patterns
from buildwidget.runner.secrets.spelling import spellings_of
from buildwidget.runner.secrets.stream import MASK, SecretStream, StreamMasker, joined
from buildwidget.runner.secrets.values import Secret, secret_values, split_environment

EventT = TypeVar("EventT", bound=Event)

_LARGE_NUMBER: Final = 10_000_000
"""A number in JSON of eight digits or more may be a secret."""


class Masker:
    """Replaces secret values by ``***``, in whichever of their forms they stand, also across lines and colours.

    Args:
        values: the secret values, of which what ``secret_values`` gives also knows where they are secret.
        patterns: regular expressions of more values; see ``patterns.py``.

    Raises:
        ValueError: a pattern is not taken.
    """

    def __init__(self, values: Iterable[str | Secret], patterns: Iterable[str] = ()) -> None:
        self.secrets: Final = list(dict.fromkeys(Secret(each) if isinstance(each, str) else each for each in values))
        self.matcher: Final = Matcher(
            [each for place, secret in enumerate(self.secrets) for each in spellings_of(secret, place)]
        )
        self.patterns: Final = ValuePatterns(list(patterns))

    @classmethod
    def of_environment(cls, env: Mapping[str, str] | None = None) -> Masker:
        """Masks the secrets of an environment (default: this process's) and the patterns that are set in this one.

        Raises:
            ValueError: a pattern that is set is not taken.
        """
        secret = split_environment(os.environ if env is None else env)[1]
        return cls(secret_values(secret), value_patterns())

    def __bool__(self) -> bool:
        return bool(self.matcher) or bool(self.patterns)

    def mask(self, text: str) -> str:
        """The text without secret values."""
        if not text or not self:
            return text
        raw, errors = _encoded(text)
        masked = SecretStream(self.matcher).finish(raw) if self.matcher else raw
        masked = self._without_patterns(masked)
        return text if masked == raw else masked.decode("utf-8", errors)

    def mask_rows(self, rows: list[str]) -> list[str]:
        """Texts that stand below each other, without secret values; one that two rows share makes them one."""
        whole = "\n".join(rows)
        masked = self.mask(whole)
        return rows if masked == whole else masked.split("\n")

    def mask_patterns(self, text: str) -> str:
        """The text without what the patterns find."""
        raw, errors = _encoded(text)
        return self._without_patterns(raw).decode("utf-8", errors)

    def _without_patterns(self, raw: bytes) -> bytes:
        if not self.patterns:
            return raw
        stream = PatternStream(self.patterns, MASK.encode())
        return stream.feed(raw) + stream.finish()

    def mask_path(self, path: str) -> str:
        """A path without secret values, with as many parts as it has: of a secret with a slash, each part is masked."""
        masked = self.mask(path)
        lost = path.count("/") - masked.count("/")
        if lost <= 0 or MASK not in masked or not self.matcher:
            return masked
        raw, errors = _encoded(path)
        pieces: list[bytes] = []
        at = 0
        for start, end in self._spans(raw):
            secret = raw[start:end].split(b"/")
            pieces += (raw[at:start], b"/".join([MASK.encode()] * len(secret)))
            at = end
        return self.mask_patterns(b"".join([*pieces, raw[at:]]).decode("utf-8", errors))

    def _spans(self, raw: bytes) -> list[tuple[int, int]]:
        found = self.matcher.find(Folded(raw))
        cut = self.matcher.cut_at(raw, {each.end for each in found})
        return joined((each.start, each.end) for each in ([*found, cut] if cut else found))

    def mask_json(self, value: Any) -> Any:
        """A JSON value without secret values in its strings, keys and long numbers; what is no JSON stays as it is."""
        if not self or value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, int):
            return self._mask_number(value)
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
        return StreamMasker(self.matcher, self.patterns)

    def _mask_number(self, value: int) -> int | str:
        if -_LARGE_NUMBER < value < _LARGE_NUMBER or value.bit_length() > 4096:  # str refuses longer ones
            return value
        masked = self.mask(str(value))
        return value if masked == str(value) else masked

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
        if field == "open":
            return {stream: self.mask_rows(rows) for stream, rows in value.items()}
        return {stream: self.mask(text) for stream, text in value.items()}


_PROTOCOL_WORDS: Final = frozenset(
    {("StatusEvent", "status"), ("Todo", "status"), ("ToolEvent", "state"), ("ToolEvent", "truncated")}
    | {("TextEvent", "kind"), ("PermissionEvent", "decision")}
)


def _encoded(text: str) -> tuple[bytes, str]:
    """The text as bytes, and how errors are handled on the way back."""
    try:
        return text.encode("utf-8", "surrogateescape"), "surrogateescape"
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass"), "surrogatepass"
