"""What all routes share: authentication, authorization, and errors that are always JSON and never a traceback."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeVar

import msgspec
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from jupyter_extension.handlers.errors import ApiError, error_of
from jupyter_extension.services import Services, services_of

RESOURCE: Final = "buildwidget"
"""The resource that an authorizer is asked about."""

Action = Literal["read", "execute", "write"]
"""read: look; execute: launch, cancel, answer; write: delete."""

Method = TypeVar("Method", bound=Callable[..., Awaitable[None]])


async def is_allowed(handler: JupyterHandler, action: Action) -> bool:
    """Whether the server's authorizer lets the handler's user do ``action`` with builds."""
    answer = handler.authorizer.is_authorized(handler, handler.current_user, action, RESOURCE)
    return bool(await ensure_async(answer))


def allowed(action: Action) -> Callable[[Method], Method]:
    """A method only for those who are logged in and whom the authorizer lets do ``action``; others get 403."""

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        async def checked(self: RestHandler, *args: str, **kwargs: str) -> None:
            if not await is_allowed(self, action):
                raise ApiError(403, "forbidden", f"You are not authorized to {action} builds on this server.")
            await method(self, *args, **kwargs)

        # Outermost, so that Jupyter's own check of every handler recognizes it.
        return web.authenticated(checked)  # type: ignore[return-value] # tornado types it for plain functions

    return decorate


class JsonErrors(JupyterHandler):
    """Errors in the protocol's form, a log that holds no secrets, and the check of origins; before all other bases."""

    def skip_check_origin(self) -> bool:
        """Whether a page of any origin may ask: only with a token in the header, which no page sends by itself.

        Jupyter takes a token in the URL or in a form for the same. But URLs leak (history, logs, links), and a page of
        a foreign origin could use one. Requests without an Origin, as scripts send them, pass either way.
        """
        given = self.request.arguments.get("token", ())
        return not any(token.strip() for token in given) and super().skip_check_origin()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Errors are JSON of one shape, whatever went wrong."""
        status, body = error_of(status_code, kwargs.get("exc_info", (None, None, None))[1])
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        if status == 503:
            self.set_header("Retry-After", "1")
        self.finish(msgspec.json.encode(body))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """One line without the query, which may hold a token; a traceback only for what nobody foresaw."""
        status, body = error_of(500, value)
        message, args = "%s %s: %s", (self.request.method, self.request.path, body["error"]["message"])
        if body["error"]["code"] == "internal":
            self.log.error(message, *args, exc_info=(typ, value, tb))
        elif status >= 500:
            self.log.warning(message, *args)
        else:
            self.log.debug(message, *args)


class RestHandler(JsonErrors, APIHandler):
    """The base of every REST route."""

    auth_resource = RESOURCE

    async def services(self) -> Services:
        """The server's services; NotReadyError (503) while the database cannot be used."""
        return await services_of(self.settings)

    async def prepare(self) -> None:  # type: ignore[override] # Jupyter's own base does the same
        """Checks host, user, XSRF and origin as Jupyter does."""
        try:
            await super().prepare()
        except web.HTTPError as error:
            if error.status_code != 404:
                raise
            # So Jupyter refuses another origin; a page that asks why its socket failed must not think of a wrong URL.
            raise ApiError(403, "foreign_origin", "A page of another origin may not ask this server.") from None
        # A proxy may not keep what one user saw for the next.
        self.set_header("Cache-Control", "private, no-cache")

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """A part of the path that is not UTF-8 names nothing."""
        try:
            return super().decode_argument(value, name)
        except web.HTTPError:
            if name is None:
                raise ApiError(404, "not_found", "There is no such build.") from None
            raise ApiError(400, "bad_request", f"{name} is not UTF-8.", field=name) from None

    def compute_etag(self) -> str | None:
        """Only what a route sets itself: Tornado would hash every page."""
        return self._headers.get("Etag")

    def send_json(self, value: Any, status: int = 200) -> None:
        """Answers with a value as JSON."""
        self.send_bytes(msgspec.json.encode(value), status)

    def send_bytes(self, body: bytes, status: int = 200) -> None:
        """Answers with JSON that is encoded already: what is stored is spliced, never parsed and written again."""
        self.set_status(status)
        self.finish(body, set_content_type="application/json")

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answers with an error; a body that is under way already is cut off, so that it does not look whole."""
        if self._headers_written:
            self.log_exception(*kwargs.get("exc_info", (None, None, None)))
            self.request.connection.close()  # type: ignore[union-attr] # HTTP1Connection has it, its interface not
            self._finished = True
            return
        super().send_error(status_code, **kwargs)


class UnknownRoute(RestHandler):
    """Whatever else is asked below the API: 404 in JSON, where Jupyter would answer with a page."""

    @allowed("read")
    async def get(self, *_: str) -> None:
        """No such route."""
        raise ApiError(404, "not_found", "There is no such route.")

    post = put = patch = delete = head = get
