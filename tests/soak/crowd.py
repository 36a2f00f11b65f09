"""A process with some of the clients: ``python -m tests.soak.crowd PORT TOKEN SEED SIZE FIRST COUNT RESULT``.

Prints now and then how many events came. Lines of input: ``{"build": id}`` for a new build, and
``{"heads": {build: [epoch, seq]}}`` when the faults are over and all builds are at their end. Then it waits until
every client has everything, writes what it found into a file, and ends.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from buildwidget.protocol.frames import Cursor
from tests.soak.client import Client, World
from tests.soak.ledger import LastState, Ledger
from tests.soak.live_clients import StreamClient, WebSocketClient
from tests.soak.plan import FULL, TOY
from tests.soak.poll_client import PollClient

_TELL_EVERY: Final = 0.5
_WAYS: Final[tuple[type[Client], ...]] = (WebSocketClient, StreamClient, PollClient)


async def main(world: World, clients: list[Client]) -> list[LastState]:
    """Until all is over; what the clients have then."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = [asyncio.create_task(client.live()) for client in clients]
    telling = asyncio.create_task(tell(world))
    while world.heads is None and (line := await reader.readline()):
        take(world, json.loads(line))
    if world.heads is not None:
        await settle(world, clients)
    telling.cancel()
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            world.ledger.fault(f"a client ended: {ended!r}")
    return [last for client in clients for last in client.last_states()]


async def tell(world: World) -> None:
    """Print how many events came over each transport."""
    while True:
        events = {way.way: world.ledger.counted(way.way, "events") for way in _WAYS}
        print(json.dumps({"events": events}), flush=True)
        await asyncio.sleep(_TELL_EVERY)


def take(world: World, message: dict[str, object]) -> None:
    """One line of input."""
    if "build" in message:
        world.builds.append(str(message["build"]))
    if "heads" in message:
        world.heads = msgspec.convert(
            {build: {"epoch": at[0], "seq": at[1]} for build, at in message["heads"].items()},  # type: ignore[attr-defined] # a dict
            dict[str, Cursor],
        )
        world.calm = True


async def settle(world: World, clients: list[Client]) -> None:
    """Wait until every client has everything; what is missing after a while is a fault."""
    began = time.monotonic()
    waiting = clients
    while waiting := [client for client in waiting if client.problem() is not None]:
        if time.monotonic() - began > world.plan.settle:
            for client in waiting:
                world.ledger.fault(f"after {world.plan.settle:.0f} s {client.problem()}")
            return
        await asyncio.sleep(0.1)
    world.ledger.count("all", "settled_ms", round((time.monotonic() - began) * 1000))


def run(port: str, token: str, seed: str, size: str, first: str, count: str, result: str) -> None:
    """The process."""
    plan = {"full": FULL, "toy": TOY}[size]
    world = World(plan, int(port), {"Authorization": f"token {token}"}, Ledger())
    clients = [
        _WAYS[number % len(_WAYS)](number, world, random.Random(f"{seed}:client:{number}"))
        for number in range(int(first), int(first) + int(count))
    ]
    last_states = asyncio.run(main(world, clients))
    Path(result).write_bytes(msgspec.msgpack.encode(world.ledger.result(last_states)))


if __name__ == "__main__":
    run(*sys.argv[1:])
