"""Slots: oldest first, so many at once, and cancelling while waiting."""

from __future__ import annotations

import os
import signal

import pytest

from buildwidget.runner.liveness import LeaseObserver
from buildwidget.runner.sweep import sweep
from tests.runner.builds import Builds
from tests.waiting import wait_until


def test_builds_start_oldest_first_within_the_limit(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_MAX_RUNNING", "1")
    hold = builds.command("echo held; sleep 60")
    builds.wait_for_line(hold, "held")
    records = [builds.create({"command": "sleep 0.2"}) for _ in range(3)]
    # Started youngest first: the order is that of their making.
    waiting = [builds.spawn(record) for record in reversed(records)][::-1]
    aside = builds.command("echo aside", slotted=False)
    assert builds.wait_for(aside).status == "succeeded"
    assert [builds.store.queue_ahead(build_id) for build_id in waiting] == [0, 1, 2]

    builds.store.send(waiting[1], "cancel", "r1")
    cancelled = builds.wait_for(waiting[1])
    assert (cancelled.status, cancelled.started_at) == ("cancelled", None)
    assert builds.status(hold) == "running"

    builds.store.send(hold, "cancel", "r1")
    first, last = builds.wait_for(waiting[0]), builds.wait_for(waiting[2])
    assert (first.status, last.status) == ("succeeded", "succeeded")
    assert first.ended_at is not None
    assert last.started_at is not None
    assert last.started_at >= first.ended_at


def test_a_runner_that_dies_in_the_queue_does_not_hold_its_place(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDWIDGET_MAX_RUNNING", "1")
    hold = builds.command("echo held; sleep 60")
    builds.wait_for_line(hold, "held")
    dead, alive = builds.command("echo dead"), builds.command("echo alive")
    wait_until(lambda: builds.store.record(dead).generation == 1, what="the claim")
    builds.kill_runner(dead)
    assert sweep(builds.store, LeaseObserver()) == [dead]
    assert builds.status(dead) == "lost"
    os.kill(builds.runner(hold).pid, signal.SIGTERM)
    assert builds.wait_for(alive).status == "succeeded"
