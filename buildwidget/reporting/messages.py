"""What a process of a build tells its runner: one tagged union, sent as MessagePack over a Unix socket.

Most messages are the protocol's own events. The others need the runner to become events: it alone knows the
build's whole list of todos and the number of the next log line.

On the socket a frame is four bytes of length (big endian) and a MessagePack array of messages. A ``Sync`` is
answered by its number as eight bytes, when everything sent before it was handed to the build's writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from buildwidget.protocol.codec import clean_event
from buildwidget.protocol.events import (
    ArtifactEvent,
    MetricEvent,
    ProgressEvent,
    Stream,
    TextEvent,
    TodoStatus,
    ToolEvent,
    UsageEvent,
)
from buildwidget.reporting.values import plain

SOCKET_VARIABLE: Final = "BUILDWIDGET_REPORT_SOCKET"
"""The environment variable that names the Unix socket of the build's runner."""

MAX_FRAME_BYTES: Final = 32 * 1024 * 1024
"""Longer than the longest message (8 MiB of content and its fields); a longer frame is not one of ours."""


class TodoReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One todo as the program names it; what it leaves out stays as the build has it."""

    content: str
    id: str | None = None
    status: TodoStatus | None = None
    active_form: str | None = None


class TodosReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="todos"):
    """The whole plan."""

    at: int
    todos: list[TodoReport]


class StepStarted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="step_started"):
    """A step began; ``step`` is unique in the build, ``parent`` the step it began in."""

    at: int
    step: str
    content: str
    active_form: str | None = None
    parent: str | None = None


class StepEnded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="step_ended"):
    """A step ended, ``failed`` with an exception."""

    at: int
    step: str
    failed: bool = False


class LogReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="log"):
    """Text for the build's log, of one or more lines."""

    at: int
    text: str
    stream: Stream = "stdout"


class DisplayReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="display"):
    """A figure or table with its content."""

    at: int
    id: str
    mime: str
    content: bytes
    title: str | None = None


class Sync(msgspec.Struct, frozen=True, tag_field="type", tag="sync"):
    """Asks for an answer once everything before it was taken over."""

    number: int


Message: TypeAlias = (
    TodosReport
    | StepStarted
    | StepEnded
    | LogReport
    | DisplayReport
    | Sync
    | ArtifactEvent
    | MetricEvent
    | ProgressEvent
    | TextEvent
    | ToolEvent
    | UsageEvent
)

_encoder = msgspec.msgpack.Encoder(enc_hook=plain)
_decoder: msgspec.msgpack.Decoder[list[Message]] = msgspec.msgpack.Decoder(list[Message])


def encode_message(message: Message) -> bytes:
    """The message's bytes, whatever values the program put into it."""
    try:
        return _encoder.encode(message)
    except (ValueError, TypeError, OverflowError, RecursionError):
        # Lone surrogates, integers over 64 bits, or nesting that MessagePack has no form for.
        return _encoder.encode(clean_event(message))


def frame(messages: Sequence[bytes]) -> bytes:
    """One frame of encoded messages."""
    size = sum(map(len, messages)) + 5
    return b"".join((size.to_bytes(4, "big"), b"\xdd", len(messages).to_bytes(4, "big"), *messages))


def decode_messages(body: bytes | memoryview) -> list[Message]:
    """The messages of a frame's body; ``msgspec.MsgspecError`` if it is not one of ours."""
    return _decoder.decode(body)
