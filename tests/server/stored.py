"""Builds written straight into a server's database, as a runner in another process would."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from buildwidget.protocol.events import DisplayEvent, Event, Kind, LogEvent, MetaEvent, StatusEvent
from buildwidget.store.appender import Appender
from buildwidget.store.drafts import draft
from buildwidget.store.ids import new_build_id
from buildwidget.store.records import Draft, NewBuild, Payload, ProcessIdentity
from buildwidget.store.store import Store
from tests.server.jupyter_process import OWNER


def now() -> int:
    return int(time.time() * 1000)


class StoredBuild:
    """A build whose writer is this process; so no sweep takes it for lost."""

    def __init__(
        self,
        store: Store,
        *,
        owner: str = OWNER,
        kind: Kind = "command",
        key: str | None = None,
        spec: dict[str, Any] | None = None,
        **meta: Any,
    ) -> None:
        self.store = store
        self.id = new_build_id()
        first = [StatusEvent(at=now(), status="queued"), MetaEvent(at=now(), **{"name": "a build", **meta})]
        store.create(
            NewBuild(self.id, owner, kind, now(), spec or {}, key=key, slotted=False), [draft(event) for event in first]
        )
        store.set_process(self.id, ProcessIdentity.of(os.getpid()))
        self._appender: Appender | None = None

    def append(self, *events: Event) -> StoredBuild:
        return self.append_drafts([draft(event) for event in events])

    def append_drafts(self, drafts: Sequence[Draft]) -> StoredBuild:
        if self._appender is None:
            self._appender = self.store.claim(self.id, ProcessIdentity.of(os.getpid()))
            self._appender.append([draft(StatusEvent(at=now(), status="running"))])
        self._appender.append(drafts)
        return self

    def log(self, *lines: str, first: int = 1) -> StoredBuild:
        return self.append(LogEvent(at=now(), first=first, lines=[("stdout", line) for line in lines]))

    def end(self, status: Any = "succeeded") -> StoredBuild:
        return self.append(StatusEvent(at=now(), status=status))

    def display(self, display_id: str, mime: str, content: bytes) -> StoredBuild:
        event = DisplayEvent(at=now(), id=display_id, mime=mime, size=len(content))
        return self.append_drafts([Draft(event, (Payload("display", display_id, mime, content),))])
