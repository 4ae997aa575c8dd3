"""Causes and effects in any order over a thousand restarts: no effect slips, none is lost."""

import random

import pytest

from edge.reading import Finding
from gateway.own_findings import OWN
from tests.unit.gateway.held_world import HeldWorld

EDGE = ("edge_down", "s01/e01")
CAUSES = (EDGE, ("adapter_down", "s01/b01/dtu-0"))
METERS = tuple(f"s01/b01/u{n}/m{n}" for n in range(6))
BEHIND = frozenset(METERS[:3])
STEPS = 40
Active = dict[tuple[str, str], Finding]


@pytest.mark.parametrize("seed", range(40))
def test_an_effect_is_silent_while_its_cause_lasts_and_told_when_it_outlasts_it(seed: int) -> None:
    rng, world = random.Random(seed), HeldWorld()
    active: Active = {}
    restarts = sum([_step(rng, world, active) for _ in range(STEPS)])
    for cause in CAUSES:
        if finding := active.pop(cause, None):
            world.take(world.cleared(finding), OWN)
    for seconds in (60, 3_600, 3_600):
        world.passes(seconds)
    known = world.incidents()
    with world.engine.working(world.now_ns) as work:
        told = [incident for incident in known if work.told_of(incident)]
    # What comes and goes is one incident, whatever its findings are called.
    assert set(active) <= {(incident.rule, incident.subject) for incident in told}
    assert world.held() == {}
    assert restarts >= STEPS // 2
    world.close()


def _step(rng: random.Random, world: HeldWorld, active: Active) -> int:
    """Something begins or ends, time passes, and more often than not the process is killed."""
    what = rng.choice((*CAUSES, *(("device_silent", meter) for meter in METERS)))
    edge = OWN if what == EDGE else "e01"
    if finding := active.pop(what, None):
        world.take(world.cleared(finding), edge)
    else:
        active[what] = world.raised(*what)
        world.take(active[what], edge)
    killed = rng.random() < 0.7
    if killed:
        world.restart()
    before = len(world.told)
    world.passes(rng.choice((0, 1, 5, 14, 16, 60, 600)))
    _no_leak(world, active, world.told[before:])
    return killed


def _no_leak(world: HeldWorld, active: Active, told: list[str]) -> None:
    for incident in map(world.incident, set(told) - {""}):  # a bundle is about several
        if incident.rule == "device_silent":
            hiding = [active[cause] for cause in CAUSES if _hides(cause, incident.subject, active)]
            assert all(incident.opened_ns < cause.since_ns for cause in hiding)


def _hides(cause: tuple[str, str], meter: str, active: Active) -> bool:
    return cause in active and (cause == EDGE or meter in BEHIND)
