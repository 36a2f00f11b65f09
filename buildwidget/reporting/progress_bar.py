"""A bar over an iterable, as tqdm draws it, without tqdm."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

INTERVAL_SECONDS: Final = 0.1
"""A bar is reported at most so often, and always at its end."""

_numbers = itertools.count(1)


class ProgressBar(Generic[T]):
    """Reports how far an iteration is. Takes what ``tqdm.tqdm`` takes and ignores what only a terminal needs.

    Bars of one ``desc`` share a row, so that the inner bar of a nested loop does not fill the view.
    """

    def __init__(
        self,
        iterable: Iterable[T] | None = None,
        *,
        report: Callable[..., None],
        desc: str | None = None,
        total: float | None = None,
        unit: str = "it",
        id: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.iterable = iterable
        self.desc = str(desc or "").rstrip(": ")
        self.total = total if total is not None else _length(iterable)
        self.unit = unit
        self.n: float = 0
        self._id = id or self.desc or f"bar-{os.getpid()}-{next(_numbers)}"
        self._postfix = ""
        self._report = report
        self._clock = clock
        self._reported_at = clock()
        self._closed = False
        self._tell()

    def __iter__(self) -> Iterator[T]:
        if self.iterable is None:
            raise TypeError("this bar has no iterable; count with update()")
        try:
            for item in self.iterable:
                yield item
                self.update()
        finally:
            self.close()

    def __len__(self) -> int:
        if self.total is None:
            raise TypeError("this bar has no total")
        return int(self.total)

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> ProgressBar[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def update(self, n: float = 1) -> None:
        """``n`` more are done."""
        self.n += n
        if self._clock() - self._reported_at >= INTERVAL_SECONDS:
            self._tell()

    def close(self) -> None:
        """The bar is over; its last count is always reported."""
        if not self._closed:
            self._closed = True
            self._tell()

    def reset(self, total: float | None = None) -> None:
        """Start again from nothing."""
        self.n, self.total, self._closed = 0, self.total if total is None else total, False
        self._tell()

    def refresh(self, *_: Any, **__: Any) -> None:
        """Report now."""
        self._tell()

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:
        """Another label."""
        self.desc = str(desc or "").rstrip(": ")
        if refresh and self._clock() - self._reported_at >= INTERVAL_SECONDS:
            self._tell()

    def set_postfix(self, values: dict[str, Any] | None = None, refresh: bool = True, **more: Any) -> None:
        """Values to stand beside the label."""
        pairs = {**(values or {}), **more}
        self.set_postfix_str(", ".join(f"{name}={_short(value)}" for name, value in pairs.items()), refresh)

    def set_postfix_str(self, text: str = "", refresh: bool = True) -> None:
        """A text to stand beside the label."""
        self._postfix = text
        if refresh and self._clock() - self._reported_at >= INTERVAL_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._reported_at = self._clock()
        label = f"{self.desc} ({self._postfix})" if self._postfix else self.desc
        self._report(self.n, self.total, label=label, id=self._id, unit=self.unit, done=self._closed)


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, AttributeError, OverflowError):
        return None


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
