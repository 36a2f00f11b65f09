"""A client that follows some builds over one connection after another, none of which is left in peace."""

from __future__ import annotations

import abc
import asyncio
import random
import traceback
from collections.abc import Collection, Mapping
from typing import ClassVar, Final

import msgspec

from buildwidget.protocol.frames import Cursor
from tests.soak.ledger import LastState, Ledger
from tests.soak.plan import Plan
from tests.soak.replica import Replica
from tests.soak.wire import Fate, Line, RefusedError, body, request

MOST_BUILDS: Final = 8
_NO_FATE: Final = Fate()
_LONGEST_PAUSE: Final = 4.0
"""Seconds between two tries to connect; it doubles up to this."""


class World:
    """What the clients of a process share; ``builds`` and ``heads`` come from outside.

    ``calm``: no more faults. ``heads``: where every build ended; a build that is not in it is gone.
    """

    def __init__(self, plan: Plan, port: int, headers: Mapping[str, str], ledger: Ledger) -> None:
        self.plan = plan
        self.port = port
        self.headers = {"Host": f"127.0.0.1:{port}", **headers}
        self.ledger = ledger
        self.builds: list[str] = []
        self.calm = False
        self.heads: dict[str, Cursor] | None = None


class Gone(msgspec.Struct):
    """The part of an error that the clients look at."""

    class Error(msgspec.Struct):
        """Its body."""

        code: str

    error: Error


class Client(abc.ABC):
    """The part that all transports have."""

    way: ClassVar[str]

    def __init__(self, number: int, world: World, rng: random.Random) -> None:
        self.who = f"{self.way} {number}"
        self.rng = rng
        self.world = world
        self.quota = rng.randint(1, MOST_BUILDS)
        self.follows: dict[str, Replica] = {}
        self.history: str | None = None
        self._failed = 0

    async def live(self) -> None:
        """Connect again and again, until cancelled."""
        while True:
            fate = self._fate()
            self._prepare()
            if self.follows:
                await self._connect(fate)
            await asyncio.sleep(self.rng.uniform(0.02, min(_LONGEST_PAUSE, 0.5 * 2**self._failed)))

    def problem(self) -> str | None:
        """What it does not have yet of what it must have in the end."""
        heads = self.world.heads
        assert heads is not None
        for build, replica in self.follows.items():
            if replica.cursor is None or replica.cursor != heads.get(build):
                return f"{self.who} has {build} at {replica.cursor}, the database at {heads.get(build)}"
        return None

    def last_states(self) -> list[LastState]:
        """What it has at the end."""
        found = []
        for build, replica in self.follows.items():
            if replica.at is not None:
                epoch, seq = replica.at.cursor.epoch, replica.at.cursor.seq
                digest = self.world.ledger.state(build, epoch, seq, replica.at.state, self.who)
                found.append(LastState(build, epoch, seq, digest, self.who))
        return found

    @abc.abstractmethod
    async def converse(self, fate: Fate) -> None:
        """One connection; returns or raises EOFError or OSError when it is over."""

    def count(self, what: str, by: int = 1) -> None:
        """For the summary."""
        self.world.ledger.count(self.way, what, by)

    def fault(self, text: str) -> None:
        """Something that must never be."""
        self.world.ledger.fault(f"{self.who}: {text}")

    # Builds

    def welcomed(self, history: str | None) -> bool:
        """Compare histories; whether what it had is worth nothing now."""
        if history is None:
            self.fault("there is no history in a welcome")
            return False
        self._failed = 0
        self.world.ledger.histories.add(history)
        known, self.history = self.history, history
        if known in (None, history):
            return False
        self.count("histories")
        self.forget()
        return True

    def forget(self) -> None:
        """Nothing that it has may be trusted, or it was reloaded."""
        for replica in self.follows.values():
            replica.note()
            replica.forget()

    def adopt(self, but: Collection[str] = ()) -> list[str]:
        """Follow newer builds (``but`` these), up to its quota, in place of one that it has; those that are new."""
        rng = self.rng
        others = [build for build in self.world.builds[-2 * MOST_BUILDS :] if build not in {*self.follows, *but}]
        if others and len(self.follows) >= self.quota and rng.random() < 0.15:
            self.drop(rng.choice(list(self.follows)))
        new = rng.sample(others, min(len(others), self.quota - len(self.follows)))
        for build in new:
            self.follows[build] = Replica(build, self.who, self.way, self.world.ledger)
        return new

    def drop(self, build: str) -> None:
        """Follow it no longer."""
        self.follows.pop(build).note()

    def told_missing(self, build: str) -> None:
        """The server says that there is no such build."""
        self.count("missing")
        self.world.ledger.missing.add(build)
        self.follows.pop(build, None)

    # Requests

    async def get(self, path: str, fate: Fate = _NO_FATE) -> bytes:
        """The body of a route below the API; RefusedError with another status than 200."""
        line = await Line.open(self.world.port, fate, self.count)
        try:
            head = await request(line, f"/buildwidget/api/{path}", {**self.world.headers, "Connection": "close"})
            found = await body(line, head)
        finally:
            line.reset()
        if head.status != 200:
            raise RefusedError(head.status, found)
        return found

    def refused(self, refusal: RefusedError) -> None:
        """Only a server that starts (404), or that cannot read its database (503), may refuse."""
        if refusal.status not in (404, 503):
            self.fault(f"the server answered {refusal}")

    # Between connections

    async def _connect(self, fate: Fate) -> None:
        self.count("connections")
        self._failed += 1  # until it is welcome
        try:
            await self.converse(fate)
        except RefusedError as refusal:
            self.count("refused")
            self.refused(refusal)
        except (EOFError, OSError, asyncio.TimeoutError):
            self.count("ended")
        except Exception:  # noqa: BLE001 - a mistake of the server's shows here as what cannot be read
            self.fault(traceback.format_exc())

    def _prepare(self) -> None:
        if self.world.calm:
            return
        for replica in self.follows.values():
            if self.rng.random() < 0.1:
                replica.note()
        if self.rng.random() < 0.15:
            self.forget()  # a page that was reloaded
            self.count("forgot")
        self.adopt()

    def _fate(self) -> Fate:
        rng, plan = self.rng, self.world.plan
        if self.world.calm:
            return _NO_FATE
        window = rng.choice((None, 4096, 16384))  # with a small one the server soon feels that nobody reads
        leaves = rng.uniform(*plan.quiet)
        match rng.choice(("cut", "cut", "leave", "stall", "stall", "peace")):
            case "cut":
                return Fate(cut_after=int(2 ** rng.uniform(7, 19)), leaves_after=leaves, window=window)
            case "leave":
                return Fate(leaves_after=leaves, window=window)
            case "stall":
                stall = rng.uniform(*plan.stall)
                after = int(2 ** rng.uniform(7, 18))
                return Fate(stalls_after=after, stalls_for=stall, leaves_after=leaves + stall, window=window)
        return Fate(window=window)
