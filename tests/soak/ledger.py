"""What the clients of one process have been sent, for comparison with what was written; and what was wrong at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Final

import msgspec

from buildwidget.protocol import codec
from buildwidget.protocol.events import Event
from buildwidget.protocol.state import State

MAX_FAULTS: Final = 40
"""Of each process; one fault is enough to fail."""


class SeenEvent(msgspec.Struct, frozen=True):
    """An event as it came."""

    build: str
    epoch: str
    seq: int
    body: bytes
    who: str


class SeenState(msgspec.Struct, frozen=True):
    """A state that was sent, or that a client had made of what it was sent."""

    build: str
    epoch: str
    seq: int
    digest: str
    who: str


class Step(msgspec.Struct, frozen=True):
    """A client was taken back to a smaller seq of the same epoch at a time (monotonic seconds)."""

    at: float
    what: str


class LastState(msgspec.Struct, frozen=True):
    """What a client has of a build at the end."""

    build: str
    epoch: str
    seq: int
    digest: str
    who: str


class Result(msgspec.Struct):
    """All that one process found."""

    events: list[SeenEvent]
    states: list[SeenState]
    back: list[Step]
    missing: list[str]
    histories: list[str]
    finals: list[LastState]
    faults: list[str]
    counts: dict[str, dict[str, int]]


class Ledger:
    """Shared by the clients of a process."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.back: list[Step] = []
        self.missing: set[str] = set()
        self.histories: set[str] = set()
        self.counts: dict[str, Counter[str]] = {}
        self._events: dict[tuple[str, str, int], tuple[bytes, Event | None]] = {}
        self._seen: list[SeenEvent] = []
        self._known: set[tuple[str, str, int, bytes]] = set()
        self._states: dict[tuple[str, str, int, str], str] = {}

    def fault(self, text: str) -> None:
        """Something that must never be."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(text)

    def count(self, way: str, what: str, by: int = 1) -> None:
        """For the summary."""
        self.counts.setdefault(way, Counter())[what] += by

    def counted(self, way: str, what: str) -> int:
        """How often, so far."""
        return self.counts[way][what] if way in self.counts else 0

    def event(self, build: str, epoch: str, seq: int, body: bytes, who: str) -> Event | None:
        """Note an event and decode it; what was decoded for another client is not again."""
        key = (build, epoch, seq)
        known = self._events.get(key)
        if known is not None and known[0] == body:
            return known[1]
        event = codec.decode_event(body)
        self._events[key] = body, event
        if (*key, body) not in self._known:
            self._known.add((*key, body))
            self._seen.append(SeenEvent(build, epoch, seq, body, who))
            if event is None or event.seq != seq:
                self.fault(f"{who}: event {seq} of {build} ({epoch}) is {body[:200]!r}")
        return event

    def snapshot(self, build: str, epoch: str, seq: int, raw: bytes, who: str) -> State:
        """Note a state that was sent, and decode it."""
        state = codec.decode_state(raw)
        self.state(build, epoch, seq, state, who)
        return state

    def state(self, build: str, epoch: str, seq: int, state: State, who: str) -> str:
        """Note the state that a client has at a cursor; its digest."""
        digest = digest_of(state)
        self._states.setdefault((build, epoch, seq, digest), who)
        return digest

    def result(self, finals: list[LastState]) -> Result:
        """All of it."""
        return Result(
            events=self._seen,
            states=[SeenState(*key, who) for key, who in self._states.items()],
            back=self.back,
            missing=sorted(self.missing),
            histories=sorted(self.histories),
            finals=finals,
            faults=self.faults,
            counts={way: dict(counts) for way, counts in self.counts.items()},
        )


def digest_of(state: State) -> str:
    """The same for the same state."""
    return hashlib.blake2b(codec.encode_state(state), digest_size=12).hexdigest()
