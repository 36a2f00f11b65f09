"""Builds: the list, one build's hydration and events, launching and deleting."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from buildwidget.agent_launching import AgentTask, prepare_agent
from buildwidget.launching import Options, prepare, request_again, submit
from buildwidget.protocol.events import Status
from buildwidget.runner.hidden import hider_for
from buildwidget.store.errors import NotFound
from buildwidget.store.records import BuildPage, BuildRecord, EventRange, Hydration
from buildwidget.store.store import Store
from jupyter_extension.config import Config
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.requests import Launch, LaunchAgent, Query, body_of, json_object

_STATUSES: Final = frozenset(get_args(Status))
_LATER: Final = ("notebook",)
"""Kinds of the protocol that this version cannot launch yet."""


def owned(store: Store, owner: str, build_id: str) -> BuildRecord:
    """The build, if it is the owner's; another's is told apart from none by nothing."""
    record = store.record(build_id)
    if record.summary.owner != owner:
        raise NotFound(build_id)
    return record


class BuildsHandler(RestHandler):
    """``builds``."""

    @allowed("read")
    async def get(self) -> None:
        """A page of builds, newest first."""
        services = await self.services()
        query, config = Query(self), services.config
        ask = {
            "status": query.words("status", _STATUSES),
            "project": query.text("project"),
            "q": query.text("q"),
            "retry_of": query.text("retry_of"),
            "limit": query.limit(config.default_builds, config.max_builds),
            "cursor": query.text("cursor"),
        }
        page = await services.run(_page, services.store, config.owner, ask)
        self.send_json({"builds": page.builds, "next_cursor": page.next_cursor})

    @allowed("execute")
    async def post(self) -> None:
        """Launches a build, or finds the one that its key names."""
        services = await self.services()
        body = json_object(self.request.body, services.config.max_body_bytes)
        record, new = await services.act(launch, services.store, services.config, _launch_body(body))
        self.send_json({"build": record.summary}, 201 if new else 200)


def _page(store: Store, owner: str, ask: dict[str, Any]) -> BuildPage:
    try:
        return store.summaries(owner, **{**ask, "project": hider_for().label(ask["project"])})
    except ValueError:
        raise ApiError(400, "invalid", "cursor is not one that this server gave.", field="cursor") from None


def _launch_body(body: dict[str, Any]) -> Launch | LaunchAgent:
    kind = body.get("kind")
    if kind in _LATER:
        raise ApiError(400, "unsupported", f"Builds of kind {kind} cannot be launched here yet.", field="kind")
    if kind == "agent":
        return body_of(body, LaunchAgent)
    if kind != "command":
        raise ApiError(400, "invalid", f'kind is "command" or "agent", not {str(kind)[:100]!r}.', field="kind")
    return body_of(body, Launch)


def launch(store: Store, config: Config, body: Launch | LaunchAgent) -> tuple[BuildRecord, bool]:
    """The build and whether it is new. A relative ``cwd`` (and none) is below the server's root directory."""
    options = Options(
        name=body.name,
        project=body.project,
        key=body.key,
        reuse=body.reuse,
        cwd=_below(config.root_dir, body.cwd),
        env=body.env,
        tags=body.tags,
    )
    if isinstance(body, Launch):
        return submit(store, config.owner, prepare(body.command, (), {}, options))
    task = AgentTask(body.prompt, body.agent, body.model, body.permission, body.operation)
    return submit(store, config.owner, prepare_agent(task, options))


class BuildHandler(RestHandler):
    """``builds/{id}``."""

    @allowed("read")
    async def get(self, build_id: str) -> None:
        """Hydration: the state with its cursor, of one consistent read; 304 where the page has it."""
        services = await self.services()
        wanted = self.request.headers.get("If-None-Match")
        found = await services.run(hydrate, services.store, services.config.owner, build_id, wanted)
        self.set_header("Etag", found if isinstance(found, str) else etag_of(found.epoch, found.seq))
        if isinstance(found, str):
            self.set_status(304)
            self.finish()
            return
        self.send_bytes(hydration_body(found))

    @allowed("write")
    async def delete(self, build_id: str) -> None:
        """Removes a build that has ended and all that is kept of it."""
        services = await self.services()
        await services.act(_delete, services.store, services.config.owner, build_id)
        self.set_status(204)
        self.finish()


def hydrate(store: Store, owner: str, build_id: str, wanted: str | None) -> Hydration | str:
    """The hydration, or its ETag where ``wanted`` (an If-None-Match) names it: then nothing is read or folded."""
    record = owned(store, owner, build_id)
    tag = etag_of(record.epoch, record.head)
    if wanted is not None and tag in (part.strip().removeprefix("W/") for part in wanted.split(",")):
        return tag
    return store.hydrate(build_id)


def etag_of(epoch: str, seq: int) -> str:
    """The ETag of a cursor."""
    return f'"{epoch}:{seq}"'


def hydration_body(found: Hydration) -> bytes:
    """The answer around the stored bytes of a state."""
    return b'{"build":%b,"epoch":%b,"seq":%d,"state":%b}' % (
        msgspec.json.encode(found.build),
        msgspec.json.encode(found.epoch),
        found.seq,
        found.state,
    )


def _delete(store: Store, owner: str, build_id: str) -> None:
    owned(store, owner, build_id)
    store.delete(build_id)


class EventsHandler(RestHandler):
    """``builds/{id}/events``."""

    @allowed("read")
    async def get(self, build_id: str) -> None:
        """A page of the log."""
        services = await self.services()
        query, config = Query(self), services.config
        after = query.number("after") or 0
        limit = query.limit(config.default_events, config.max_events)
        found = await services.run(_events, services.store, config, build_id, after, limit)
        self.send_bytes(events_body(found))


def _events(store: Store, config: Config, build_id: str, after: int, limit: int) -> EventRange:
    owned(store, config.owner, build_id)
    return store.events(build_id, after=after, limit=limit, max_bytes=config.max_page_bytes)


def events_body(found: EventRange) -> bytes:
    """The answer around the stored bytes of events."""
    return b'{"epoch":%b,"from":%d,"to":%d,"head":%d,"events":[%b]}' % (
        msgspec.json.encode(found.epoch),
        found.first,
        found.last,
        found.head,
        b",".join(found.events),
    )


class RetryHandler(RestHandler):
    """``builds/{id}/retry``."""

    @allowed("execute")
    async def post(self, build_id: str) -> None:
        """A new build of the same spec."""
        services = await self.services()
        record, new = await services.act(retry, services.store, services.config.owner, build_id)
        self.send_json({"build": record.summary}, 201 if new else 200)


def retry(store: Store, owner: str, build_id: str) -> tuple[BuildRecord, bool]:
    """The new build; or, not new, the active one that holds the same key."""
    return submit(store, owner, request_again(store, owned(store, owner, build_id)), retry_of=build_id)


def _below(root: str, cwd: str | None) -> str:
    return root if not cwd else cwd if cwd.startswith("~") else str(Path(root, cwd))
