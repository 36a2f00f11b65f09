"""Whether who opened a connection may still look: connections live for days, and logins end."""

from __future__ import annotations

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler

from jupyter_extension.handlers.base import is_allowed


async def may_stay(handler: JupyterHandler) -> bool:
    """Asks identity provider and authorizer about the handler's request anew.

    A token in the request is not asked about: the server's own lives as long as the server, and Jupyter would write a
    line into its log each time. Where the answer cannot be had now (a Hub that restarts) the connection stays.
    """
    if handler.token_authenticated:
        return True
    # A handler remembers who its user was, so the question needs another one; it never answers anything.
    again = type(handler)(handler.application, handler.request)
    try:
        user = await ensure_async(again.identity_provider.get_user(again))
        if user is None:
            return False
        again.current_user = user
        return await is_allowed(again, "read")
    except Exception as error:  # noqa: BLE001 - identity providers and authorizers are anybody's code
        handler.log.warning("could not ask whether a connection may stay: %s", type(error).__name__)
        return True
