"""Frames of the server as the clients of the soak read them: the bytes of events and states stay as they came."""

from __future__ import annotations

from typing import Any

import msgspec


class Frame(msgspec.Struct, rename={"first": "from", "last": "to"}):
    """Any frame, hydration or page of events; what its type does not have is empty."""

    type: str = ""
    build: str | None = None
    epoch: str = ""
    seq: int = 0
    state: msgspec.Raw = msgspec.Raw()
    first: int = 0
    last: int = 0
    head: int = 0
    events: list[msgspec.Raw] = []
    heads: dict[str, int] = {}
    history: str | None = None
    code: str = ""
    message: str = ""

    @property
    def bodies(self) -> list[bytes]:
        """The events."""
        return [bytes(event) for event in self.events]


_decode = msgspec.json.Decoder(Frame).decode


def read(data: bytes) -> Frame:
    """The frame in these bytes."""
    return _decode(data)


def write(**frame: Any) -> bytes:
    """A frame of a client."""
    return msgspec.json.encode(frame)
