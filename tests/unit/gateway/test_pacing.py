"""Nobody is told too much at once, and everything is told or accounted for."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.channels.base import Inbound, Outcome, Verdict
from alerts.incident import Act, State
from alerts.message import units
from alerts.pace import Pace
from alerts.roster import Person, Roster
from edge.reading import Tier
from gateway.db import tables
from gateway.db.bundle_tables import bundle, waiting
from tests.unit.gateway.held_world import HeldWorld

HOMES = tuple(f"s01/b{n % 3 + 1:02}/u{n}" for n in range(60))
WANG = "13800000001"


def a_roster(**changes: Any) -> Roster:
    """One grid worker, with the changes, and a backup."""
    wang = {"id": "wang", "name": "王芳", "roles": ["grid_worker"], "areas": ["s01"], "sms": WANG}
    backup = {
        "id": "li",
        "name": "李强",
        "roles": ["backup"],
        "areas": ["s01"],
        "sms": "13800000002",
    }
    people = [Person.model_validate(each) for each in (wang | changes, backup)]
    return Roster(version=1, person=tuple(people))


Make = Callable[..., HeldWorld]


@pytest.fixture
def make() -> Iterator[Make]:
    made = []

    def world(pace: Pace | None = None, **person: Any) -> HeldWorld:
        made.append(HeldWorld(pace=pace or Pace(), roster=a_roster(**person)))
        return made[-1]

    yield world
    for each in made:
        each.close()


def messages(world: HeldWorld, person: str = "wang") -> list[sa.RowMapping]:
    """What the person was sent, in order."""
    sent = tables.outbox.c
    query = sa.select(tables.outbox).where(sent.person_id == person, sent.attempt > 0)
    return world.rows(query.order_by(sent.id))


def accounted(world: HeldWorld, person: str = "wang") -> set[str]:
    """The incidents of which the person was told, alone or in a bundle."""
    alone = {row["incident_id"] for row in messages(world, person) if row["incident_id"]}
    inside = sa.select(waiting.c.incident_id).where(
        waiting.c.person_id == person, waiting.c.bundle_id.is_not(None)
    )
    return alone | {row["incident_id"] for row in world.rows(inside)}


def test_a_flood_goes_in_bundles_a_minute_apart_and_nothing_is_missing(make: Make) -> None:
    world = make()
    raised = set()
    for home in HOMES:
        raised.add(world.take(world.raised("leak", home)))
        world.passes(1)
    for _ in range(5):
        world.passes(60)
    sent = messages(world)
    assert all(row["purpose"] == "bundle" for row in sent)
    assert len(sent) <= 3
    gaps = [b["created_ns"] - a["created_ns"] for a, b in pairwise(sent)]
    assert all(gap >= 60 * 10**9 for gap in gaps)
    assert accounted(world) == raised
    assert sum(row["count"] for row in world.rows(sa.select(bundle))) >= len(raised)


def test_a_bundle_says_how_many_of_what_where_and_how_to_take_them_all(make: Make) -> None:
    world = make()
    for home in HOMES[:12]:
        world.take(world.raised("leak", home))
    world.passes(15)
    world.passes(15)
    (sent,) = messages(world)
    assert sent["text"].startswith("【合并】共12件：")
    assert "持续大量用水" in sent["text"]
    assert "加1全部接单" in sent["text"]
    assert units(sent["text"]) <= 70


def test_an_urgent_incident_in_a_flood_goes_alone_and_at_once(make: Make) -> None:
    world = make()
    for home in HOMES[:30]:
        world.take(world.raised("leak", home))
    urgent = world.take(world.raised("smoke", HOMES[0]))
    assert urgent in world.passes(0)
    world.passes(15)
    assert world.take(world.raised("smoke", HOMES[1])) in world.passes(0)


def test_ten_incidents_are_no_flood(make: Make) -> None:
    world = make(Pace(burst=60))
    for home in HOMES[:10]:
        world.take(world.raised("leak", home))
    world.passes(15)
    assert Counter(row["purpose"] for row in messages(world)) == {"alert": 10}


def test_one_answer_takes_over_all_of_a_bundle(make: Make) -> None:
    world = make()
    raised = [world.take(world.raised("leak", home)) for home in HOMES[:12]]
    world.passes(15)
    world.passes(15)
    (code,) = [row["code"] for row in world.rows(sa.select(bundle))]
    assert reply(world, f"{code} 3") == "which"
    assert reply(world, "1") == "which"
    assert {each.state for each in world.incidents()} == {State.DISPATCHED}
    assert reply(world, f"{code} 1") == "acknowledge"
    assert {world.incident(each).owner for each in raised} == {"wang"}
    assert reply(world, f"{code} 1") == "over"
    world.hours(3)
    assert len(messages(world)) == len([row for row in messages(world) if row["attempt"] == 1])
    assert messages(world, "li") == []


def reply(world: HeldWorld, text: str) -> str:
    world.seq += 1
    said = Inbound(f"in-{world.seq}", WANG, text, world.now_ns)
    return world.engine.reply("sms", said, world.now_ns)


def test_nothing_answered_goes_into_a_later_bundle(make: Make) -> None:
    world = make()
    raised = [world.take(world.raised("leak", home)) for home in HOMES[:12]]
    world.passes(15)
    world.act(raised[0], Act.ACKNOWLEDGE)
    world.passes(15)
    assert accounted(world) == set(raised[1:])


def test_a_bundle_not_yet_sent_is_made_anew_without_what_was_answered(make: Make) -> None:
    world = make()
    raised = [world.take(world.raised("leak", home)) for home in HOMES[:12]]
    world.passes(15)
    world.now_ns += 15 * 10**9
    world.engine.advance_due(world.now_ns)
    assert len(world.rows(sa.select(bundle))) == 1
    world.act(raised[0], Act.ACKNOWLEDGE)
    world.passes(60)
    assert accounted(world) == set(raised[1:])
    (sent,) = messages(world)
    assert sent["text"].startswith("【合并】共11件：")


def test_a_bundle_that_cannot_be_delivered_goes_over_the_next_channel(make: Make) -> None:
    world = make(webhook="https://hooks.example/wang")
    for home in HOMES[:12]:
        world.take(world.raised("leak", home))
    world.passes(15)
    world.now_ns += 15 * 10**9
    world.engine.advance_due(world.now_ns)
    (claim,) = world.engine.claim(world.now_ns, 10)
    assert claim.channel == "sms"
    world.engine.record(claim, Verdict(Outcome.PERMANENT, "no such number"), world.now_ns)
    (claim,) = world.engine.claim(world.now_ns, 10)
    assert claim.channel == "webhook"
    assert claim.out.payload["type"] == "bundle"


def test_more_than_the_hourly_share_waits_and_is_told_together(make: Make) -> None:
    world = make()
    raised = []
    for home in HOMES[:9]:
        raised.append(world.take(world.raised("leak", home)))
        world.passes(60)
    assert len(messages(world)) == 6
    world.passes(600)
    assert accounted(world) == set(raised)
    assert [row["purpose"] for row in messages(world)[6:]] == ["bundle"]


def test_in_quiet_hours_only_urgent_messages_come_and_the_rest_afterwards(make: Make) -> None:
    world = make(quiet=["16:00", "19:00"])  # the world begins at 16:53 local time
    waits = world.take(world.raised("leak", HOMES[0]))
    urgent = world.take(world.raised("smoke", HOMES[1]))
    world.passes(600)
    assert waits not in accounted(world)
    assert urgent in accounted(world)
    world.restart()
    world.hours(3)
    assert waits in accounted(world)
    assert waits in accounted(world, "li")


def test_general_incidents_come_as_one_digest_at_the_set_time(make: Make) -> None:
    world = make(roles=["maintainer"], digest_at="17:25")
    raised = {world.take(world.raised("device_silent", f"{home}/m")) for home in HOMES[:5]}
    over = world.raised("device_silent", f"{HOMES[5]}/m")
    gone = world.take(over)
    world.passes(600)
    assert messages(world) == []
    world.take(world.cleared(over))
    world.restart()
    world.hours(1)
    (sent,) = messages(world)
    assert (sent["purpose"], sent["tier"]) == ("bundle", int(Tier.GENERAL))
    assert accounted(world) == raised
    assert world.incident(gone).state is State.WITHDRAWN


def test_a_person_who_has_left_keeps_nobody_waiting(make: Make) -> None:
    world = make()
    for home in HOMES[:12]:
        world.take(world.raised("leak", home))
    world.passes(15)
    world.book = HeldWorld(pace=Pace(), roster=Roster(version=2, person=())).book
    world.restart()
    world.passes(60)
    rows = world.rows(sa.select(waiting).where(waiting.c.person_id == "wang"))
    assert {row["dropped"] for row in rows} == {"has left the roster"}
    assert world.engine.next_due_ns() is not None


def test_without_a_pace_everything_goes_at_once() -> None:
    world = HeldWorld(pace=None, roster=a_roster())
    raised = {world.take(world.raised("leak", home)) for home in HOMES[:30]}
    world.passes(0)
    assert {row["incident_id"] for row in messages(world)} == raised
    world.close()
