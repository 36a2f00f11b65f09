"""A soak at toy size: real processes, one fault of each kind, and everything compared at the end."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.soak.conductor import Conductor
from tests.soak.plan import FULL, TOY, Plan, schedule


@pytest.mark.timeout(300)  # starts a server twice and a dozen other Pythons, beside other tests
def test_a_toy_soak(tmp_path: Path) -> None:
    report = Conductor(TOY, "toy", 1, tmp_path).run()
    assert report.faults == []
    assert (report.kills + report.stops, report.restored, report.away) == (TOY.kills, 1, 1)
    assert report.followed >= TOY.clients
    for way in ("WebSocket", "event stream", "polling"):
        assert report.counts[way]["events"] >= TOY.enough
        assert report.counts[way]["snapshots"] > 0
        assert report.counts[way]["connections"] > 1


@pytest.mark.parametrize("plan", [FULL, TOY], ids=["full", "toy"])
def test_a_schedule_follows_from_its_seed(plan: Plan) -> None:
    actions = schedule(plan, 7)
    assert actions == schedule(plan, 7) != schedule(plan, 8)
    deeds = [action.deed for action in actions]
    assert deeds.count("kill") + deeds.count("stop") == plan.kills
    assert deeds.index("backup") < deeds.index("restore") < deeds.index("away")
    assert all(0 < action.at < plan.seconds for action in actions)
    longer = dataclasses.replace(plan, seconds=2 * plan.seconds)
    assert [action.deed for action in schedule(longer, 7)] == deeds
