"""The end of a shift, calls and cries for help do not flood anybody either, and wait for nobody."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from alerts.channels.base import Inbound
from alerts.incident import Act
from alerts.message import units
from alerts.pace import Pace, Traffic, Turn, Wait, turn_between_people
from alerts.roster import Roster
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.db import tables
from gateway.db.bundle_tables import bundle, waiting
from gateway.whistling import Wanted, call_in
from tests.unit.gateway.duty_world import DAY, NIGHT, SIX_NS, person
from tests.unit.gateway.held_world import HeldWorld

MANY = 12
ZHAO = "13800000002"


@pytest.fixture
def world() -> Iterator[HeldWorld]:
    """Wang by day, zhao by night and a backup; the two wish to be left alone until the morning."""
    people = [
        person("wang", 1, shift=DAY),
        person("zhao", 2, shift=NIGHT, quiet=["17:30", "07:00"]),
        person("li", 4, roles=["backup"], quiet=["16:30", "07:00"]),
    ]
    roster = Roster.model_validate({"version": 1, "person": people})
    made = HeldWorld(pace=Pace(flood=1_000, per_hour=60, burst=60), roster=roster)
    yield made
    made.close()


def taken(world: HeldWorld, count: int = MANY) -> list[str]:
    """Incidents of wang's, all of them answered."""
    ids = [world.take(world.raised("leak", f"s01/b01/u{n}")) for n in range(count)]
    world.passes(15)
    for incident_id in ids:
        world.act(incident_id, Act.ACKNOWLEDGE)
    world.passes(1)
    return ids


def until(world: HeldWorld, at_ns: int) -> None:
    """Time passes until then, and all that is due is sent."""
    world.passes((at_ns - world.now_ns) / SECOND_NS)


def sent(world: HeldWorld, who: str, since_ns: int) -> list[sa.RowMapping]:
    """What that person was sent since then, in order."""
    out = tables.outbox.c
    query = sa.select(tables.outbox).where(out.person_id == who, out.attempt > 0)
    return world.rows(query.where(out.created_ns >= since_ns).order_by(out.id))


def test_a_shift_that_ends_with_a_dozen_incidents_tells_each_side_twice(world: HeldWorld) -> None:
    ids = taken(world)
    until(world, SIX_NS)
    for _ in range(4):
        world.passes(30)
    for who, single in (("zhao", "hand_over"), ("wang", "shift_end")):
        told = sent(world, who, SIX_NS)
        assert [row["purpose"] for row in told] == [single, "bundle"]
        assert told[1]["created_ns"] - told[0]["created_ns"] == MINUTE_NS
        assert all(units(row["text"]) <= 70 for row in told)
    together = sent(world, "zhao", SIX_NS)[1]["text"]
    assert f"共{MANY - 1}件" in together
    assert "请接手" in together
    assert "已交班" in sent(world, "wang", SIX_NS)[1]["text"]
    accounted = world.rows(sa.select(waiting).where(waiting.c.why == Wait.TOGETHER))
    assert len(accounted) == 2 * (MANY - 1)
    assert len(ids) == MANY


def test_one_answer_takes_over_all_that_was_handed_over_together(world: HeldWorld) -> None:
    ids = taken(world)
    until(world, SIX_NS)
    world.passes(60)
    (code,) = (row["code"] for row in world.rows(sa.select(bundle)) if row["person_id"] == "zhao")
    said = Inbound("in-1", ZHAO, f"{code} 1", world.now_ns)
    assert world.engine.reply("sms", said, world.now_ns) == "acknowledge"
    owners = Counter(world.incident(each).owner for each in ids)
    assert owners == {"zhao": MANY - 1, "wang": 1}, "the first was told, and is answered, by itself"


def test_what_was_answered_within_the_minute_is_not_told(world: HeldWorld) -> None:
    ids = taken(world, 3)
    until(world, SIX_NS)
    for incident_id in ids[1:]:
        world.act(incident_id, Act.ACKNOWLEDGE, by="zhao")
    world.passes(60)
    assert [row["purpose"] for row in sent(world, "zhao", SIX_NS)] == ["hand_over"]
    dropped = world.rows(sa.select(waiting).where(waiting.c.dropped != ""))
    assert Counter(row["purpose"] for row in dropped)["hand_over"] == 2


def test_an_urgent_hand_over_never_waits(world: HeldWorld) -> None:
    ids = [world.take(world.raised("smoke", f"s01/b01/u{n}")) for n in range(4)]
    world.passes(0)
    for incident_id in ids:
        world.act(incident_id, Act.ACKNOWLEDGE)
    until(world, SIX_NS)
    offers = [row for row in sent(world, "zhao", SIX_NS) if row["purpose"] == "hand_over"]
    assert len(offers) == 4


def test_who_is_called_to_many_places_hears_of_all_within_a_minute(world: HeldWorld) -> None:
    ids = taken(world, 5)
    began_ns = world.now_ns
    for incident_id in ids:
        with world.engine.working(world.now_ns) as work:
            call_in(work, incident_id, Wanted(person="li", note="来"), "wang")
        world.passes(1)
    world.passes(60)
    told = sent(world, "li", began_ns)
    assert Counter(row["purpose"] for row in told)["bundle"] == 1
    first = [row for row in told if row["purpose"] == "call"]
    assert len({row["incident_id"] for row in first}) == 1
    assert "共4件" in next(row["text"] for row in told if row["purpose"] == "bundle")
    assert max(row["created_ns"] for row in told) - began_ns <= 65 * SECOND_NS


def test_a_cry_for_help_comes_through_quiet_hours_and_a_used_up_share(world: HeldWorld) -> None:
    pace = Pace(per_hour=1, burst=1, flood=1_000)
    world.engine.book = replace(world.engine.book, pace=pace)
    ids = taken(world, 2)
    began_ns = world.now_ns
    for incident_id in ids:
        world.act(incident_id, Act.SUPPORT)
        world.passes(120)
    asked = [row["incident_id"] for row in sent(world, "li", began_ns)]
    assert list(dict.fromkeys(asked)) == ids


@pytest.mark.parametrize(
    ("tier", "told_ns", "due_ns"),
    [
        (Tier.URGENT, 0, None),
        (Tier.IMPORTANT, None, None),
        (Tier.IMPORTANT, HOUR_NS, HOUR_NS + MINUTE_NS),
        (Tier.GENERAL, HOUR_NS - MINUTE_NS + 1, HOUR_NS + 1),
        (Tier.GENERAL, HOUR_NS - MINUTE_NS, None),
    ],
)
def test_the_wait_is_what_is_left_of_a_minute(
    tier: Tier, told_ns: int | None, due_ns: int | None
) -> None:
    traffic = Traffic(flooded=True, told_ns=told_ns, full_ns=10 * HOUR_NS)
    found = turn_between_people(tier, traffic, Pace(), HOUR_NS)
    assert found == (None if due_ns is None else Turn(Wait.TOGETHER, due_ns))
