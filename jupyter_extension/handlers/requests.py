"""What requests ask: queries and bodies, checked, so that every refusal names the field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final, Literal, TypeVar

import msgspec
from tornado.web import RequestHandler

from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from jupyter_extension.handlers.errors import ApiError

Body = TypeVar("Body", bound=msgspec.Struct)

_FIELD: Final = re.compile(r"`\$\.(\w+)|field `(\w+)`")
"""Where msgspec's message tells the field: "... - at `$.name`", "... unknown field `nmae`"."""


class LaunchOptions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What ``POST builds`` takes whatever the kind."""

    name: str | None = None
    project: str | None = None
    cwd: str | None = None
    env: dict[str, str] | None = None
    key: str | None = None
    reuse: Literal["succeeded"] | None = None
    tags: list[str] = []


class Launch(LaunchOptions, kw_only=True):
    """``POST builds`` of kind command."""

    kind: Literal["command"]
    command: str | list[str]


class LaunchAgent(LaunchOptions, kw_only=True):
    """``POST builds`` of kind agent."""

    kind: Literal["agent"]
    prompt: str
    agent: Literal["claude-code", "codex"] = "claude-code"
    model: str | None = None
    permission: Literal["ask", "edits", "all", "plan"] = "ask"
    operation: Literal["initial", "enhancement", "focused_edit", "continuation", "autofix"] = "initial"


class Answer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``POST builds/{id}/answer``."""

    decision: Literal["allow", "deny"]
    request_id: str | None = None
    message: str | None = None


class FollowUp(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``POST builds/{id}/follow_up``. The prompt may be left out of an autofix only."""

    prompt: str | None = None
    operation: Literal["enhancement", "focused_edit", "continuation", "autofix"] = "continuation"
    permission: Literal["ask", "edits", "all", "plan"] | None = None
    agent: Literal["claude-code", "codex"] | None = None
    model: str | None = None


def json_object(body: bytes, limit: int) -> dict[str, Any]:
    """The JSON object that a body is."""
    if len(body) > limit:
        raise ApiError(413, "too_large", f"The body has {len(body):,} bytes; at most {limit:,} are taken.")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, "bad_json", f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ApiError(400, "bad_json", "The body is not a JSON object.")
    return value


def body_of(value: dict[str, Any], kind: type[Body]) -> Body:
    """The request that an object stands for."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        match = _FIELD.search(message)
        field = (match.group(1) or match.group(2)) if match else None
        raise ApiError(400, "invalid", f"{message}.", field=field) from None


class Query:
    """The query of a request."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler

    def text(self, name: str) -> str | None:
        """A text; None where it is absent or empty."""
        return self._handler.get_query_argument(name, None) or None

    def exact(self, name: str) -> str | None:
        """A text with its blanks, which may be empty; None where it is absent."""
        return self._handler.get_query_argument(name, None, strip=False)

    def flag(self, name: str) -> bool:
        """Whether it is given, and neither 0 nor false."""
        return (self.text(name) or "0").lower() not in ("0", "false")

    def number(self, name: str, *, low: int = 0, high: int = MAX_SAFE_INTEGER) -> int | None:
        """A whole number, brought between ``low`` and ``high``; None where it is absent."""
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", text):
            raise ApiError(400, "invalid", f"{name} is a whole number, not {text[:100]!r}.", field=name)
        return max(low, min(high, int(text)))

    def limit(self, default: int, most: int) -> int:
        """How many rows; more than the most is the most."""
        given = self.number("limit", low=1, high=most)
        return min(default, most) if given is None else given

    def words(self, name: str, known: Collection[str]) -> list[str] | None:
        """Words between commas, or the name given several times; None where it is absent."""
        words = [word for text in self._handler.get_query_arguments(name) for word in text.split(",") if word]
        for word in words:
            if word not in known:
                allowed = ", ".join(sorted(known))
                raise ApiError(400, "invalid", f"{name} is one of {allowed}, not {word[:100]!r}.", field=name)
        return words or None
