"""Ending builds whose runner is gone, and what such a runner left behind on this host."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from buildwidget.protocol.events import ENDS, Error, StatusEvent
from buildwidget.runner.build_dir import build_dir, remove_noted_socket, runner_log_tail
from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.process_tree import kill_leftovers
from buildwidget.runner.sessions import forget_note, members, read_note
from buildwidget.store.drafts import draft
from buildwidget.store.errors import Ended, Fenced, NotFound
from buildwidget.store.process import this_host
from buildwidget.store.records import BuildRecord, ProcessIdentity
from buildwidget.store.spool import SPOOL_FILE, take_spool
from buildwidget.store.store import Store

_ACTIVE: Final = ("queued", "running")


def sweep(store: Store, observer: LeaseObserver) -> list[str]:
    """End every lost build of the database, of all owners; gives their ids.

    Takes no time where nothing is lost; else up to some seconds, for leftover processes that do not end at once.

    Raises:
        Unavailable: the database cannot be read or written now; the next sweep goes on.
    """
    records = store.records_by_status(None, _ACTIVE)
    observer.forget_others({record.summary.id for record in records})
    lost = []
    for record in records:
        reason = observer.judge(record)
        if reason is not None and _end(store, record, reason):
            lost.append(record.summary.id)
    return lost


def _end(store: Store, record: BuildRecord, reason: str) -> bool:
    build_id = record.summary.id
    # Claimed in the lost runner's name: should this process fail before the end is written, the next sweep
    # still sees a runner that is gone, and not this process, which lives on.
    claimed_as = record.process or ProcessIdentity(host=this_host(), boot="", pid=0, created=0.0)
    try:
        appender = store.claim(build_id, claimed_as, expected_generation=record.generation)
        ended = _kill_leftovers(build_id) if claimed_as.is_here() else 0
        spool = build_dir(build_id) / SPOOL_FILE
        taken = take_spool(spool, appender)
        if taken and appender.state.status in ENDS:
            remove_noted_socket(build_id)
            return False  # it ended while the database was away, as its runner has written down
        appender.begin_epoch()
        appender.append([draft(_lost(record, reason, ended, spool if spool.exists() else None))])
    except (Fenced, Ended, NotFound):
        return False  # it lives after all, or another sweep was faster
    remove_noted_socket(build_id)
    return True


def _kill_leftovers(build_id: str) -> int:
    note = read_note(build_id)
    killed = kill_leftovers(build_id, list_known=lambda: members(note) if note is not None else ())
    forget_note(build_id)
    return killed


def _lost(record: BuildRecord, reason: str, ended: int, spool: Path | None) -> StatusEvent:
    known = [reason]
    if spool is not None:
        known.append(f"Events that it could not store are in {spool}; they do not follow this log.")
    if ended:
        known.append(
            f"{ended} process{'es' if ended > 1 else ''} it left behind {'were' if ended > 1 else 'was'} ended."
        )
    words = runner_log_tail(record.summary.id)
    return StatusEvent(
        at=time.time_ns() // 1_000_000,
        status="lost",
        error=Error(kind="lost", message=" ".join(known), traceback=words or None),
    )
