"""Keeping secrets out of what an agent streams, also where two pieces of a text cut one."""

from __future__ import annotations

import msgspec

from buildwidget.protocol.events import ArtifactEvent, Event, TextEvent, TextKind, ToolEvent
from buildwidget.runner.artifact_paths import ArtifactPaths
from buildwidget.runner.secrets import Masker, StreamMasker


class MaskedEvents:
    """Masks events one after the other."""

    def __init__(self, masker: Masker, build_id: str | None = None) -> None:
        self._masker = masker
        self._paths = ArtifactPaths(build_id, masker) if build_id is not None else None
        self._streams: dict[str, tuple[TextKind, StreamMasker]] = {}

    def mask(self, event: Event) -> Event:
        """The event without secrets. The end of a delta that could begin one is held back for the next."""
        if not self._masker:
            return event
        if isinstance(event, ArtifactEvent) and self._paths is not None:
            return self._paths.mask(event)
        if isinstance(event, TextEvent) and event.delta is not None:
            return self._masked_delta(event, event.delta)
        if isinstance(event, TextEvent):
            self._streams.pop(event.id, None)
        if isinstance(event, ToolEvent) and event.state is None and isinstance(event.output, str):
            # Output of a running command, told so far.
            event = msgspec.structs.replace(event, output=self.shown(event.output))
        return self._masker.mask_event(event)

    def shown(self, text: str) -> str:
        """What may be shown of a text of which more is there or to come: its end may be the beginning of a secret."""
        return self._masker.stream().feed(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def finish(self, now_ms: int) -> list[Event]:
        """What was held back of texts that never became whole."""
        events: list[Event] = []
        for text_id, (kind, stream) in self._streams.items():
            rest = stream.finish().decode("utf-8", "replace")
            if rest:
                events.append(TextEvent(at=now_ms, id=text_id, kind=kind, delta=rest))
        self._streams.clear()
        return events

    def _masked_delta(self, event: TextEvent, delta: str) -> Event:
        _, stream = self._streams.setdefault(event.id, (event.kind, self._masker.stream()))
        shown = stream.feed(delta.encode("utf-8", "replace")).decode("utf-8", "replace")
        return msgspec.structs.replace(self._masker.mask_event(msgspec.structs.replace(event, delta="")), delta=shown)
