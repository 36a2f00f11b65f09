"""Commands and prompts in which a secret stands: stored without it, and whole again in the build's own process.

Whoever writes the value of a secret variable into a command or a prompt wants it to be used; the database is not to
have it. So the spec keeps ``***`` to show, and beside it the text in parts, where the variable stands for its value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from buildwidget.runner.secrets import Masker, secret_values, spellings

Part: TypeAlias = str | dict[str, Any]
"""A text, or ``{"secret": variable, "place": which of its values and their spellings}``."""


def hide_secrets(text: str, secrets: Mapping[str, str]) -> tuple[str, list[Part]]:
    """The text as it may be stored, and its parts (none where it holds no secret).

    Args:
        text: what the user wrote.
        secrets: the secret variables, as ``split_environment`` tells them.
    """
    places = {
        secret: {"secret": name, "place": place}
        for name, value in secrets.items()
        for place, secret in enumerate(_values(name, value))
    }
    masker = Masker(places)
    found = sorted((value for value in places if value in text), key=len, reverse=True)
    if not found:
        return text, []
    pieces = re.split(f"({'|'.join(map(re.escape, found))})", text)
    return masker.mask(text), [places.get(piece, piece) for piece in pieces if piece]


def whole_text(shown: str, parts: Sequence[Part] | None, environment: Mapping[str, str]) -> str:
    """The text as it is to be used, from what ``hide_secrets`` gave."""
    pieces = parts or [shown]
    return "".join(part if isinstance(part, str) else _value(part, environment) for part in pieces)


def hide_in_command(
    command: str | list[str], secrets: Mapping[str, str]
) -> tuple[str | list[str], list[list[Part]] | None]:
    """The command as it may be stored, and the parts of each of its words (of a shell line: of the one line).

    No parts (None) where it holds no secret.
    """
    words = [command] if isinstance(command, str) else command
    hidden = [hide_secrets(word, secrets) for word in words]
    if not any(parts for _, parts in hidden):
        return command, None
    shown = [text for text, _ in hidden]
    return shown[0] if isinstance(command, str) else shown, [parts for _, parts in hidden]


def whole_command(spec: Mapping[str, Any], environment: Mapping[str, str]) -> str | list[str]:
    """The command of a build's spec as it is to be run."""
    shown = spec["command"]
    words = [shown] if isinstance(shown, str) else shown
    parts = spec.get("command_parts") or [None] * len(words)
    whole = [whole_text(word, each, environment) for word, each in zip(words, parts, strict=True)]
    return whole[0] if isinstance(shown, str) else whole


def secret_names(parts: Sequence[Part]) -> set[str]:
    """The variables that the parts need."""
    return {part["secret"] for part in parts if isinstance(part, dict)}


def _value(part: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    name = part["secret"]
    values = _values(name, environment.get(name, ""))
    return values[part["place"]] if part["place"] < len(values) else "***"


def _values(name: str, value: str) -> list[str]:
    return [spelling for secret in secret_values({name: value}) for spelling in sorted(spellings(secret))]
