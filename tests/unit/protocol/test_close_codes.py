from __future__ import annotations

import pytest

from buildwidget.protocol.close_codes import CLOSE_CODES, comes_back


def test_codes_and_names_are_told_apart() -> None:
    assert len({entry.code for entry in CLOSE_CODES}) == len({entry.name for entry in CLOSE_CODES}) == len(CLOSE_CODES)


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1012, 4100, 4101, 4102, 1011, 4199, 3000])
def test_come_back(code: int) -> None:
    assert comes_back(code)


@pytest.mark.parametrize("code", [4500, 4501, 4503, 4502, 4599])
def test_do_not_come_back(code: int) -> None:
    assert not comes_back(code)
