"""From what a build's processes report to the events of its log."""

from __future__ import annotations

import dataclasses
import re
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Final

import msgspec

from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Event,
    LogEvent,
    LogLine,
    MetricEvent,
    ProgressEvent,
    TextEvent,
    TextKind,
    TodosEvent,
)
from buildwidget.protocol.metadata import label
from buildwidget.reporting.messages import (
    DisplayReport,
    LogReport,
    Message,
    StepEnded,
    StepStarted,
    Sync,
    TodosReport,
)
from buildwidget.runner.artifact_paths import ArtifactPaths
from buildwidget.runner.paths import below
from buildwidget.runner.reported_bars import ReportedBars
from buildwidget.runner.secrets import Masker, StreamMasker
from buildwidget.runner.todo_list import TodoList
from buildwidget.store.drafts import draft
from buildwidget.store.records import Draft, Payload

MAX_POINTS: Final = 500
"""Points of one metric that came together travel in events of at most so many."""

_MAX_OPEN_TEXTS: Final = 1_000
_BINARY_MIMES: Final = re.compile(r"(?:image/(?!svg)|audio/|video/|font/|application/(?:octet-stream|pdf|zip|gzip))")
"""What else is shown is text."""


@dataclasses.dataclass(slots=True)
class _Text:
    """A text that grows piece by piece."""

    masker: StreamMasker
    kind: TextKind
    at: int


class ReportIntake:
    """A sink (``report.use_sink``) that writes events. Thread-safe: reports of all processes meet here.

    Args:
        write: takes each draft, in order; ``Writer.write``.
        masker: replaces secret values; None where there are none.
        cwd: the build's working directory, which artifacts' paths are relative to where they lie below it.
        build_id: the build, in whose directory is kept how to find artifacts with a secret in their path; None: there
            is none, and nothing is kept.
    """

    def __init__(
        self,
        write: Callable[[Draft], object],
        *,
        masker: Masker | None = None,
        cwd: str | None = None,
        build_id: str | None = None,
    ) -> None:
        self._write = write
        self._masker = masker
        self._cwd = cwd
        self._paths = ArtifactPaths(build_id, masker) if masker and build_id is not None else None
        self._todos = TodoList()
        self._bars = ReportedBars()
        self._texts: dict[str, _Text] = {}
        self._lock = threading.RLock()  # a signal handler may report in the middle of a report

    def send(self, message: Message) -> None:
        """Write one report; raises what ``write`` raises."""
        self.send_all([message])

    def send_all(self, messages: Sequence[Message]) -> None:
        """Write reports that arrived together; metric points among them are joined per metric."""
        with self._lock:
            for message in join_points(messages):
                if isinstance(message, ProgressEvent):
                    for event in self._bars.take(message):
                        self._take(event)
                elif not isinstance(message, Sync):
                    self._take(message)

    def finish(self) -> None:
        """The end of all reports: text that was held back, because it could have been the beginning of a secret."""
        with self._lock:
            while self._texts:
                self._finish_oldest_text()

    def _finish_oldest_text(self) -> None:
        identity = next(iter(self._texts))
        text = self._texts.pop(identity)
        rest = text.masker.finish().decode("utf-8", "replace")
        if rest:
            event = TextEvent(at=text.at, id=identity, kind=text.kind, delta=rest)
            self._write(draft(self._masker.mask_event(event) if self._masker else event))

    def _take(self, message: Message) -> None:
        try:
            ready = self._draft(message)
        except ValueError as error:  # no event can hold it: what else the program reports is not lost with it
            sys.stderr.write(f"a report could not be stored: {error}\n")
        else:
            self._write(ready)

    def _draft(self, message: Message) -> Draft:
        if isinstance(message, DisplayReport):
            return self._display(message)
        if isinstance(message, TextEvent) and self._masker:
            return draft(self._masked_text(message))
        event: Event
        if isinstance(message, TodosReport):
            event = TodosEvent(at=message.at, todos=self._todos.replace(message.todos))
        elif isinstance(message, StepStarted):
            event = TodosEvent(at=message.at, todos=self._todos.start(message))
        elif isinstance(message, StepEnded):
            event = TodosEvent(at=message.at, todos=self._todos.end(message))
        elif isinstance(message, LogReport):
            # Masked before it is cut into lines: a secret may go over several.
            text = self._masker.mask(message.text) if self._masker else message.text
            lines: list[LogLine] = [(message.stream, line) for line in text.splitlines() or [""]]
            event = LogEvent(at=message.at, first=1, lines=lines)  # the appender numbers them
        elif isinstance(message, ArtifactEvent):
            event = msgspec.structs.replace(message, path=relative_path(message.path, self._cwd))
            if self._paths is not None:
                return draft(self._paths.mask(event))
        else:
            assert not isinstance(message, Sync)
            event = message
        return draft(self._masker.mask_event(event) if self._masker else event)

    def _display(self, message: DisplayReport) -> Draft:
        content, masker = message.content, self._masker
        if masker and not _BINARY_MIMES.match(message.mime):
            text = content.decode("utf-8", "surrogateescape")
            masked = masker.mask(text)
            content = content if masked is text else masked.encode("utf-8", "surrogateescape")
        event: Event = DisplayEvent(
            at=message.at, id=label(message.id), mime=message.mime, size=len(content), title=message.title
        )
        ready = draft(masker.mask_event(event) if masker else event)
        assert isinstance(ready.event, DisplayEvent)
        payload = Payload(kind="display", key=ready.event.id, mime=message.mime, content=content)
        return msgspec.structs.replace(ready, payloads=(payload,))

    def _masked_text(self, event: TextEvent) -> Event:
        """A secret may begin in one piece of a text and end in the next."""
        assert self._masker is not None
        text = self._texts.get(event.id)
        if text is None or event.text is not None:
            text = self._texts[event.id] = _Text(self._masker.stream(), event.kind, event.at)
            if len(self._texts) > _MAX_OPEN_TEXTS:
                self._finish_oldest_text()
        text.at = event.at
        shown = text.masker.feed((event.delta or event.text or "").encode("utf-8", "replace")).decode(
            "utf-8", "replace"
        )
        whole = event.text is not None
        identity = self._masker.mask(event.id)
        return msgspec.structs.replace(
            event, id=identity, text=shown if whole else None, delta=None if whole else shown
        )


def relative_path(path: str, cwd: str | None) -> str:
    """The path relative to ``cwd`` where it lies below it, else as it is."""
    inside = None if cwd is None else below(PurePath(path), cwd)
    return path if inside is None else str(inside)


def join_points(messages: Sequence[Message]) -> list[Message]:
    """The messages with the points of each metric joined, as far as no other message stands between them."""
    joined: list[Message] = []
    open_metrics: dict[str, MetricEvent] = {}
    for message in messages:
        if not isinstance(message, MetricEvent):
            open_metrics.clear()
            joined.append(message)
            continue
        before = open_metrics.get(message.name)
        if before is not None and len(before.points) + len(message.points) <= MAX_POINTS:
            before.points.extend(message.points)
            continue
        # A copy: its list grows, and the message may be the caller's.
        fresh = msgspec.structs.replace(message, points=list(message.points))
        open_metrics[message.name] = fresh
        joined.append(fresh)
    return joined
