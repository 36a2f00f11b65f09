"""What a person asks a running build for: cancel, answer, follow up."""

from __future__ import annotations

from typing import Final

from buildwidget import agent_follow_up
from buildwidget.answering import AnswerRefused, send_answer
from buildwidget.launching import submit
from buildwidget.protocol.events import ENDS
from buildwidget.protocol.state import Summary
from buildwidget.store.errors import Ended
from buildwidget.store.records import BuildRecord
from buildwidget.store.store import Store
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.builds import owned
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.requests import Answer, FollowUp, body_of, json_object

_CANCEL: Final = "cancel"
"""One cancel is all a build needs; the store keeps a request only once, so asking again changes nothing."""


class CancelHandler(RestHandler):
    """``builds/{id}/cancel``."""

    @allowed("execute")
    async def post(self, build_id: str) -> None:
        """Asks the build to stop."""
        services = await self.services()
        summary = await services.act(cancel, services.store, services.config.owner, build_id)
        self.send_json({"build": summary}, 202)


def cancel(store: Store, owner: str, build_id: str) -> Summary:
    """The build as it stood when it was asked to stop.

    Raises:
        Ended: there is nothing to stop.
    """
    summary = owned(store, owner, build_id).summary
    if summary.status in ENDS:
        raise Ended(f"The build has ended: {summary.status}.")
    store.send(build_id, "cancel", _CANCEL, {})
    return summary


class AnswerHandler(RestHandler):
    """``builds/{id}/answer``."""

    @allowed("execute")
    async def post(self, build_id: str) -> None:
        """Answers a permission prompt."""
        services = await self.services()
        body = body_of(json_object(self.request.body, services.config.max_body_bytes), Answer)
        request_id = await services.act(answer, services.store, services.config.owner, build_id, body)
        self.send_json({"request_id": request_id, "decision": body.decision}, 202)


def answer(store: Store, owner: str, build_id: str, body: Answer) -> str:
    """Sends the answer; the prompt that it answers.

    Raises:
        ApiError: 409 with the decision where there is nothing left to answer, 400 where it is unclear what is meant.
    """
    owned(store, owner, build_id)
    try:
        return send_answer(store, build_id, body.decision, body.message, body.request_id)
    except AnswerRefused as refused:
        if refused.code in ("unknown_request", "ambiguous"):
            raise ApiError(400, refused.code, str(refused), field="request_id") from None
        raise ApiError(409, refused.code, str(refused), decision=refused.decision) from None
    except Ended as ended:
        raise ApiError(409, "ended", str(ended), decision=None) from None


class FollowUpHandler(RestHandler):
    """``builds/{id}/follow_up``."""

    @allowed("execute")
    async def post(self, build_id: str) -> None:
        """A new build that continues the agent's session, or in which an agent fixes what failed."""
        services = await self.services()
        await services.run(owned, services.store, services.config.owner, build_id)  # what is not there comes first
        body = body_of(json_object(self.request.body, services.config.max_body_bytes), FollowUp)
        record = await services.act(follow_up, services.store, services.config.owner, build_id, body)
        self.send_json({"build": record.summary}, 201)


def follow_up(store: Store, owner: str, build_id: str, body: FollowUp) -> BuildRecord:
    """The new build.

    Raises:
        LaunchError: the build has no session that could go on; with ``autofix``, there is nothing to fix.
    """
    record = owned(store, owner, build_id)
    wanted = agent_follow_up.FollowUp(body.prompt, body.operation, body.permission, body.agent, body.model)
    return submit(store, owner, agent_follow_up.prepare_follow_up(store, record, wanted))[0]
