"""The store that this process uses: opened once, and opened again after a fork or when the settings change."""

from __future__ import annotations

import os
import threading

from buildwidget.store.location import database_url
from buildwidget.store.store import Store

_lock = threading.Lock()
_open: dict[tuple[int, str], Store] = {}


def process_store() -> Store:
    """The store at the configured database URL.

    A connection must not cross a fork, so the process id is part of the key.

    Raises:
        StoreError: the database is too new, corrupt or another program's.
    """
    key = (os.getpid(), database_url())
    with _lock:
        store = _open.get(key)
        if store is None:
            store = _open[key] = Store.open(key[1])
        return store


def close_all() -> None:
    """Closes what this process opened; the next use opens it again."""
    with _lock:
        while _open:
            (pid, _), store = _open.popitem()
            if pid == os.getpid():
                store.close()
