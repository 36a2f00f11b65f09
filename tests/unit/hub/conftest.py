from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from buildwidget.hub import Hub, HubSettings
from buildwidget.store.store import Store
from tests.unit.hub.parts import OWNER

StartHub: TypeAlias = Callable[..., Coroutine[Any, Any, Hub]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/builds.db") as opened:
        yield opened


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest_asyncio.fixture
async def start_hub(store: Store, executor: ThreadPoolExecutor) -> AsyncIterator[StartHub]:
    """Starts hubs; takes settings. Batches leave every 20 ms unless told otherwise."""
    hubs: list[Hub] = []

    async def start(*, over: Any = None, **settings: Any) -> Hub:
        chosen = HubSettings(**{"batch_ms": 20, "activity_ms": 0, **settings})
        hub = Hub(over or store, owner=OWNER, settings=chosen, executor=executor)
        hubs.append(hub)
        await hub.start()
        return hub

    yield start
    for hub in hubs:
        await hub.stop()
