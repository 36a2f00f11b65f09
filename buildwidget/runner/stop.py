"""Why the work is to end before its time: somebody cancelled it, the runner was told to stop, or it was fenced."""

from __future__ import annotations

import signal
import threading
import types
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from buildwidget.store.changes import ChangeWatcher
from buildwidget.store.errors import StoreError
from buildwidget.store.records import Command
from buildwidget.store.store import Store

StopReason: TypeAlias = Literal["cancel", "signal", "fenced"]

_LONGEST_SILENCE: Final = 5.0
"""Commands are read this often even if no change was noticed."""
_RETRY_SECONDS: Final = 0.25


class StopRequests:
    """Knows whether the work is to end, and why. Watches the build's commands in a thread of its own.

    ``changed`` is set whenever the database changed, for whoever waits for a slot.
    """

    def __init__(self, store: Store, build_id: str) -> None:
        self.reason: StopReason | None = None
        self.requested = threading.Event()
        self.changed = threading.Event()
        self._store = store
        self._build_id = build_id
        self._last = 0
        self._look = threading.Event()
        self._closed = False
        self._listener: Callable[[], None] = lambda: None
        self._on_answer: Callable[[Command], None] = lambda _command: None
        self._lock = threading.Lock()
        self._watcher = ChangeWatcher(store, self._on_change)
        self._watcher.set_interest("idle")
        self._thread = threading.Thread(target=self._read_commands, name="buildwidget-commands", daemon=True)
        self._thread.start()

    def request(self, reason: StopReason) -> None:
        """The work is to end; the first reason counts, except that being fenced overrules."""
        with self._lock:
            first = self.reason is None
            if first or reason == "fenced":
                self.reason = reason
            self.requested.set()
            self.changed.set()
            listener = self._listener if first else None
        if listener is not None:
            listener()

    def on_request(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` once when a stop is requested; at once if it already was."""
        with self._lock:
            self._listener = listener
            requested = self.requested.is_set()
        if requested:
            listener()

    def on_answer(self, listener: Callable[[Command], None]) -> None:
        """Call ``listener`` with every answer to a permission prompt, from the thread that reads the commands."""
        self._on_answer = listener

    def obey_signals(self) -> None:
        """Take SIGTERM (and its like) for a request to stop. Main thread only."""
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, self._on_signal)

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        self._look.set()
        self._watcher.close()
        self._thread.join()

    def _on_signal(self, _number: int, _frame: types.FrameType | None) -> None:
        # In a thread: the handler may have interrupted this very object while it holds its lock.
        threading.Thread(target=self.request, args=("signal",), daemon=True).start()

    def _on_change(self) -> None:
        self._look.set()
        self.changed.set()

    def _read_commands(self) -> None:
        while not self._closed:
            try:
                for command in self._store.commands(self._build_id, self._last):
                    self._obey(command)
            except StoreError:
                self._look.wait(_RETRY_SECONDS)  # locked or away for now
                continue
            self._look.wait(_LONGEST_SILENCE)
            self._look.clear()

    def _obey(self, command: Command) -> None:
        self._last = command.id
        if command.kind == "cancel":
            self.request("cancel")
        else:
            self._on_answer(command)
