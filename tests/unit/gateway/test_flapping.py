"""What comes and goes is one incident, told at most twice, and told again once it stays."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.incident import Act, State
from alerts.pace import Pace
from alerts.plan import Role
from alerts.roster import Person, Roster
from edge.reading import Finding
from gateway.db import cycles, tables
from gateway.db.engine import reading
from tests.unit.gateway.held_world import HeldWorld

HOME = "s01/b01/u0"
Make = Callable[..., HeldWorld]


@pytest.fixture
def make() -> Iterator[Make]:
    made = []

    def world(**pace: Any) -> HeldWorld:
        roles = {"wang": "grid_worker", "li": "backup", "street": "street"}
        people = tuple(
            Person(id=name, name=name, roles=(Role(role),), areas=("s01",), sms=f"1380000000{n}")
            for n, (name, role) in enumerate(roles.items())
        )
        terms = Pace(per_hour=60, burst=60, **pace)
        made.append(HeldWorld(pace=terms, roster=Roster(version=1, person=people)))
        return made[-1]

    yield world
    for each in made:
        each.close()


def flap(world: HeldWorld, rule: str, on_s: float, off_s: float, times: int = 10) -> Finding:
    """So many times on and off, each time under a new finding id; the last one's clear."""
    for _ in range(times):
        finding = world.raised(rule, HOME)
        world.take(finding)
        world.restart()
        world.passes(on_s)
        world.take(world.cleared(finding))
        world.passes(off_s)
    return finding


def messages(world: HeldWorld) -> list[str]:
    """The purposes of what wang was sent in the world's whole time, oldest first."""
    sent = tables.outbox.c
    query = sa.select(tables.outbox).where(sent.attempt > 0, sent.person_id == "wang")
    return [row["purpose"] for row in world.rows(query.order_by(sent.id))]


@pytest.mark.parametrize(
    ("rule", "on_s", "off_s", "most"),
    [
        ("leak", 5, 5, 2),
        ("leak", 20, 20, 2),
        ("leak", 60, 60, 2),
        ("leak", 300, 300, 2),
        ("smoke", 1, 1, 2),
        ("smoke", 20, 20, 2),
        # Long away, then back: urgent ones are told at once although it flaps.
        ("smoke", 100, 250, 3),
    ],
)
def test_ten_cycles_are_one_incident_and_few_messages(
    make: Make, rule: str, on_s: float, off_s: float, most: int
) -> None:
    world = make()
    flap(world, rule, on_s, off_s)
    world.passes(1_200)
    (incident,) = world.incidents()
    with reading(world.database) as connection:
        assert cycles.count(connection, incident.id) == 10
    assert 1 <= len(messages(world)) <= most


def test_what_flaps_and_then_stays_is_told(make: Make) -> None:
    world = make()
    flap(world, "leak", 300, 300, times=4)
    before = len(messages(world))
    world.take(world.raised("leak", HOME))
    world.passes(60)
    (incident,) = world.incidents()
    assert world.held() == {incident.id: "flapping"}
    assert len(messages(world)) == before
    world.restart()
    world.passes(600)
    assert messages(world)[before:] == ["alert"]
    assert world.held() == {}


def test_a_condition_that_returns_before_anybody_stood_down_is_no_news(make: Make) -> None:
    world = make()
    finding = world.raised("smoke", HOME)
    world.take(finding)
    world.passes(1)
    world.take(world.cleared(finding))
    world.passes(60)
    world.take(world.raised("smoke", HOME))
    world.passes(30)
    assert messages(world) == ["alert"]
    (incident,) = world.incidents()
    assert incident.condition_active
    assert incident.next_due_ns is not None


def test_people_stand_down_once_it_has_stayed_away(make: Make) -> None:
    world = make()
    finding = world.raised("leak", HOME)
    world.take(finding)
    world.passes(15)
    world.take(world.cleared(finding))
    world.passes(119)
    assert messages(world) == ["alert"]
    world.restart()
    world.passes(1)
    assert messages(world) == ["alert", "stand_down"]


def test_a_case_in_somebodys_hands_is_carried_on_without_a_word(make: Make) -> None:
    world = make()
    first = world.raised("leak", HOME)
    incident = world.take(first)
    world.passes(15)
    world.act(incident, Act.ACKNOWLEDGE)
    world.take(world.cleared(first))
    world.passes(10)
    world.take(world.raised("leak", HOME))
    world.passes(600)
    (known,) = world.incidents()
    assert (known.state, known.owner) == (State.ACKNOWLEDGED, "wang")
    assert known.condition_active
    assert messages(world) == ["alert"]


def test_a_condition_that_returns_after_its_case_was_closed_is_a_new_incident(make: Make) -> None:
    world = make()
    first = world.raised("leak", HOME)
    incident = world.take(first)
    world.passes(15)
    world.take(world.cleared(first))
    world.act(incident, Act.CLOSE)
    world.passes(600)
    again = world.take(world.raised("leak", HOME))
    world.hours(1)
    assert {each.id for each in world.incidents()} == {incident, again}
    assert again in world.told


def test_an_old_word_on_an_earlier_finding_changes_nothing(make: Make) -> None:
    world = make()
    first = world.raised("leak", HOME)
    world.take(first)
    world.passes(5)
    world.take(world.cleared(first))
    world.passes(5)
    world.take(world.raised("leak", HOME))
    late = world.cleared(world.cleared(first))
    world.take(late)
    (incident,) = world.incidents()
    assert incident.condition_active
    assert world.take(world.cleared(world.cleared(late))) == incident.id
