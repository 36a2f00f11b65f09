"""A person's answer to a permission prompt: sent once, whoever is first."""

from __future__ import annotations

from typing import Literal

import msgspec

from buildwidget.errors import BuildwidgetError
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.state import PermissionRow
from buildwidget.runner.hidden import hider_for
from buildwidget.store.errors import Ended
from buildwidget.store.store import Store


class AnswerRefused(BuildwidgetError, ValueError):  # noqa: N818 - reads as what it tells
    """The answer is not taken.

    Args:
        message: why, for a person.
        code: the same as a word: ``answered``, ``nothing_asked``, ``unknown_request`` or ``ambiguous``.
        decision: with ``answered``, what was decided: ``allow``, ``deny`` or ``timeout``.
    """

    def __init__(self, message: str, *, code: str, decision: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.decision = decision


class _Prompts(msgspec.Struct):
    """The part of a state that answering needs; the rest is skipped unparsed."""

    status: str
    permissions: list[PermissionRow]


def send_answer(
    store: Store,
    build_id: str,
    decision: Literal["allow", "deny"],
    message: str | None = None,
    request_id: str | None = None,
) -> str:
    """Leaves an answer for the build's runner; gives the prompt that it answers.

    Args:
        store: where the build is.
        build_id: the build.
        decision: what is to become of the call.
        message: told to the agent, with ``***`` for the values of this process's secret variables.
        request_id: which prompt; None where one is open.

    Raises:
        AnswerRefused: it was decided already, or it is unclear what is meant.
        Ended: nobody will read it.
    """
    prompts = msgspec.json.decode(store.hydrate(build_id).state, type=_Prompts)
    row = _prompt(prompts.permissions, request_id)
    if row.decision is not None:
        raise _decided(row.decision)
    if prompts.status in ENDS:
        raise Ended(f"The build has ended: {prompts.status}.")
    shown = hider_for().mask(message) if message else None
    store.send(build_id, "answer", row.request_id, {"decision": decision, "message": shown or None})
    # The store keeps the first answer; of two people who answer at once, one must hear that it was not theirs.
    kept = next(sent.body for sent in store.commands(build_id) if sent.request == row.request_id)
    if kept["decision"] != decision:
        raise _decided(kept["decision"])
    return row.request_id


def _prompt(rows: list[PermissionRow], request_id: str | None) -> PermissionRow:
    if request_id is not None:
        for row in rows:
            if row.request_id == request_id:
                return row
        raise AnswerRefused("The build asked no such question.", code="unknown_request")
    waiting = [row for row in rows if row.decision is None]
    if len(waiting) > 1:
        raise AnswerRefused(f"{len(waiting)} prompts are open; name one with request_id.", code="ambiguous")
    if not rows:
        raise AnswerRefused("The build waits for no answer.", code="nothing_asked")
    return waiting[0] if waiting else rows[-1]


def _decided(decision: str) -> AnswerRefused:
    message = f"This prompt has been decided already: {decision}."
    return AnswerRefused(message, code="answered", decision=decision)
