"""How large a soak is, and what happens in it when. Everything random follows from the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Deed: TypeAlias = Literal["kill", "stop", "backup", "restore", "away"]


@dataclass(frozen=True)
class Action:
    """A fault: ``at`` seconds after the start, lasting ``lasts`` seconds where it has a length."""

    at: float
    deed: Deed
    lasts: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The sizes of a soak; times are seconds.

    ``pace``: a writer's pause between two bursts of work is up to this. ``outburst``: events that a build writes at
    once, once in its life. ``life``: how long a build writes. ``quiet``: how long a client stays connected.
    ``enough``: events that each transport must have brought; on a slow machine the soak takes longer for it.
    ``stall``: how long it stops reading. ``poll``: between two rounds of a polling client. ``settle``: within which
    all must have everything when the faults have ended.
    """

    builds: int
    clients: int
    crowds: int
    seconds: float
    kills: int
    pace: float
    outburst: int
    life: tuple[float, float]
    quiet: tuple[float, float]
    stall: tuple[float, float]
    poll: tuple[float, float]
    settle: float
    enough: int
    server: dict[str, Any] = field(default_factory=dict)


FULL: Final = Plan(
    builds=8,
    clients=160,
    crowds=2,
    seconds=240.0,
    kills=8,
    pace=0.4,
    outburst=1_500,
    life=(20.0, 90.0),
    quiet=(1.0, 40.0),
    stall=(1.0, 8.0),
    poll=(1.0, 2.0),
    settle=90.0,
    enough=10_000,
    server={"heartbeat_ms": 4_000, "timeout_ms": 12_000, "write_timeout_ms": 3_000, "sweep_seconds": 2.0},
)

TOY: Final = Plan(
    builds=3,
    clients=9,
    crowds=1,
    seconds=8.0,
    kills=1,
    pace=0.1,
    outburst=300,
    life=(2.0, 6.0),
    quiet=(0.2, 3.0),
    stall=(0.3, 1.0),
    poll=(0.1, 0.3),
    settle=60.0,
    enough=200,
    server={
        "heartbeat_ms": 500,
        "timeout_ms": 3_000,
        "write_timeout_ms": 500,
        "sweep_seconds": 0.5,
        "max_lag_events": 100,
        "ring_events": 200,
        "reconnect_ms": 100,
    },
)


def schedule(plan: Plan, seed: int) -> list[Action]:
    """The faults of a soak in order: restarts of the server, one backup and its restore, one absence of the database.

    One comes after the other; the next one starts when the one before is over.
    """
    rng = random.Random(f"{seed}:schedule")
    whole = plan.seconds
    actions = [
        Action(rng.uniform(0.05, 0.9) * whole, "kill" if number % 3 != 2 else "stop", rng.uniform(0.0, 0.01) * whole)
        for number in range(plan.kills)
    ]
    backup = rng.uniform(0.2, 0.3)
    actions += [
        Action(backup * whole, "backup"),
        Action((backup + rng.uniform(0.1, 0.2)) * whole, "restore"),
        Action(rng.uniform(0.6, 0.8) * whole, "away", min(4.0, 0.1 * whole)),
    ]
    return sorted(actions, key=lambda action: action.at)
