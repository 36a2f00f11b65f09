"""The status route."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from buildwidget import __version__
from buildwidget.protocol.limits import PROTOCOL_VERSION, REDUCER_VERSION
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.services import Services


class StatusHandler(RestHandler):
    """``status``."""

    @allowed("read")
    async def get(self) -> None:
        """Versions, database id, connections, subscriptions, rates, lag."""
        services = await self.services()
        await services.hub.count_active_builds()  # idle pages ask for it now and then
        self.send_json(status_of(services))


def status_of(services: Services) -> dict[str, Any]:
    """What the server knows of itself; totals count from its start (so uptime makes rates of them), times are ms."""
    return {
        "version": __version__,
        "protocol": PROTOCOL_VERSION,
        "reducer": REDUCER_VERSION,
        "server": services.server_id,
        "database": services.store.database_id,
        "history": services.hub.history,
        "owner": services.config.owner,
        "uptime_ms": int((time.monotonic() - services.started) * 1000),
        **dataclasses.asdict(services.hub.stats()),
    }
