"""A client that asks for events every now and then, by the rules of ``core/poll.ts``."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import msgspec

from tests.soak.client import Client, Gone
from tests.soak.frames import Frame, read
from tests.soak.replica import Replica
from tests.soak.wire import Fate, RefusedError

_PAGES: Final = 3
_FAILED_ROUNDS: Final = 3


class PollClient(Client):
    """Its connection is a number of rounds; a fault of it is one of a request."""

    way = "polling"

    async def converse(self, fate: Fate) -> None:
        """The status once, then rounds until it leaves or three of them failed in a row."""
        await self._greet()
        self._limit = self.rng.choice((20, 200, 1000))
        leaves_at = None if fate.leaves_after is None else time.monotonic() + fate.leaves_after
        failed = 0
        while failed < _FAILED_ROUNDS and (leaves_at is None or time.monotonic() < leaves_at):
            try:
                if failed:
                    await self._greet()
                await self._round(fate)
                failed = 0
            except RefusedError as refusal:
                self.refused(refusal)
                failed += 1
            except (EOFError, OSError):
                failed += 1
            if not self.world.calm:
                self.adopt()
            await asyncio.sleep(self.rng.uniform(*self.world.plan.poll) * 2**failed)

    async def _greet(self) -> None:
        status = read(await self.get("status"))
        self.welcomed(status.history)

    async def _round(self, fate: Fate) -> None:
        self.count("rounds")
        for build in list(self.follows):
            try:
                # One request in a few is cut or stalls.
                await self._read(self.follows[build], fate if self.rng.random() < 0.2 else Fate())
            except RefusedError as refusal:
                if refusal.status != 404 or not _is_not_found(refusal.body):
                    raise
                self.told_missing(build)

    async def _read(self, replica: Replica, fate: Fate) -> None:
        if self.world.calm:
            fate = Fate()
        for _page in range(_PAGES):
            had = replica.cursor
            if had is None:
                break
            path = f"builds/{replica.build}/events?after={had.seq}&limit={self._limit}"
            page = read(await self.get(path, fate))
            if page.epoch != had.epoch or page.head < had.seq or page.first != had.seq + 1:
                break
            replica.batch(page.epoch, page.first, page.last, page.bodies)
            if page.last >= page.head:
                return
        found: Frame = read(await self.get(f"builds/{replica.build}", fate))
        replica.snapshot(found.epoch, found.seq, bytes(found.state))


def _is_not_found(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=Gone).error.code == "not_found"
    except msgspec.MsgspecError:
        return False
