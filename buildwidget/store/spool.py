"""What a writer could not store, kept in a file until the database is there again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from buildwidget.protocol import codec
from buildwidget.store.appender import Appender
from buildwidget.store.records import Draft, Payload

SPOOL_FILE: Final = "spool.msgpack"
MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""A larger file was not made by a writer, whose spool is bounded (writer.SPOOL_BYTES)."""


class _Spooled(msgspec.Struct, array_like=True):
    """One event as JSON, and what is stored beside it."""

    event: bytes
    payloads: tuple[Payload, ...]


class _Spool(msgspec.Struct):
    """The events that follow ``seq`` of the log of history ``epoch``."""

    build: str
    epoch: str
    seq: int
    events: list[_Spooled]


def keep_spool(path: Path, appender: Appender, drafts: Sequence[Draft]) -> Path:
    """Write the drafts that follow the appender's head to a file of mode 0600; returns the path.

    Raises:
        OSError: the file cannot be written.
    """
    events = [_Spooled(codec.encode_event(fit.event), fit.payloads) for fit in drafts]
    spool = _Spool(appender.build_id, appender.epoch, appender.head, events)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.msgpack.encode(spool))
    return path


def take_spool(path: Path, appender: Appender) -> bool:
    """Append what a spool file of this build has, if it follows the log's head; the file is then removed.

    Returns:
        Whether it was appended. False: there is no such file, it cannot be read, or it follows another history.

    Raises:
        StoreError: the database refused it; the file stays.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return False
        spool = msgspec.msgpack.decode(path.read_bytes(), type=_Spool)
    except (OSError, msgspec.MsgspecError):
        return False
    if (spool.build, spool.epoch, spool.seq) != (appender.build_id, appender.epoch, appender.head):
        return False
    drafts = [fit for each in spool.events if (fit := _draft(each)) is not None]
    if drafts:
        appender.append(drafts)
    path.unlink(missing_ok=True)
    return True


def _draft(spooled: _Spooled) -> Draft | None:
    event = codec.decode_event(spooled.event)
    return None if event is None else Draft(event, spooled.payloads, clean=True)
