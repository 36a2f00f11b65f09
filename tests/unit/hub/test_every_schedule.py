"""Whatever writers, pages and networks do, in whatever order: every page has exactly the log, and its state."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from buildwidget.hub import Hub, HubSettings
from buildwidget.protocol.frames import Cursor
from buildwidget.store.store import Store
from tests.unit.hub.parts import OWNER, Client, Work, until

PAGES = 3
BUILDS = 2

page = st.integers(0, PAGES - 1)
build = st.integers(0, BUILDS - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("lines"), build, st.integers(1, 40)),
        st.tuples(st.just("big"), build, st.integers(1, 4)),
        st.tuples(st.just("urgent"), build, st.just(0)),
        st.tuples(st.just("rewrite"), build, st.just(0)),
        st.tuples(st.just("subscribe"), build, page),
        st.tuples(st.just("resume"), build, page),
        st.tuples(st.just("resume early"), build, page),
        st.tuples(st.just("stall"), build, page),
        st.tuples(st.just("go on"), build, page),
        st.tuples(st.just("cut off"), build, page),
        st.tuples(st.just("wait"), build, st.integers(1, 8)),
    ),
    max_size=25,
)


@dataclass
class World:
    """Some builds, some pages (which reconnect with what they have), one hub."""

    store: Store
    hub: Hub
    works: list[Work]
    pages: list[Client]
    rewritten: int = 0

    async def step(self, what: str, place: int, number: int) -> None:
        work = self.works[place]
        if what in ("lines", "big", "urgent", "rewrite"):
            self.write(what, work, number)
        elif what == "wait":
            for _ in range(number):
                await asyncio.sleep(0.001)
        else:
            self.act(what, work.id, number)

    def write(self, what: str, work: Work, number: int) -> None:
        if what == "rewrite":
            self.rewritten += 1
            with self.store.database.writing() as connection:
                query = f"UPDATE builds SET epoch = 'rewritten {self.rewritten}' WHERE id = '{work.id}'"
                connection.exec_driver_sql(query)
        elif what == "urgent":
            work.todos()
        else:
            work.lines(number, size=10 if what == "lines" else 900)

    def act(self, what: str, build_id: str, number: int) -> None:
        client = self.pages[number]
        known = client.cursors.get(build_id)
        if what == "subscribe":
            client.subscribe(build_id)
        elif what == "resume":
            client.subscribe(build_id, known)
        elif what == "resume early" and known is not None:
            client.forget(build_id)
            client.subscribe(build_id, Cursor(known.epoch, max(0, known.seq - 20)))
        elif what == "stall":
            client.stall()
        elif what == "go on":
            client.go_on()
        elif what == "cut off":
            client.connection.close()
            self.pages[number] = again = Client(self.hub)
            again.inherit(client)
            for subscribed in client.wanted:
                again.subscribe(subscribed, again.cursors.get(subscribed))


async def play(steps: list[tuple[str, int, int]], directory: Path) -> None:
    bounds = {"max_lag_events": 30, "max_lag_bytes": 3000, "ring_events": 35, "ring_bytes": 6000}
    small = HubSettings(batch_ms=2, max_batch_events=7, max_batch_bytes=900, activity_ms=0, fanout_chunk=2, **bounds)
    with Store.open(f"sqlite:///{directory}/builds.db") as store, ThreadPoolExecutor(3) as executor:
        hub = Hub(store, owner=OWNER, settings=small, executor=executor)
        await hub.start()
        try:
            works = [Work(store) for _ in range(BUILDS)]
            world = World(store, hub, works, [Client(hub) for _ in range(PAGES)])
            for client in world.pages:
                client.subscribe(works[0].id)
            for step in steps:
                await world.step(*step)
            await all_have_everything(world)
        finally:
            await hub.stop()


async def all_have_everything(world: World) -> None:
    for client in world.pages:
        client.go_on()
        assert client.broken == []
        for build_id in client.wanted:
            found = world.store.hydrate(build_id)
            here = Cursor(found.epoch, found.seq)
            await until(
                lambda client=client, build_id=build_id, here=here: client.cursors.get(build_id) == here,  # type: ignore[misc] # bound now
                what=f"{build_id} at {here}",
            )
            if build_id in client.states:
                assert msgspec.json.encode(client.states[build_id]) == found.state
        assert client.broken == []


# Not shrunk: an example that fails waits for what does not come, so shrinking it would take minutes.
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(STEPS)
def test_every_page_has_exactly_the_log_and_its_state(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(play(steps, Path(directory)))
