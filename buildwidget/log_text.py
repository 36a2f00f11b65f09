"""The log of a build as text: read from the store page by page, to the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from buildwidget.log_html import log_as_html, log_as_text
from buildwidget.protocol.codec import decode_state
from buildwidget.store.store import Store

LOG_PAGE_LINES = 1_000


class LogText(str):
    """Text of a log: a ``str`` with the colours as the program wrote them, which a cell shows rendered.

    ``print`` and every method of ``str`` work on the whole text. Pickles and copies are a plain ``str``. ``repr`` and
    the HTML show at most the last 1,000 lines and say how many they leave out.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """The text without colours, for a terminal that shows the value of an expression."""
        return log_as_text(str(self)) or "''"

    def _repr_html_(self) -> str | None:
        return log_as_html(str(self)) if self else None

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # Text is read in processes that do not have this package.
        return str, (str(self),)


def shown_lines(store: Store, build_id: str, tail: int | None) -> list[str]:
    """What a page shows: the lines, the rows that are still drawn over, the unfinished lines; or the last ``tail``."""
    log = decode_state(store.hydrate(build_id).state).log
    unfinished = [*(row for rows in log.open.values() for row in rows), *log.partial.values()]
    if not unfinished:
        return list(whole_lines(store, build_id, tail))
    wanted = log.count if tail is None else min(max(tail - len(unfinished), 0), log.count)
    # Only the lines of that state: in later ones the same text may stand again.
    lines = list(itertools.islice(_lines_after(store, build_id, log.count - wanted), wanted))
    if tail is not None:
        unfinished = unfinished[-tail:] if tail > 0 else []
    return lines + unfinished


def whole_lines(store: Store, build_id: str, tail: int | None, q: str | None = None) -> Iterator[str]:
    """The whole lines, or the last ``tail`` of them; with ``q`` those that contain it."""
    if tail is None:
        yield from _lines_after(store, build_id, 0, q)
    elif q:
        yield from _last_found(store, build_id, tail, q)
    else:
        yield from _lines_after(store, build_id, max(0, store.log(build_id, limit=1).count - tail))


def _lines_after(store: Store, build_id: str, after: int, q: str | None = None) -> Iterator[str]:
    more = True
    while more:
        page = store.log(build_id, after=after, limit=LOG_PAGE_LINES, q=q)
        yield from (text for _, _, text in page.lines)
        more = page.more and page.last > after
        after = page.last


def _last_found(store: Store, build_id: str, tail: int, q: str) -> list[str]:
    found: list[str] = []  # the newest first
    before, more = None, True
    while more and len(found) < tail:
        page = store.log(build_id, before=before, limit=min(LOG_PAGE_LINES, tail - len(found)), q=q)
        found += [text for _, _, text in reversed(page.lines)]
        before, more = page.first, page.more
    return found[::-1]
