"""Five thousand findings over fifty buildings in ten seconds: nobody is buried, nothing is lost."""

from collections import Counter
from itertools import pairwise

import pytest
import sqlalchemy as sa

from alerts.pace import Pace
from alerts.roster import Person, Roster
from edge.reading import MINUTE_NS, SECOND_NS
from gateway.db import tables
from gateway.db.bundle_tables import waiting
from tests.unit.gateway.held_world import HeldWorld

BUILDINGS = 50
WORKERS = tuple(f"w{n:02}" for n in range(1, BUILDINGS + 1))


def a_roster() -> Roster:
    """One grid worker a building, and nobody behind them."""
    people = [
        Person.model_validate(
            {
                "id": f"w{n:02}",
                "name": f"网格员{n}",
                "roles": ["grid_worker"],
                "areas": [f"s01/b{n:02}"],
                "sms": f"138{n:08}",
            }
        )
        for n in range(1, BUILDINGS + 1)
    ]
    return Roster(version=1, person=tuple(people))


@pytest.mark.parametrize(
    "findings", [500, pytest.param(5_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_a_storm_is_told_in_bundles_and_an_urgent_incident_at_once(findings: int) -> None:
    world = HeldWorld(pace=Pace(flood=5) if findings < 1_000 else Pace(), roster=a_roster())
    raised, urgent = set(), {}
    for second in range(10):
        for n in range(second, findings, 10):
            home = f"s01/b{n % BUILDINGS + 1:02}/u{n}"
            raised.add(world.take(world.raised("leak", home)))
        urgent[world.take(world.raised("smoke", f"s01/b{second + 1:02}/u0"))] = world.now_ns
        world.passes(1)
    for _ in range(120):
        world.passes(5)
    _everything_is_accounted_for(world, raised)
    _nobody_is_buried(world)
    # The first message of each; later ones are the plan's next steps.
    told_ns = {row["incident_id"]: row["created_ns"] for row in _sent(world, urgent=True)[::-1]}
    assert all(told_ns[each] - at_ns <= 5 * SECOND_NS for each, at_ns in urgent.items())
    world.close()


def _everything_is_accounted_for(world: HeldWorld, raised: set[str]) -> None:
    alone = {row["incident_id"] for row in _sent(world, urgent=False) if row["incident_id"]}
    inside = sa.select(waiting.c.incident_id).where(waiting.c.bundle_id.is_not(None))
    assert alone | {row["incident_id"] for row in world.rows(inside)} == raised


def _nobody_is_buried(world: HeldWorld) -> None:
    sent = _sent(world, urgent=False)
    for worker in WORKERS:
        at_ns = [row["created_ns"] for row in sent if row["person_id"] == worker]
        assert all(later - earlier >= MINUTE_NS for earlier, later in pairwise(at_ns))
    assert max(Counter(row["person_id"] for row in sent).values()) <= 10


def _sent(world: HeldWorld, *, urgent: bool) -> list[sa.RowMapping]:
    sent = tables.outbox.c
    tier = sent.tier == 1 if urgent else sent.tier > 1
    query = sa.select(tables.outbox).where(sent.attempt > 0, tier).order_by(sent.id)
    return world.rows(query)
