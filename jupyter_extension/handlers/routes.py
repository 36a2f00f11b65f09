"""All routes, below the server's base URL."""

from __future__ import annotations

from typing import Final

from tornado.web import RequestHandler

from jupyter_extension.handlers.actions import AnswerHandler, CancelHandler, FollowUpHandler
from jupyter_extension.handlers.base import UnknownRoute
from jupyter_extension.handlers.builds import BuildHandler, BuildsHandler, EventsHandler, RetryHandler
from jupyter_extension.handlers.content import ArtifactHandler, DisplayHandler, ToolHandler
from jupyter_extension.handlers.log import LogHandler
from jupyter_extension.handlers.metrics import MetricsHandler
from jupyter_extension.handlers.status import StatusHandler
from jupyter_extension.handlers.stream import StreamHandler
from jupyter_extension.handlers.websocket import BuildWebSocket

_BUILD: Final = r"buildwidget/api/builds/([^/]+)"

ROUTES: Final[list[tuple[str, type[RequestHandler]]]] = [
    (r"buildwidget/api/builds", BuildsHandler),
    (_BUILD, BuildHandler),
    (_BUILD + r"/events", EventsHandler),
    (_BUILD + r"/log", LogHandler),
    (_BUILD + r"/metrics", MetricsHandler),
    (_BUILD + r"/tools/([^/]+)", ToolHandler),
    (_BUILD + r"/displays/([^/]+)", DisplayHandler),
    (_BUILD + r"/artifacts/([^/]+)", ArtifactHandler),
    (_BUILD + r"/cancel", CancelHandler),
    (_BUILD + r"/retry", RetryHandler),
    (_BUILD + r"/follow_up", FollowUpHandler),
    (_BUILD + r"/answer", AnswerHandler),
    (r"buildwidget/api/stream", StreamHandler),
    (r"buildwidget/api/status", StatusHandler),
    (r"buildwidget/ws", BuildWebSocket),
    (r"buildwidget/(.*)", UnknownRoute),
]
"""Each pattern with its handler; the last one answers for everything else of ours."""
