"""What a reader who wished for a lost alert or a false all-clear found, each told shortly."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from alerts.budget import Budget, Per
from alerts.channels.base import Inbound, Outcome, Receipt, Verdict
from alerts.incident import Act, Command, IllegalAct, State
from alerts.pace import Pace
from alerts.roster import Person, Roster
from edge.reading import DAY_NS, SECOND_NS, FindingState, Tier
from gateway import bundling, delivery, drills
from gateway.api.incidents import PAGE_MAX, IncidentReader
from gateway.db import deadlines, tables
from gateway.db.budgets import Budgets
from gateway.db.bundle_tables import bundle
from gateway.db.engine import writing
from gateway.db.outbox import Owed
from gateway.whistling import Wanted, call_in
from gateway.work import Work
from tests.unit.gateway.duty_world import DAY, person
from tests.unit.gateway.held_world import HeldWorld

HOMES = tuple(f"s01/b01/u{n}" for n in range(20))
WANG, LI = "13800000001", "13800000004"


def a_world(pace: Pace) -> HeldWorld:
    people = [
        person("wang", 1),
        person("li", 4, roles=["backup"]),
    ]
    return HeldWorld(pace=pace, roster=Roster.model_validate({"version": 1, "person": people}))


@pytest.fixture
def world() -> Iterator[HeldWorld]:
    """Wang, and li behind him; nobody is ever told too much."""
    made = a_world(Pace(digest_at=None, flood=1_000, per_hour=60, burst=60))
    yield made
    made.close()


@pytest.fixture
def crowded() -> Iterator[HeldWorld]:
    """The same two, who are told in bundles."""
    made = a_world(Pace(digest_at=None, flood=1, flood_window="1 h", per_hour=60, burst=60))
    yield made
    made.close()


def sent(world: HeldWorld, who: str, purpose: str | None = None) -> list[sa.RowMapping]:
    out = tables.outbox.c
    query = sa.select(tables.outbox).where(out.person_id == who, out.attempt > 0).order_by(out.id)
    return [row for row in world.rows(query) if purpose in {None, row["purpose"]}]


def says(world: HeldWorld, text: str, number: str = WANG) -> str:
    world.seq += 1
    return world.engine.reply(
        "sms", Inbound(f"t{world.seq}", number, text, world.now_ns), world.now_ns
    )


def code(world: HeldWorld, incident_id: str, who: str = "wang") -> str:
    table = tables.code
    mine = sa.select(table).where(table.c.incident_id == incident_id, table.c.person_id == who)
    return str(world.rows(mine.order_by(table.c.issued_ns.desc()))[0]["code"])


def into(world: HeldWorld, one: str, other: str) -> None:
    world.engine.act(one, Command(Act.MERGE, by="op", into=other), now_ns=world.now_ns)


# merged


def test_no_two_incidents_vanish_into_each_other(world: HeldWorld) -> None:
    one, other = (world.take(world.raised("smoke", home)) for home in HOMES[:2])
    into(world, one, other)
    with pytest.raises(IllegalAct):
        into(world, other, one)
    assert world.incident(other).state is not State.MERGED


def test_an_alarm_is_not_merged_into_what_is_over(world: HeldWorld) -> None:
    one, other = (world.take(world.raised("smoke", home)) for home in HOMES[:2])
    world.act(other, Act.CLOSE)
    with pytest.raises(IllegalAct):
        into(world, one, other)


def test_an_urgent_alarm_does_not_wait_in_a_lesser_one_that_nobody_has_answered(
    world: HeldWorld,
) -> None:
    urgent = world.take(world.raised("smoke", HOMES[0]))
    lesser = world.take(world.raised("device_silent", HOMES[1]))
    with pytest.raises(IllegalAct):
        into(world, urgent, lesser)


def test_no_alarm_becomes_part_of_a_drill(world: HeldWorld) -> None:
    alarm = world.take(world.raised("smoke", HOMES[0]))
    order = drills.Order("smoke", HOMES[1], Tier.URGENT, "op")
    drill = world.take(drills.finding_of(order, world.now_ns))
    with pytest.raises(IllegalAct):
        into(world, alarm, drill)


def test_an_answer_to_a_merged_incident_is_one_to_where_it_went(world: HeldWorld) -> None:
    one, other = (world.take(world.raised("smoke", home)) for home in HOMES[:2])
    world.passes(1)
    into(world, one, other)
    assert says(world, f"{code(world, one)} 1") == "acknowledge"
    assert (world.incident(other).state, world.incident(other).owner) == (
        State.ACKNOWLEDGED,
        "wang",
    )


def test_an_answer_without_a_code_to_two_that_are_one_matter_is_understood(
    world: HeldWorld,
) -> None:
    one, other = (world.take(world.raised("smoke", home)) for home in HOMES[:2])
    world.passes(1)
    into(world, one, other)
    assert says(world, "收到") == "acknowledge"
    assert world.incident(other).owner == "wang"


def test_what_was_merged_is_told_again_when_the_other_is_over_and_it_is_not(
    world: HeldWorld,
) -> None:
    leak = world.raised("leak", HOMES[0])
    other, one = world.take(leak), world.take(world.raised("leak", HOMES[1]))
    into(world, one, other)
    world.passes(1)
    world.take(world.cleared(leak))
    world.passes(60)
    assert world.incident(one).state is State.DISPATCHED
    assert one in world.told


# over


def test_reopened_is_not_told_as_over(world: HeldWorld) -> None:
    leak = world.raised("leak", HOMES[0])
    made = world.take(leak)
    world.passes(15)
    world.act(made, Act.ACKNOWLEDGE)
    world.take(world.cleared(leak))
    world.act(made, Act.RESOLVE)
    world.passes(60)
    world.act(made, Act.REOPEN, by="op")
    world.passes(300)
    assert not sent(world, "wang", "stand_down")


def test_whoever_is_called_to_help_is_not_told_that_they_need_not_come(world: HeldWorld) -> None:
    leak = world.raised("leak", HOMES[0])
    made = world.take(leak)
    world.passes(15)
    world.act(made, Act.ARRIVE)
    world.act(made, Act.SUPPORT)
    world.take(world.cleared(leak))
    world.passes(60)
    world.passes(300)
    assert len(sent(world, "li", "support")) == 1
    assert not sent(world, "li", "stand_down")


def test_a_cry_for_help_after_the_clear_takes_back_that_all_is_over(world: HeldWorld) -> None:
    leak = world.raised("leak", HOMES[0])
    made = world.take(leak)
    world.passes(15)
    world.passes(3_600)
    world.act(made, Act.ARRIVE)
    world.take(world.cleared(leak))
    world.act(made, Act.SUPPORT)
    world.passes(60)
    world.passes(300)
    assert sent(world, "li", "support")
    assert not sent(world, "li", "stand_down")


def test_nobody_on_the_way_to_smoke_is_told_to_turn_round(world: HeldWorld) -> None:
    smoke = world.raised("smoke", HOMES[0])
    made = world.take(smoke)
    world.passes(1)
    world.act(made, Act.ACKNOWLEDGE)
    world.take(world.cleared(smoke))
    world.passes(300)
    assert not sent(world, "wang", "stand_down")


def test_over_is_not_told_late_of_what_is_back(world: HeldWorld) -> None:
    leak = world.raised("leak", HOMES[0])
    world.take(leak)
    world.passes(15)
    world.take(world.cleared(leak))
    world.now_ns += 120 * SECOND_NS
    world.engine.advance_due(world.now_ns)
    (claim,) = world.engine.claim(world.now_ns, 10)
    world.take(world.raised("leak", HOMES[0]))
    world.engine.record(claim, Verdict(Outcome.TEMPORARY, "busy"), world.now_ns)
    world.passes(600)
    (row,) = sent(world, "wang", "stand_down")
    assert row["attempt"] == 1


def test_whoever_has_come_to_help_is_not_told_later_that_another_has_it() -> None:
    world = a_world(Pace(digest_at=None, flood=1_000, per_hour=2, burst=1))
    made = world.take(world.raised("leak", HOMES[0]))
    while not sent(world, "li"):
        world.passes(30)
    world.passes(90)
    world.act(made, Act.ACKNOWLEDGE)
    world.act(made, Act.SUPPORT)
    world.hours(2)
    assert [row["purpose"] for row in sent(world, "li")] == ["alert", "support"]
    world.close()


def test_whoever_is_called_in_after_the_clear_is_not_told_that_they_need_not_come(
    world: HeldWorld,
) -> None:
    leak = world.raised("leak", HOMES[0])
    made = world.take(leak)
    while not sent(world, "li"):
        world.passes(60)
    world.act(made, Act.ARRIVE)
    world.take(world.cleared(leak))
    with world.engine.working(world.now_ns) as work:
        call_in(work, made, Wanted(person="li", note="来"), "wang")
    world.passes(60)
    world.passes(300)
    assert sent(world, "li", "call")
    assert not sent(world, "li", "stand_down")


# bundles and codes


def test_a_bundle_says_who_is_needed_before_who_has_it(crowded: HeldWorld) -> None:
    world = crowded
    ids = [world.take(world.raised("leak", home)) for home in HOMES[:3]]
    while not sent(world, "li"):
        world.passes(5)
    for made in ids:
        world.act(made, Act.ACKNOWLEDGE)
        world.act(made, Act.SUPPORT)
    for _ in range(5):
        world.passes(60)
    (text,) = (row["text"] for row in sent(world, "li", "bundle")[1:])
    assert "3处" in text
    assert "请到场支援" in text


def test_a_code_means_what_it_was_given_for_last(crowded: HeldWorld) -> None:
    world = crowded
    old = [world.take(world.raised("leak", home)) for home in HOMES[:3]]
    world.passes(15)
    world.passes(15)
    for made in old:
        world.act(made, Act.CLOSE)
    (mine, *_) = (row for row in world.rows(sa.select(bundle)) if row["person_id"] == "wang")
    world.now_ns += 31 * DAY_NS
    made = world.take(world.raised("smoke", HOMES[9]))
    world.passes(1)
    with world.database.begin() as connection:  # the same code is drawn again, as it may be
        ours = tables.code.c.incident_id == made
        connection.execute(sa.update(tables.code).where(ours).values(code=mine["code"]))
    assert says(world, f"{mine['code']} 1") == "acknowledge"
    assert world.incident(made).owner == "wang"


def test_a_reopened_incident_does_not_share_a_code_with_another(world: HeldWorld) -> None:
    old = world.take(world.raised("smoke", HOMES[0]))
    world.passes(1)
    world.act(old, Act.CLOSE)
    world.now_ns += 31 * DAY_NS
    new = world.take(world.raised("smoke", HOMES[1]))
    world.passes(1)
    drawn = code(world, old)
    with world.database.begin() as connection:  # the same code is drawn again, as it may be
        mine = sa.and_(tables.code.c.incident_id == new, tables.code.c.person_id == "wang")
        connection.execute(sa.update(tables.code).where(mine).values(code=drawn))
    world.act(old, Act.REOPEN)
    world.passes(1)
    written = [row["text"] for row in sent(world, "wang", "alert") if row["incident_id"] == old][-1]
    world.engine.advance_due(world.now_ns)
    digits = written.split("回")[1][:4]
    assert says(world, f"{digits} 1") == "acknowledge"
    assert world.incident(old).owner == "wang"


# delivery


def test_a_failure_that_is_heard_of_before_the_send_ends_takes_another_way() -> None:
    people = [
        person("wang", 1, webhook="https://hooks.example/wang"),
        person("li", 4, roles=["backup"]),
    ]
    roster = Roster.model_validate({"version": 1, "person": people})
    world = HeldWorld(pace=None, roster=roster)
    world.take(world.raised("leak", HOMES[0]))
    claim = next(c for c in world.engine.claim(world.now_ns, 10) if c.channel == "sms")
    failed = Receipt(claim.out.idempotency_id, Outcome.PERMANENT, "absent", world.now_ns)
    world.engine.receipt(failed, world.now_ns)
    world.engine.record(claim, Verdict(Outcome.ACCEPTED, ""), world.now_ns)
    others = [row for row in world.rows(sa.select(tables.outbox)) if row["channel"] != "sms"]
    assert others
    world.close()


@pytest.mark.parametrize("count", [1, 2])
def test_what_waits_goes_by_the_way_that_is_left_when_an_address_has_changed(count: int) -> None:
    pace = Pace(digest_at="08:10", flood=1_000, per_hour=60, burst=60)
    world = a_world(pace)
    ids = {world.take(world.raised("device_silent", home)) for home in HOMES[:count]}
    world.passes(15)
    moved = person("li", 4, roles=["backup"], webhook="https://hooks.example/li")
    moved.pop("sms")
    book = replace(
        world.book,
        roster=Roster.model_validate({"version": 1, "person": [person("wang", 1), moved]}),
    )
    world.engine.book = book
    world.hours(16)
    assert sent(world, "li"), ids
    world.close()


def test_what_breaks_for_one_person_is_still_told_to_the_others(
    crowded: HeldWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, make = crowded, bundling.make

    def breaking(work: Work, person: Person, *more: Any) -> None:
        if person.id == "wang":
            raise ZeroDivisionError
        make(work, person, *more)

    monkeypatch.setattr(bundling, "make", breaking)
    for home in HOMES[:3]:
        world.take(world.raised("leak", home))
    for _ in range(20):
        world.passes(60)
    assert sent(world, "li")
    assert not sent(world, "wang")
    monkeypatch.undo()
    world.passes(60)
    assert sent(world, "wang", "bundle")


def test_a_message_for_which_no_other_way_is_found_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = HeldWorld(pace=None)
    unheard_of = delivery.unheard_of
    first = world.take(world.raised("smoke", HOMES[0]))

    def breaking(work: Work, owed: Owed) -> bool:
        if owed.incident_id == first:
            raise ZeroDivisionError
        return unheard_of(work, owed)

    monkeypatch.setattr(delivery, "unheard_of", breaking)
    world.take(world.raised("smoke", HOMES[1]))
    world.send(Outcome.ACCEPTED)
    world.now_ns += 60 * SECOND_NS
    world.engine.advance_due(world.now_ns)
    assert world.engine.counts["receipt", "broke"] > 0
    assert world.engine.counts["receipt", "missed"] > 0
    world.close()


def test_a_message_without_room_that_breaks_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budgets = Budgets({"sms": (Budget(limit=1, window="1 h", per=Per.CHANNEL),)})
    world = HeldWorld(pace=None, budgets=budgets)
    monkeypatch.setattr(delivery, "crowded_out", lambda *_: 1 / 0)
    for home in HOMES[:3]:
        world.take(world.raised("leak", home))
    assert [claim.channel for claim in world.send()].count("sms") == 1
    assert world.engine.counts["claim", "broke"] > 0
    world.close()


# clocks


def set_clock(world: HeldWorld, by_s: int) -> None:
    """The wall is set, and all that is waited for moves with it."""
    with writing(world.database) as connection:
        deadlines.move(connection, by_s * SECOND_NS)
    world.now_ns += by_s * SECOND_NS


def test_what_flaps_is_not_held_for_longer_when_the_clock_is_set_back(world: HeldWorld) -> None:
    for _ in range(4):
        leak = world.raised("leak", HOMES[0])
        made = world.take(leak)
        world.passes(300)
        world.take(world.cleared(leak))
        world.passes(300)
    world.take(world.raised("leak", HOMES[0]))
    (made,) = world.held()
    told = world.told.count(made)
    set_clock(world, -8 * 3_600)
    world.passes(601)
    assert world.held() == {}
    assert world.told.count(made) == told + 1


@pytest.mark.parametrize("by_s", [-28_800, 28_800])
def test_over_is_told_after_two_calm_minutes_however_the_clock_is_set(
    world: HeldWorld, by_s: int
) -> None:
    leak = world.raised("leak", HOMES[0])
    world.take(leak)
    world.passes(15)
    world.take(world.cleared(leak))
    set_clock(world, by_s)
    world.passes(100)
    assert not sent(world, "wang", "stand_down")
    world.passes(20)
    assert sent(world, "wang", "stand_down")


# owners


def away(world: HeldWorld, *people: dict[str, Any]) -> None:
    """The roster is that of these people from now on."""
    book = world.engine.book
    roster = Roster.model_validate({"version": 1, "person": list(people)})
    world.engine.book = replace(book, roster=roster)


def test_what_somebody_held_who_has_left_is_handed_over_whatever_comes_meanwhile(
    world: HeldWorld,
) -> None:
    away(world, person("wang", 1, shift=DAY), person("zhao", 2), person("li", 4, roles=["backup"]))
    leak = world.raised("leak", HOMES[0])
    made = world.take(leak)
    world.passes(15)
    world.act(made, Act.ACKNOWLEDGE)
    away(world, person("zhao", 2), person("li", 4, roles=["backup"]))
    news = structs.replace(leak, revision=1, state=FindingState.UPDATED, at_ns=world.now_ns)
    world.take(news)
    world.hours(2)
    assert sent(world, "zhao", "hand_over")


def test_what_is_taken_by_somebody_on_leave_is_offered_to_who_is_there(world: HeldWorld) -> None:
    leave = [{"from": "2025-10-01", "to": "2025-11-30"}]
    away(
        world,
        person("wang", 1, shift=DAY, leave=leave),
        person("zhao", 2),
        person("li", 4, roles=["backup"]),
    )
    made = world.take(world.raised("leak", HOMES[0]))
    world.passes(15)
    world.act(made, Act.ACKNOWLEDGE)
    world.hours(2)
    assert sent(world, "zhao", "hand_over")


# more urgent


@pytest.mark.parametrize("answered", [False, True])
def test_what_becomes_urgent_is_told_as_urgent(world: HeldWorld, answered: bool) -> None:
    leak = world.raised("leak", HOMES[0], tier=Tier.GENERAL)
    made = world.take(leak)
    world.passes(15)
    if answered:
        world.act(made, Act.ACKNOWLEDGE)
    worse = structs.replace(
        leak, revision=1, state=FindingState.UPDATED, tier=Tier.URGENT, at_ns=world.now_ns
    )
    world.take(worse)
    world.passes(0)
    assert world.incident(made).tier is Tier.URGENT
    assert "紧急" in sent(world, "wang", "alert")[-1]["text"]


# shown


def test_what_is_open_in_a_home_is_shown_however_much_has_ended_since(world: HeldWorld) -> None:
    first = world.take(world.raised("smoke", HOMES[0]))
    for _ in range(25):
        world.passes(7_200)
        leak = world.raised("leak", HOMES[0])
        world.act(world.take(leak), Act.CLOSE)
        world.take(world.cleared(leak))
    assert IncidentReader(world.database).of_unit(HOMES[0])[0].id == first


def test_what_is_open_in_a_home_is_marked_however_much_is_open_elsewhere(world: HeldWorld) -> None:
    mine = world.take(world.raised("device_silent", f"{HOMES[0]}/m0"))
    for number in range(PAGE_MAX):
        world.take(world.raised("smoke", f"s01/b02/u{number}"))
    reader = IncidentReader(world.database)
    assert [each.id for each in reader.standing_in(HOMES[:2])] == [mine]
