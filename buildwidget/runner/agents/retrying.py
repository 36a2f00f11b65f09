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
        self._shown: ProgressEvent | None = None

    @property
    def attempts(self) -> int:
        """How often it has been tried again without success."""
        return int(self._shown.current) if self._shown else 0

    def waits(self, why: str, attempt: int, most: int | None = None) -> list[Event]:
        """The model could not be asked; another attempt is to come."""
        count = f"{attempt} of {most}" if most else str(attempt)
        why = why if len(why) <= _REASON_CHARACTERS else f"{why[:_REASON_CHARACTERS]}…"
        self._shown = ProgressEvent(
            at=self._now_ms(), id="retry", label=f"Asking again ({count}): {why}", current=attempt
        )
        return [self._shown]

    def goes_on(self) -> list[Event]:
        """The model answered, or it is all over."""
        if self._shown is None:
            return []
        shown, self._shown = self._shown, None
        return [ProgressEvent(at=self._now_ms(), id=shown.id, label=shown.label, current=shown.current, done=True)]
