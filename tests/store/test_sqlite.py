"""The contract on SQLite: in a file, as it is used, and in memory, as quick tests use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.contract import StoreContract
from tests.store.search_contract import SearchContract


class TestSqliteFile(StoreContract, SearchContract):
    @pytest.fixture
    def store_url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path / 'data' / 'builds.db'}"


class TestSqliteInMemory(StoreContract, SearchContract):
    @pytest.fixture
    def store_url(self) -> str:
        return "sqlite://"
