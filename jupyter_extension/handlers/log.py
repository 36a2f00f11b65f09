"""The log: pages of lines, and the whole of it as a text file."""

from __future__ import annotations

from typing import Any, Final

from buildwidget.store.records import LogPage
from buildwidget.store.store import Store
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.builds import owned
from jupyter_extension.handlers.requests import Query
from jupyter_extension.services import Services

_DOWNLOAD_LINES: Final = 1_000
"""Lines of one transaction of a download: a reader open for long would keep SQLite from clearing its log."""


class LogHandler(RestHandler):
    """``builds/{id}/log``."""

    @allowed("read")
    async def get(self, build_id: str) -> None:
        """A page of lines (the last ones, where neither ``after`` nor ``before`` is given), or the whole."""
        services = await self.services()
        query, config = Query(self), services.config
        if query.flag("download"):
            await self._download(services, build_id, query.text("q"))
            return
        ask = {
            "after": query.number("after"),
            "before": query.number("before"),
            "limit": query.limit(config.default_log_lines, config.max_log_lines),
            "q": query.text("q"),
        }
        run = services.search if ask["q"] else services.run
        page = await run(_page, services.store, config.owner, build_id, ask)
        numbers = {"first": page.first, "last": page.last, "count": page.count, "more": page.more}
        self.send_json({**numbers, "lines": page.lines})

    async def _download(self, services: Services, build_id: str, q: str | None) -> None:
        record = await services.run(owned, services.store, services.config.owner, build_id)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_attachment_header(f"{record.summary.name or build_id}.log")
        run = services.search if q else services.run
        after = 0
        while True:
            page = await run(services.store.log, build_id, after=after, limit=_DOWNLOAD_LINES, q=q)
            self.write("".join(f"{text}\n" for _, _, text in page.lines))
            await self.flush()  # waits until the client took it: memory holds one page
            if not page.more or page.last <= after:
                break
            after = page.last  # a search may end a page with nothing found so far
        self.finish(set_content_type="text/plain; charset=utf-8")


def _page(store: Store, owner: str, build_id: str, ask: dict[str, Any]) -> LogPage:
    owned(store, owner, build_id)
    return store.log(build_id, **ask)
