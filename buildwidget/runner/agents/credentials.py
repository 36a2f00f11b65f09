"""Whether an agent could log in, as far as can be told without asking anybody. Nothing secret is read or kept."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import Error

_CLAUDE_VARIABLES: Final = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
)
_OPENAI_URL: Final = "https://api.openai.com/v1"


def missing_credentials(agent: str, environment: Mapping[str, str]) -> str | None:
    """What is missing and how to come by it, as a sentence; None if the agent may be able to log in."""
    if agent == "codex":
        return None if _codex_can_log_in(environment) else _CODEX_MISSING
    return None if _claude_can_log_in(environment) else _CLAUDE_MISSING


_CLAUDE_MISSING: Final = (
    "Claude Code has no credentials here: set ANTHROPIC_API_KEY, or log in once by running `claude` in a terminal."
)
_CODEX_MISSING: Final = (
    "Codex has no credentials here: set OPENAI_API_KEY, or log in once by running `codex login` in a terminal."
)


_REFUSED: Final = {
    "claude-code": "Check ANTHROPIC_API_KEY, or log in again by running `claude` in a terminal.",
    "codex": "Check OPENAI_API_KEY, or log in again by running `codex login` in a terminal.",
}
_UNAUTHORIZED: Final = re.compile(r"401 unauthorized|invalid api key|incorrect api key", re.IGNORECASE)


def told_of_refusal(agent: str, error: Error, status: int | None = None) -> Error:
    """The error; where the model server refused the credentials (HTTP 401), with what can be done about it."""
    if status != 401 and not _UNAUTHORIZED.search(error.message):
        return error
    message = f"{error.message.rstrip('.')}. The model server refused the credentials. {_REFUSED[agent]}"
    return Error(kind="credentials", message=message)


def codex_options(environment: Mapping[str, str]) -> list[str]:
    """Options that let Codex use ``OPENAI_API_KEY``, which by itself it does not, where nothing else is set up."""
    if "OPENAI_API_KEY" not in environment or _codex_is_set_up(environment):
        return []
    url = environment.get("OPENAI_BASE_URL") or _OPENAI_URL
    provider = {"name": '"OpenAI"', "base_url": f'"{url}"', "wire_api": '"responses"', "env_key": '"OPENAI_API_KEY"'}
    table = ",".join(f"{name}={value}" for name, value in provider.items())
    return ["-c", "model_provider=openai_key", "-c", f"model_providers.openai_key={{{table}}}"]


def _claude_can_log_in(environment: Mapping[str, str]) -> bool:
    if sys.platform == "darwin" or any(environment.get(name) for name in _CLAUDE_VARIABLES):
        return True  # on macOS a login is in the keychain, which nobody is asked about here
    home = _home(environment)
    config = Path(environment.get("CLAUDE_CONFIG_DIR") or home / ".claude")
    login = any(_mentions(place / ".claude.json", "oauthAccount", "primaryApiKey") for place in (home, config))
    settings = _mentions(config / "settings.json", "apiKeyHelper", *_CLAUDE_VARIABLES)  # which may set variables too
    return (config / ".credentials.json").exists() or settings or login


def _codex_can_log_in(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("OPENAI_API_KEY")) or _codex_is_set_up(environment)


def _codex_is_set_up(environment: Mapping[str, str]) -> bool:
    directory = Path(environment.get("CODEX_HOME") or _home(environment) / ".codex")
    return (directory / "auth.json").exists() or _mentions(directory / "config.toml", "model_provider")


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())


def _mentions(path: Path, *words: str) -> bool:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return False
    return any(word in text for word in words)
