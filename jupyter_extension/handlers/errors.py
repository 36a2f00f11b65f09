"""From an exception to the answer a client gets: a status and ``{"error": {code, message, field?}}``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from tornado import web

from buildwidget.errors import LaunchError
from buildwidget.store import errors as store_errors
from jupyter_extension.services import NotReadyError


class ApiError(web.HTTPError):
    """An answer that says no.

    Args:
        status: the HTTP status.
        code: the reason as a word, in snake_case, for programs.
        message: the reason as a sentence, for a person.
        field: the field of the request that is wrong.
        more: what else the error object tells.
    """

    def __init__(self, status: int, code: str, message: str, *, field: str | None = None, **more: Any) -> None:
        super().__init__(status)
        self.body = {"code": code, "message": message, **({"field": field} if field else {}), **more}


_STORE_ERRORS: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (store_errors.NotFound, 404, "not_found"),
    (store_errors.Ended, 409, "ended"),
    (store_errors.StillRunning, 409, "still_running"),
    (store_errors.KeyTaken, 409, "key_taken"),
    (store_errors.StoreError, 503, "unavailable"),
    (NotReadyError, 503, "unavailable"),
)

_LAUNCH_STATUS: Final = {"key_taken": 409, "secret_missing": 409}

_HTTP_CODES: Final = {
    400: ("bad_request", "The request is not understood."),
    403: ("forbidden", "You are not logged in, or not allowed to do this."),
    404: ("not_found", "There is no such route."),
    405: ("method_not_allowed", "This route does not do that."),
    413: ("too_large", "The request is too large."),
}

_INTERNAL: Final = {"code": "internal", "message": "Something went wrong in the server; its log tells what."}


def error_of(status: int, error: BaseException | None) -> tuple[int, dict[str, Any]]:
    """The status and the body that answer for an exception; ``status`` counts where there is none."""
    if isinstance(error, ApiError):
        return error.status_code, {"error": error.body}
    if isinstance(error, LaunchError):
        body = {"code": error.code, "message": str(error), **({"field": error.field} if error.field else {})}
        return _LAUNCH_STATUS.get(error.code, 400), {"error": body}
    for kind, answer, code in _STORE_ERRORS:
        if isinstance(error, kind):
            return answer, {"error": {"code": code, "message": str(error)}}
    if isinstance(error, web.HTTPError):
        return error.status_code, {"error": _http_body(error.status_code, error.log_message)}
    return status, {"error": _http_body(status, None) if status != 500 else dict(_INTERNAL)}


def _http_body(status: int, reason: str | None) -> dict[str, Any]:
    """Jupyter's reason is told where it says who may ask (a missing XSRF token, say); elsewhere it is for its log."""
    if status in _HTTP_CODES:
        code, message = _HTTP_CODES[status]
        return {"code": code, "message": f"{message} ({reason})" if reason and status == 403 else message}
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    return {"code": phrase.lower().replace(" ", "_").replace("-", "_"), "message": f"{phrase}."}
