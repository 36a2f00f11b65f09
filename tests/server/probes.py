"""What the security tests put into a server: an authorizer that obeys a header, and an extension that tells routes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from tornado.routing import PathMatches, Router, RuleRouter
from tornado.web import RequestHandler

ROUTES_FILE = "BUILDWIDGET_TEST_ROUTES"
DENY = "X-Deny"


class ObedientAuthorizer(Authorizer):
    """Denies the actions that a request's own header names; ``raise`` makes it fail."""

    def is_authorized(self, handler: JupyterHandler, user: Any, action: str, resource: str) -> bool:
        denied = handler.request.headers.get(DENY, "").split(",")
        if "raise" in denied and resource == "buildwidget":
            raise RuntimeError("a detail that is nobody's business")
        return resource != "buildwidget" or action not in denied


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.server.probes"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    """Extensions are loaded in the order of their names, so ours is there already."""
    routes = [
        {"pattern": pattern, "handler": handler.__name__, "methods": _methods(handler)}
        for pattern, handler in _walk(serverapp.web_app.default_router)
        if handler.__module__.startswith("jupyter_extension")
    ]
    Path(os.environ[ROUTES_FILE]).write_text(json.dumps(routes))


def _walk(router: Router) -> list[tuple[str, type[RequestHandler]]]:
    found = []
    assert isinstance(router, RuleRouter)
    for rule in router.rules:
        if isinstance(rule.target, Router):
            found += _walk(rule.target)
        elif isinstance(rule.matcher, PathMatches) and isinstance(rule.target, type):
            found.append((rule.matcher.regex.pattern, rule.target))
    return found


def _methods(handler: type[RequestHandler]) -> list[str]:
    unimplemented = RequestHandler._unimplemented_method
    return [name for name in handler.SUPPORTED_METHODS if getattr(handler, name.lower()) is not unimplemented]
