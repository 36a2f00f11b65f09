"""Why a WebSocket was closed, as data: what the server closes with, and what a client does then.

``core/protocol/close_codes.gen.ts`` is generated from this table.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class CloseCode(NamedTuple):
    """One way a connection ends. ``come_back``: the client connects again, with its cursors."""

    code: int
    name: str
    meaning: str
    come_back: bool


GOING_AWAY: Final = CloseCode(1001, "going_away", "the server or the page goes away", come_back=True)
NO_STATUS: Final = CloseCode(1005, "no_status", "closed without a code", come_back=True)
ABNORMAL: Final = CloseCode(1006, "abnormal", "the connection broke, or was never made", come_back=True)
RESTART: Final = CloseCode(1012, "restart", "the server restarts", come_back=True)
SLOW: Final = CloseCode(4100, "slow", "the client did not keep up", come_back=True)
HEARTBEAT_TIMEOUT: Final = CloseCode(4101, "heartbeat_timeout", "nothing was heard for too long", come_back=True)
SHUTTING_DOWN: Final = CloseCode(
    4102, "shutting_down", 'the server shuts down; the reason is {"retry_ms": n}', come_back=True
)
BAD_FRAME: Final = CloseCode(4500, "bad_frame", "the client sent what is not a frame", come_back=False)
UNAUTHORIZED: Final = CloseCode(4501, "unauthorized", "the user may not look at builds", come_back=False)
PROTOCOL_TOO_OLD: Final = CloseCode(4503, "protocol_too_old", "the page must be reloaded", come_back=False)

CLOSE_CODES: Final = (
    GOING_AWAY,
    NO_STATUS,
    ABNORMAL,
    RESTART,
    SLOW,
    HEARTBEAT_TIMEOUT,
    SHUTTING_DOWN,
    BAD_FRAME,
    UNAUTHORIZED,
    PROTOCOL_TOO_OLD,
)

_BY_CODE: Final = {entry.code: entry for entry in CLOSE_CODES}


def comes_back(code: int) -> bool:
    """Whether a client closed with ``code`` connects again.

    Codes of a later version follow their range: 4500 to 4599 are final. Codes of the standard that are not in
    the table come from proxies and browsers and say nothing about us, so they mean come back.
    """
    known = _BY_CODE.get(code)
    return known.come_back if known else not 4500 <= code <= 4599
