"""What Claude Code's results say: of a call, and of the whole run."""

from __future__ import annotations

from typing import Any

from buildwidget.protocol.events import Error
from buildwidget.runner.agents.credentials import told_of_refusal


def error_of(message: dict[str, Any]) -> Error:
    """Why it failed. An API failure calls itself a success, and tells the failure as its result."""
    subtype = str(message.get("subtype") or "error")
    # What an interrupted run calls an error is a note of its makers to themselves.
    errors = [str(error) for error in message.get("errors") or () if not str(error).startswith("[ede_diagnostic]")]
    if subtype == "error_during_execution" and not errors:
        return Error(kind=subtype, message="Claude Code was interrupted while it worked.")
    text = "; ".join(errors) or str(message.get("result") or "").strip()
    kind = str(message.get("api_error_type") or "api_error") if subtype == "success" else subtype
    error = Error(kind=kind, message=text or f"Claude Code ended with {kind}.")
    return told_of_refusal("claude-code", error, message.get("api_error_status")) if subtype == "success" else error


def rejected_calls(message: dict[str, Any]) -> set[str]:
    """The calls that were denied and not carried out, as the line of their results says. The first word counts."""
    decisions: dict[Any, Any] = {}
    for meta in message.get("tool_result_meta") or ():
        if isinstance(meta, dict):
            decisions.setdefault(str(meta.get("id")), (meta.get("permission_decision") or {}).get("decision"))
    return {call for call, decision in decisions.items() if decision == "reject"}


def text_of(content: Any) -> str:
    """The content of a result as text."""
    if isinstance(content, list):
        parts = [
            part.get("text") or f"[{part.get('type')}]" if isinstance(part, dict) else str(part) for part in content
        ]
        return "\n".join(parts)
    return "" if content is None else str(content)
