"""An identity provider whose logins end when a file says so, and which fails when another does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

DIRECTORY = "BUILDWIDGET_TEST_LOGINS"


class RevocableIdentity(IdentityProvider):
    """Jupyter's own, until ``$BUILDWIDGET_TEST_LOGINS/revoked`` exists; raises while ``down`` does."""

    async def get_user(self, handler: RequestHandler) -> Any:
        logins = Path(os.environ[DIRECTORY])
        if (logins / "down").exists():
            raise RuntimeError("the login service does not answer")
        user: User | None = await self._get_user(handler)
        return None if (logins / "revoked").exists() else user
