from __future__ import annotations

import pytest

from buildwidget.hub.settings import HubSettings


@pytest.mark.parametrize("name", ["batch_ms", "max_connections", "max_lag_bytes"])
def test_numbers_must_be_positive(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be positive"):
        HubSettings(**{name: 0})


def test_counting_the_active_builds_can_be_turned_off() -> None:
    assert HubSettings(activity_ms=0).activity_ms == 0


def test_the_ring_must_hold_the_lag() -> None:
    with pytest.raises(ValueError, match="ring must hold"):
        HubSettings(ring_events=10, max_lag_events=11)
