"""Prompts in which a secret stands: stored without it, and whole again in the build's own process.

Whoever writes the value of a secret variable into a prompt wants the agent to read it; the database is not to. So
the spec keeps ``***`` to show, and beside it the prompt in parts, where the variable stands for its value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from buildwidget.runner.secrets import Masker, secret_values

Part: TypeAlias = str | dict[str, Any]
"""A text, or ``{"secret": variable, "place": which of its values}``."""


def hide_secrets(prompt: str, secrets: Mapping[str, str]) -> tuple[str, list[Part]]:
    """The prompt as it may be stored, and its parts (none where it holds no secret).

    Args:
        prompt: what the user wrote.
        secrets: the secret variables, as ``split_environment`` tells them.
    """
    places = {
        value: {"secret": name, "place": place}
        for name, text in secrets.items()
        for place, value in enumerate(secret_values({name: text}))
    }
    masker = Masker(places)
    found = sorted((value for value in places if value in prompt), key=len, reverse=True)
    if not found:
        return masker.mask(prompt), []
    pieces = re.split(f"({'|'.join(map(re.escape, found))})", prompt)
    return masker.mask(prompt), [places.get(piece) or masker.mask(piece) for piece in pieces if piece]


def whole_prompt(spec: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The prompt of a build's spec as the agent is to read it."""
    parts: Sequence[Part] = spec.get("prompt_parts") or [spec["prompt"]]
    return "".join(part if isinstance(part, str) else _value(part, environment) for part in parts)


def secret_names(parts: Sequence[Part]) -> set[str]:
    """The variables that the parts need."""
    return {part["secret"] for part in parts if isinstance(part, dict)}


def _value(part: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    name = part["secret"]
    values = secret_values({name: environment.get(name, "")})
    return values[part["place"]] if part["place"] < len(values) else "***"
