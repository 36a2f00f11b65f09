"""What a writer has committed, kept in a file of its own: after a restore the database no longer has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

from buildwidget.protocol import codec
from buildwidget.protocol.state import State
from buildwidget.store import rows
from buildwidget.store.appender import Appender
from buildwidget.store.entries import Entries
from buildwidget.store.hydration import hydrate, state_before_log
from buildwidget.store.store import Store, wall_clock_ms
from tests.store.making import whole_log

Log: TypeAlias = "list[bytes]"


class JournaledAppender(Appender):
    """Writes every event that was stored into a file as well, also where only ``settle`` found that it was.

    A client may be faster than the file; the files are read when all has ended.
    """

    def __init__(self, store: Store, build_id: str, directory: Path) -> None:
        self._file: IO[bytes] = (directory / f"{build_id}.journal").open("wb", buffering=0)
        self._store = store
        with store.database.reading() as connection:
            initial = state_before_log(rows.row(connection, build_id))
        self._file.write(codec.encode_state(initial) + b"\n")
        super().__init__(store.database, hydrate(store.database, build_id), now_ms=wall_clock_ms)
        self._note_all()

    def rejoin(self) -> int:
        """As the appender's own; the log is another one from now on."""
        missing = super().rejoin()
        self._note_all()
        return missing

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _note_all(self) -> None:
        for seq, body in enumerate(whole_log(self._store, self.build_id), start=1):
            self._note(seq, body)

    def _accept(self, entries: Entries) -> None:
        super()._accept(entries)
        bodies = entries.bodies
        for seq, body in enumerate(bodies, start=entries.head - len(bodies) + 1):
            self._note(seq, body)

    def _note(self, seq: int, body: bytes) -> None:
        self._file.write(b"%b %d %b\n" % (self.epoch.encode(), seq, body))


@dataclass
class Journal:
    """What one file says: the state before the log, and the log of each epoch."""

    build: str
    initial: State
    logs: dict[str, Log] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Raises AssertionError where a log has a hole: then the check itself is wrong."""
        first, *lines = path.read_bytes().splitlines()
        journal = cls(path.stem, codec.decode_state(first))
        for line in lines:
            epoch, seq, body = line.split(b" ", 2)
            log = journal.logs.setdefault(epoch.decode(), [])
            assert int(seq) == len(log) + 1, f"{path}: {seq!r} after {len(log)} in epoch {epoch!r}"
            log.append(body)
        return journal


def read_journals(directory: Path) -> dict[str, Journal]:
    """All journals below a directory, by build."""
    journals: list[Any] = [Journal.read(path) for path in sorted(directory.glob("*.journal"))]
    return {journal.build: journal for journal in journals}
