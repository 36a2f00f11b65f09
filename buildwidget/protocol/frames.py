"""WebSocket frames: what clients send (decoded strictly) and what the server sends (spliced from stored bytes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from buildwidget.protocol.events import Count, Integer
from buildwidget.protocol.state import State, Summary


class Cursor(msgspec.Struct, frozen=True):
    """A place in a log: the epoch tells which history, the seq how far.

    A seq alone is not enough: after a database was restored from yesterday's copy, seq 500 is another event
    than the 500 a page has; the epoch differs, so the page starts again from a snapshot.
    """

    epoch: str
    seq: Count


class Subscribe(msgspec.Struct, frozen=True, tag_field="type", tag="subscribe"):
    """With a cursor: batches from the next event on, or a snapshot; without: a snapshot.

    Again for the same build: replaces the subscription.
    """

    build: str
    epoch: str | None = None
    seq: Count | None = None


class Unsubscribe(msgspec.Struct, frozen=True, tag_field="type", tag="unsubscribe"):
    """Ends a subscription; none there is no error."""

    build: str


class Watch(msgspec.Struct, frozen=True, tag_field="type", tag="watch"):
    """Asks for the list of builds and its changes, of one project or of all."""

    project: str | None = None


class Unwatch(msgspec.Struct, frozen=True, tag_field="type", tag="unwatch"):
    """Ends the watch."""


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Answered by a ``pong`` with the same ``n``."""

    n: Integer


ClientFrame: TypeAlias = Subscribe | Unsubscribe | Watch | Unwatch | Ping


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Replaces whatever the client has. Sent by ``snapshot_frame``; here for the schema and for readers."""

    build: str
    epoch: str
    seq: Count
    state: State


class Batch(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="batch", rename={"first": "from", "last": "to"}
):
    """Events ``from`` .. ``to``; an empty one has ``from = to + 1``. Sent by ``batch_frame``.

    The events are any JSON values to the reader: those of a later version are skipped one by one.
    """

    build: str
    epoch: str
    first: Count
    last: Count
    events: list[Any]


class Welcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="welcome"):
    """The first frame on every connection.

    ``history`` is another one where what the client has may no longer be in the database: the server was restarted,
    or its database was replaced or restored. The client then reads everything anew.
    """

    protocol: int
    server: str
    database: str
    heartbeat_ms: int
    batch_ms: int
    history: str | None = None


class Builds(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="builds"):
    """The list of builds: first, with ``reset``, all active and the newest 50; then changes only."""

    builds: list[Summary]
    removed: list[str]
    reset: bool


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """The last seq sent on this connection, per build."""

    heads: dict[str, int]


class Deleted(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="deleted"):
    """The build is gone; ends the subscription."""

    build: str


class ErrorFrame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="error"):
    """With ``build``: ends that subscription."""

    code: Literal["not_found", "forbidden", "bad_frame", "limit", "unavailable"]
    message: str
    build: str | None = None


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """The answer to a ``ping``."""

    n: Integer


ServerFrame: TypeAlias = Welcome | Builds | Heartbeat | Deleted | ErrorFrame | Pong


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
