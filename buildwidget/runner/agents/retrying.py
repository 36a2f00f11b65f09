"""A bar that is there while the agent waits to ask its model again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buildwidget.protocol.events import Event, ProgressEvent

_REASON_CHARACTERS: Final = 200


class Retrying:
    """Shows a retry while it lasts. Without a total: it says nothing of how far the build is."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._bar: ProgressEvent | None = None
        self.shown: Callable[[str], str] = str
        """What may be shown of a reason that was cut."""

    @property
    def attempts(self) -> int:
        """How often it has been tried again without success."""
        return int(self._bar.current) if self._bar else 0

    def waits(self, why: str, attempt: int, most: int | None = None) -> list[Event]:
        """The model could not be asked; another attempt is to come."""
        count = f"{attempt} of {most}" if most else str(attempt)
        why = why if len(why) <= _REASON_CHARACTERS else f"{self.shown(why[:_REASON_CHARACTERS])}…"
        self._bar = ProgressEvent(
            at=self._now_ms(), id="retry", label=f"Asking again ({count}): {why}", current=attempt, done=False
        )
        return [self._bar]

    def goes_on(self) -> list[Event]:
        """The model answered, or it is all over."""
        if self._bar is None:
            return []
        bar, self._bar = self._bar, None
        return [ProgressEvent(at=self._now_ms(), id=bar.id, label=bar.label, current=bar.current, done=True)]
