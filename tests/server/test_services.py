"""What handlers share: whose calls run when."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

from jupyter_extension.services import Services


async def test_searches_take_one_thread_at_a_time() -> None:
    release = threading.Event()
    with ThreadPoolExecutor(4) as executor:
        services = Services(Mock(), Mock(), Mock(), executor, executor, "server")
        try:
            searches = [asyncio.ensure_future(services.search(release.wait, 30)) for _ in range(8)]
            # There are more searches than threads: other calls would wait behind them.
            others = asyncio.gather(*(services.run(int, digit) for digit in "123"))
            assert await asyncio.wait_for(others, 10) == [1, 2, 3]
            assert not any(search.done() for search in searches)
        finally:
            release.set()
        assert await asyncio.wait_for(asyncio.gather(*searches), 10) == [True] * 8


async def test_a_search_that_fails_gives_its_turn_away() -> None:
    with ThreadPoolExecutor(1) as executor:
        services = Services(Mock(), Mock(), Mock(), executor, executor, "server")
        results = await asyncio.gather(services.search(int, "x"), services.search(int, "1"), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert results[1] == 1
