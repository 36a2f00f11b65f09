"""Who watches which list of builds, and when the lists are read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from buildwidget.hub.database import Database
from buildwidget.hub.listing import Listing
from buildwidget.hub.reader import read_list
from buildwidget.hub.settings import HubSettings


class ListListener(Protocol):
    """Who a watcher belongs to (a connection)."""

    def ready(self, source: ListWatcher) -> None:
        """``source.next_frame()`` may have something."""


class ListWatcher:
    """One connection's place in the versions of one list."""

    def __init__(self, lists: Lists, project: str | None, listener: ListListener) -> None:
        self.project = project
        self.listener = listener
        self.version = 0
        self._lists = lists

    def next_frame(self) -> bytes | None:
        """What changed since the last frame; None: nothing."""
        listing = self._lists.listing(self.project)
        if listing is None or listing.version == self.version:
            return None
        frame = listing.frame(self.version)
        self.version = listing.version
        return frame

    @property
    def is_behind(self) -> bool:
        """Whether there is more to send."""
        listing = self._lists.listing(self.project)
        return listing is not None and listing.version != self.version

    def stop(self) -> None:
        """The connection wants no more."""
        self._lists.unwatch(self)


class Lists:
    """The watched lists of a hub, one per project that is asked for (None: all projects)."""

    def __init__(self, database: Database, owner: str, settings: HubSettings) -> None:
        self._database = database
        self._owner = owner
        self._settings = settings
        self._listings: dict[str | None, Listing] = {}
        self._watchers: dict[str | None, dict[ListWatcher, None]] = {}
        self.request_poll: Callable[[], None] = lambda: None
        self.interest_changed: Callable[[], None] = lambda: None

    @property
    def watched(self) -> int:
        """How many connections watch a list."""
        return sum(map(len, self._watchers.values()))

    @property
    def any_active(self) -> bool:
        """Whether a watched list has a build that has not ended."""
        return any(listing.any_active for listing in self._listings.values())

    def listing(self, project: str | None) -> Listing | None:
        """The list of a project."""
        return self._listings.get(project)

    def watch(self, listener: ListListener, project: str | None) -> ListWatcher:
        """A watcher whose first frame is the whole list."""
        watcher = ListWatcher(self, project, listener)
        listing = self._listings.get(project)
        if listing is None:
            listing = self._listings[project] = Listing(self._settings.list_rows)
            self._watchers[project] = {}
        self._watchers[project][watcher] = None
        self.interest_changed()
        self.request_poll()
        if listing.version:
            listener.ready(watcher)
        return watcher

    def unwatch(self, watcher: ListWatcher) -> None:
        """Forget the watcher, and its list with the last one."""
        watchers = self._watchers.get(watcher.project, {})
        watchers.pop(watcher, None)
        if not watchers:
            self._listings.pop(watcher.project, None)
            self._watchers.pop(watcher.project, None)
        self.interest_changed()

    async def poll(self) -> None:
        """Read every watched list again and tell its watchers what changed."""
        for project, listing in list(self._listings.items()):
            read = await self._database.call(read_list, self._owner, project, self._settings.list_newest, listing.rows)
            if self._listings.get(project) is listing and listing.update(read):
                for watcher in self._watchers[project]:
                    watcher.listener.ready(watcher)
