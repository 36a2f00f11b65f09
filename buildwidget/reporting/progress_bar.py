"""A bar over an iterable, as tqdm draws it, without tqdm."""

from __future__ import annotations

import itertools
import os
import threading
import time
import weakref
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
        self.leave: bool | None = True
        self._postfix = ""
        self._report = report
        self._clock = clock
        self._reported_at = clock()
        self._closed = False
        self.thread = threading.get_ident()
        self.level: int | None = None
        _open_bars.add(self)
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
            _open_bars.discard(self)
            if self._told != (self.n, self._end()):
                self._tell()

    def reset(self, total: float | None = None) -> None:
        """Start again from nothing."""
        self.close()
        self.n, self.total, self._closed = 0, self.total if total is None else total, False
        _open_bars.add(self)
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
        self._told = (self.n, self._end())
        label = f"{self.desc} ({self._postfix})" if self._postfix else self.desc
        self._report(self.n, self.total, label=label, id=self._id, unit=self.unit, **self._end())

    def _end(self) -> dict[str, Any]:
        """A bar that was left before its total is closed, not done."""
        done = self._closed if self.total is None else self.n >= self.total
        closed = self._closed and (not done or self.leave is False)
        return {"done": done, "closed": closed, "level": self.level}


class _OpenBars:
    """The open bars of this process. Reentrant: a signal handler or a finalizer may close one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._bars: weakref.WeakSet[ProgressBar[Any]] = weakref.WeakSet()

    def add(self, bar: ProgressBar[Any]) -> None:
        """Bars open in several worker threads at once stand side by side, and within those of the main thread."""
        main = threading.main_thread().ident
        with self._lock:
            in_workers = [other for other in self._bars if other.thread not in (bar.thread, main)]
            if bar.thread == main:
                for other in in_workers:
                    other.level = 1
            elif in_workers:
                level = int(any(other.thread == main for other in self._bars))
                bar.level = max([level, *(other.level or 0 for other in in_workers)])
                for other in in_workers:
                    other.level = bar.level
            self._bars.add(bar)

    def discard(self, bar: ProgressBar[Any]) -> None:
        """The bar is closed."""
        with self._lock:
            self._bars.discard(bar)


_open_bars = _OpenBars()


def _forget_parent() -> None:
    global _open_bars  # noqa: PLW0603 - the bars are the parent's, and another of its threads may hold the lock
    _open_bars = _OpenBars()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)


def _length(iterable: Any) -> int | None:
    try:
        return len(iterable)
    except (TypeError, AttributeError, OverflowError):
        return None


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
