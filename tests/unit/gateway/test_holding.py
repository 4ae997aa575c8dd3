"""People are told of a cause and not of its effects, and of every effect that outlasts it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alerts.incident import Act, Command, Outcome, State
from edge.reading import HOUR_NS, SECOND_NS, Tier
from gateway.health import Pulse, check
from gateway.own_findings import OWN
from tests.unit.gateway.held_world import HeldWorld

METER = "s01/b01/u0/m0"
ELSEWHERE = "s01/b01/u5/m5"
HOME = "s01/b01/u0"
ADAPTER = "s01/b01/dtu-0"
EDGE = "s01/e01"


def found_by(rule: str) -> str:
    """The gateway itself finds that an edge is down."""
    return OWN if rule == "edge_down" else "e01"


@pytest.fixture
def world() -> Iterator[HeldWorld]:
    world = HeldWorld()
    yield world
    world.close()


@pytest.mark.parametrize(
    ("cause", "at", "effect", "about"),
    [
        ("adapter_down", ADAPTER, "device_silent", METER),
        ("recorder_down", "s01/b01/nvr-0", "device_silent", "s01/b01/u0/cam"),
        ("edge_down", EDGE, "device_silent", METER),
        ("edge_down", EDGE, "adapter_down", ADAPTER),
        ("supply_outage", "s01/b01/r1", "welfare", HOME),
        ("supply_outage", "s01/b01", "welfare", HOME),
    ],
)
def test_an_effect_of_what_is_known_is_shown_and_not_told(
    world: HeldWorld, cause: str, at: str, effect: str, about: str
) -> None:
    of_cause = world.take(world.raised(cause, at), found_by(cause))
    of_effect = world.take(world.raised(effect, about))
    world.passes(60)
    assert of_cause in world.told
    assert of_effect not in world.told
    assert world.held() == {of_effect: "cause"}
    assert world.incident(of_effect).state is State.OPEN


@pytest.mark.parametrize(
    ("cause", "at", "effect", "about"),
    [
        ("adapter_down", ADAPTER, "device_silent", ELSEWHERE),
        ("edge_down", "s01/e02", "device_silent", METER),
        ("supply_outage", "s01/b01/r2", "welfare", HOME),
        ("adapter_down", ADAPTER, "welfare", HOME),
        ("edge_down", EDGE, "welfare", HOME),
        ("edge_down", EDGE, "leak", HOME),
        ("edge_down", EDGE, "smoke", METER),
        ("adapter_down", ADAPTER, "smoke", METER),
        ("supply_outage", "s01/b01", "smoke", HOME),
    ],
)
def test_what_is_no_proven_effect_is_told(
    world: HeldWorld, cause: str, at: str, effect: str, about: str
) -> None:
    world.take(world.raised(cause, at), found_by(cause))
    stands_alone = world.take(world.raised(effect, about))
    world.passes(60)
    assert stands_alone in world.told
    assert world.held() == {}


def test_an_urgent_incident_of_a_device_is_never_an_effect(world: HeldWorld) -> None:
    world.take(world.raised("edge_down", EDGE), OWN)
    urgent = world.take(world.raised("device_silent", METER, tier=Tier.URGENT))
    assert urgent in world.passes(0)


def test_a_resident_still_for_a_whole_window_before_the_water_failed_is_told_at_once(
    world: HeldWorld,
) -> None:
    world.take(world.raised("supply_outage", "s01/b01", since_ns=world.now_ns - HOUR_NS))
    proven = world.raised("welfare", HOME, since_ns=world.now_ns - 13 * HOUR_NS)
    assert world.take(proven) in world.passes(0)


def test_without_a_registry_nothing_is_taken_for_an_effect(world: HeldWorld) -> None:
    world.book = replace(world.book, registry=None)
    world.restart()
    world.take(world.raised("adapter_down", ADAPTER))
    told = world.take(world.raised("device_silent", METER))
    assert told in world.passes(60)


def test_an_effect_that_comes_first_waits_for_its_cause_and_is_then_held(
    world: HeldWorld,
) -> None:
    since_ns = world.now_ns
    effect = world.take(world.raised("device_silent", METER))
    assert world.passes(10) == []
    world.restart()
    world.take(world.raised("adapter_down", ADAPTER, since_ns=since_ns))
    world.passes(60)
    assert effect not in world.told
    assert list(world.timeline(effect)) == ["opened", "held"]


def test_what_was_owed_and_not_sent_is_taken_back_when_the_cause_is_found(
    world: HeldWorld,
) -> None:
    since_ns = world.now_ns
    effect = world.take(world.raised("device_silent", METER))
    world.now_ns += 60 * SECOND_NS
    world.engine.advance_due(world.now_ns)
    world.restart()
    world.take(world.raised("adapter_down", ADAPTER, since_ns=since_ns))
    world.send()
    assert effect not in world.told


def test_an_effect_that_outlasts_its_cause_is_told_at_once(world: HeldWorld) -> None:
    cause = world.raised("adapter_down", ADAPTER)
    world.take(cause)
    effect = world.take(world.raised("device_silent", METER))
    world.passes(3_600)
    world.restart()
    world.take(world.cleared(cause))
    assert effect in world.passes(0)
    assert world.held() == {}
    assert list(world.timeline(effect)) == ["opened", "held", "released", "step"]


def test_an_effect_that_ends_with_its_cause_is_told_to_nobody(world: HeldWorld) -> None:
    cause, effect = world.raised("adapter_down", ADAPTER), world.raised("device_silent", METER)
    world.take(cause)
    hidden = world.take(effect)
    world.passes(3_600)
    world.take(world.cleared(effect))
    world.take(world.cleared(cause))
    world.passes(3_600)
    assert hidden not in world.told
    assert world.incident(hidden).state is State.WITHDRAWN
    assert world.held() == {}


def test_a_cause_that_a_person_finds_to_be_none_holds_nothing_any_more(world: HeldWorld) -> None:
    cause = world.take(world.raised("adapter_down", ADAPTER))
    effect = world.take(world.raised("device_silent", METER))
    world.passes(60)
    assert world.held() == {effect: "cause"}
    command = Command(Act.CLOSE, by="wang", outcome=Outcome.FALSE_ALARM)
    world.engine.act(cause, command, now_ns=world.now_ns)
    assert effect in world.passes(0)


def test_an_effect_that_was_told_before_its_cause_began_goes_on(world: HeldWorld) -> None:
    older = world.take(world.raised("device_silent", METER))
    world.passes(3_600)
    world.take(world.raised("adapter_down", ADAPTER))
    assert world.held() == {}
    assert world.incident(older).next_due_ns is not None


def test_a_supply_outage_explains_nothing_after_a_day(world: HeldWorld) -> None:
    world.take(world.raised("supply_outage", "s01/b01"))
    effect = world.take(world.raised("welfare", HOME))
    world.passes(23 * 3_600)
    assert effect not in world.told
    world.passes(3_601)
    assert effect in world.told


def test_a_person_who_answers_a_held_incident_ends_the_hold(world: HeldWorld) -> None:
    cause = world.raised("adapter_down", ADAPTER)
    world.take(cause)
    effect = world.take(world.raised("device_silent", METER))
    world.act(effect, Act.ACKNOWLEDGE)
    assert world.held() == {}
    world.take(world.cleared(cause))
    world.passes(3_600)
    assert effect not in world.told


def test_a_held_incident_is_no_orphan(world: HeldWorld) -> None:
    world.take(world.raised("adapter_down", ADAPTER))
    world.take(world.raised("device_silent", METER))
    world.passes(60)
    assert check(world.database, Pulse(), world.now_ns).orphans == 0
