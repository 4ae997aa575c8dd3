"""A phone that fails is a hole: its person goes last until it works or somebody resets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.channels.base import Inbound, Outcome
from alerts.incident import Incident
from edge.reading import MINUTE_NS
from gateway.db import tables
from tests.unit.gateway.duty_world import DutyWorld, make_world, person
from tests.unit.gateway.test_engine import NOW

WANG = "13800000001"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DutyWorld]:
    made = make_world(tmp_path, [person("wang", 1), person("li", 4, roles=["backup"])])
    yield made
    made.engine.database.dispose()


def told_of(world: DutyWorld, incident: Incident) -> set[str]:
    rows = world.rows(tables.outbox)
    return {row["person_id"] for row in rows if row["incident_id"] == incident.id}


def test_a_number_that_is_refused_for_good_makes_a_hole(world: DutyWorld) -> None:
    world.raise_one(NOW)
    assert world.failing() == frozenset()
    world.send(NOW, Outcome.PERMANENT)
    assert world.failing() == {"wang"}


def test_the_person_is_told_all_the_same_and_a_backup_with_them(world: DutyWorld) -> None:
    world.raise_one(NOW)
    world.send(NOW, Outcome.PERMANENT)
    assert told_of(world, world.raise_one(NOW + 1)) == {"wang", "li"}
    holes = [row for row in world.rows(tables.incident_event) if row["kind"] == "plan_hole"]
    assert '"lack":"phones"' in holes[-1]["detail"]


def test_two_urgent_messages_without_a_word_of_arrival_make_a_hole(world: DutyWorld) -> None:
    world.raise_one(NOW)
    world.send(NOW, Outcome.DELIVERED)
    for count, expected in ((1, frozenset[str]()), (2, frozenset({"wang"}))):
        now_ns = NOW + count * MINUTE_NS // 4
        world.raise_one(now_ns)
        world.send(now_ns, Outcome.ACCEPTED)
        world.go_to(now_ns + MINUTE_NS)
        assert world.failing() == expected


def test_a_provider_that_never_confirms_says_nothing_about_phones(world: DutyWorld) -> None:
    for count in range(3):
        world.raise_one(NOW + count)
        world.send(NOW + count, Outcome.ACCEPTED)
    world.go_to(NOW + 2 * MINUTE_NS)
    assert world.failing() == frozenset()


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.ACCEPTED])
def test_a_send_that_is_taken_again_heals_a_refused_phone(
    world: DutyWorld, outcome: Outcome
) -> None:
    world.raise_one(NOW)
    world.send(NOW, Outcome.PERMANENT)
    world.raise_one(NOW + 1)
    world.send(NOW + 1, outcome)
    assert world.failing() == frozenset()


def test_an_answer_by_the_phone_heals_it(world: DutyWorld) -> None:
    world.raise_one(NOW)
    world.send(NOW, Outcome.PERMANENT)
    second = world.raise_one(NOW + 1)
    world.send(NOW + 1, Outcome.UNKNOWN)
    assert world.failing() == {"wang"}
    codes = [row for row in world.rows(tables.code) if row["incident_id"] == second.id]
    (code,) = (row["code"] for row in codes if row["person_id"] == "wang")
    assert world.engine.reply("sms", Inbound("in-1", WANG, f"{code}1", NOW), NOW + 2) == (
        "acknowledge"
    )
    assert world.failing() == frozenset()


def test_another_number_begins_without_a_stain(world: DutyWorld) -> None:
    world.raise_one(NOW)
    world.send(NOW, Outcome.PERMANENT)
    people = world.engine.book.roster.person
    changed = people[0].model_copy(update={"sms": "13911112222"})
    roster = world.engine.book.roster.model_copy(update={"person": (changed, *people[1:])})
    assert world.failing() == {"wang"}
    world.go_by(roster)
    assert world.failing() == frozenset()
