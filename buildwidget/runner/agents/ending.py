"""How a build of an agent ended, from what the agent said and how its process ended. Exit codes alone lie."""

from __future__ import annotations

from buildwidget.protocol.events import Error, StatusEvent
from buildwidget.runner.agents.session import Session
from buildwidget.runner.exit_status import describe_exit


def end_of(session: Session, code: int, stderr: str, *, now_ms: int) -> StatusEvent:
    """The end of a build that nobody stopped.

    Args:
        session: the session, closed.
        code: its process's exit code; minus the signal's number if a signal killed it.
        stderr: the end of what it wrote to its standard error.
        now_ms: the time.
    """
    outcome = session.outcome
    cut_short = code != 0 and not session.finished  # between two turns: the result that it told was not its last
    if outcome is None or (cut_short and outcome.error is None):
        return StatusEvent(at=now_ms, status="failed", exit_code=code, error=_silent(code, stderr))
    if outcome.error is not None:
        return StatusEvent(at=now_ms, status="failed", exit_code=code, error=outcome.error)
    return StatusEvent(at=now_ms, status="succeeded", exit_code=code, summary=outcome.summary)


def _silent(code: int, stderr: str) -> Error:
    """It ended without a word on how: it was killed, crashed, or refused to start."""
    said = stderr.strip()
    told = f" It last said: {said[-1000:]}" if said else ""
    return Error(kind="agent", message=f"The agent ended without a result. {describe_exit(code, said)}{told}")
