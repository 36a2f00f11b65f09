from __future__ import annotations

from buildwidget.hub.stats import Counters


def test_latency_is_the_share_that_was_not_exceeded() -> None:
    counters = Counters(clock=lambda: 1.0)
    assert counters.latency(0.5) is None
    for at in range(900, 1000):
        counters.released(at)
    assert counters.latency(0.5) == 50
    assert counters.latency(0.99) == 99
    assert counters.latency(1.0) == 100


def test_an_unknown_time_and_a_clock_that_is_behind_do_not_spoil_it() -> None:
    counters = Counters(clock=lambda: 1.0)
    counters.released(0)
    assert counters.latency(0.5) is None
    counters.released(2000)
    assert counters.latency(0.5) == 0


def test_the_worst_lag_is_remembered_for_a_minute() -> None:
    now = 1.0
    counters = Counters(clock=lambda: now)
    assert (counters.lag, counters.worst_lag) == (0, 0)
    counters.lagged(0.02)
    counters.lagged(0.001)
    assert (counters.lag, counters.worst_lag) == (1, 20)
    now += 59
    counters.lagged(0.002)
    assert (counters.lag, counters.worst_lag) == (2, 20)
    now += 2
    assert (counters.lag, counters.worst_lag) == (2, 2)
