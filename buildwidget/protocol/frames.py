"""WebSocket frames: what clients send (decoded strictly) and what the server sends (spliced from stored bytes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from buildwidget.protocol.state import Summary


class Cursor(msgspec.Struct, frozen=True):
    """A place in a log: the epoch tells which history, the seq how far.

    A seq alone is not enough: after a database was restored from yesterday's copy, seq 500 is another event
    than the 500 a page has; the epoch differs, so the page starts again from a snapshot.
    """

    epoch: str
    seq: int


class Subscribe(msgspec.Struct, frozen=True, tag_field="type", tag="subscribe"):
    build: str
    epoch: str | None = None
    seq: int | None = None


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="type", tag="unsubscribe"):
    build: str


class Watch(msgspec.Struct, frozen=True, tag_field="type", tag="watch"):
    project: str | None = None


class Unwatch(msgspec.Struct, frozen=True, tag_field="type", tag="unwatch"):
    pass


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    n: int


ClientFrame: TypeAlias = Subscribe | Unsubscribe | Watch | Unwatch | Ping


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="welcome"):
    protocol: int
    server: str
    database: str
    heartbeat_ms: int
    batch_ms: int


class Builds(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="builds"):
    builds: list[Summary]
    removed: list[str]
    reset: bool


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    heads: dict[str, int]


class Deleted(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="deleted"):
    build: str


class ErrorFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="error"):
    code: str  # not_found | forbidden | bad_frame | limit | unavailable
    message: str
    build: str | None = None


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    n: int


def snapshot_frame(build: str, epoch: str, seq: int, state: bytes) -> bytes:
    """A ``snapshot`` frame around the JSON bytes of a state."""
    return b'{"type":"snapshot","build":%b,"epoch":%b,"seq":%d,"state":%b}' % (
        msgspec.json.encode(build),
        msgspec.json.encode(epoch),
        seq,
        state,
    )


def batch_frame(build: str, epoch: str, first: int, events: Sequence[bytes]) -> bytes:
    """A ``batch`` frame of stored events; ``first`` is the seq of the first (with none: head + 1)."""
    return b'{"type":"batch","build":%b,"epoch":%b,"from":%d,"to":%d,"events":[%b]}' % (
        msgspec.json.encode(build),
        msgspec.json.encode(epoch),
        first,
        first + len(events) - 1,
        b",".join(events),
    )
