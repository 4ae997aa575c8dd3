"""The end of a shift: open incidents pass on, are never nobody's, and survive a restart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.base import Outcome
from alerts.incident import Act, Command, State
from alerts.incident import Outcome as Ending
from alerts.message import units
from alerts.roster import Roster
from edge.outbox import Envelope
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Finding, finding_id
from gateway.rota import Rota
from tests.unit.gateway.desk_world import SetClock
from tests.unit.gateway.duty_world import (
    DAY,
    NIGHT,
    QUARTER_NS,
    SIX_NS,
    DutyWorld,
    make_world,
    person,
)
from tests.unit.gateway.test_engine import NOW, a_finding


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DutyWorld]:
    made = make_world(tmp_path)
    yield made
    made.engine.database.dispose()


def held(world: DutyWorld) -> str:
    """An incident that wang has answered; its id."""
    incident = world.raise_one(NOW)
    world.send(NOW)
    world.answer(incident, "wang", NOW)
    return incident.id


def later_news() -> Finding:
    """The finding of the first incident, a revision on."""
    first = NOW - HOUR_NS
    return a_finding(revision=1, id=finding_id("welfare", "s01/b01/u0101", first), since_ns=first)


def test_both_are_told_at_the_end_of_a_shift_and_the_owner_keeps_it_until_the_answer(
    world: DutyWorld,
) -> None:
    incident_id = held(world)
    assert world.due_ns() == SIX_NS
    world.go_to(SIX_NS - 1)
    assert world.send(SIX_NS - 1) == []
    world.go_to(SIX_NS)
    assert world.send(SIX_NS) == [("zhao", "hand_over"), ("wang", "shift_end")]
    assert world.incident(incident_id).owner == "wang"
    world.answer(world.incident(incident_id), "zhao", SIX_NS + MINUTE_NS)
    assert world.incident(incident_id).owner == "zhao"
    assert world.send(SIX_NS + MINUTE_NS) == [("wang", "taken")]
    assert world.events()[-2:] == ["hand_over", "acknowledge"]
    assert world.due_ns() == SIX_NS + 14 * HOUR_NS
    assert all(units(text) <= 70 for _, _, text in world.sent)
    assert "Wang下班，请接手" in world.sent[-3][2]


def test_an_unanswered_offer_passes_on_after_the_grace_and_the_next_is_asked(
    world: DutyWorld,
) -> None:
    incident_id = held(world)
    world.go_to(SIX_NS)
    world.send(SIX_NS)
    world.go_to(SIX_NS + QUARTER_NS)
    assert world.incident(incident_id).owner == "zhao"
    assert world.send(SIX_NS + QUARTER_NS) == [("sun", "hand_over")]
    world.answer(world.incident(incident_id), "zhao", SIX_NS + QUARTER_NS + 1)
    assert world.incident(incident_id).owner == "zhao"
    world.go_to(SIX_NS + 3 * QUARTER_NS)
    assert world.send(SIX_NS + 3 * QUARTER_NS) == []
    assert world.due_ns() == SIX_NS + 14 * HOUR_NS


def test_when_nobody_answers_it_stays_with_the_last_who_was_asked(world: DutyWorld) -> None:
    incident_id = held(world)
    for quarter in range(8):
        world.go_to(SIX_NS + quarter * QUARTER_NS)
        world.send(SIX_NS + quarter * QUARTER_NS)
    asked = [who for who, purpose, _ in world.sent if purpose == "hand_over"]
    assert asked == ["zhao", "sun", "li"]
    assert world.incident(incident_id).owner == "li"
    assert [kind for kind in world.events() if kind.startswith("hand_over")] == [
        "hand_over", "hand_over_passed", "hand_over_passed", "hand_over_kept",
    ]  # fmt: skip


def test_with_nobody_to_hand_over_to_the_owner_keeps_it_and_is_not_asked_again(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path, [person("wang", 1, shift=DAY), person("sun", 2, shift=DAY)])
    incident_id = held(world)
    world.go_to(SIX_NS)
    world.go_to(SIX_NS + QUARTER_NS)
    assert world.incident(incident_id).owner == "wang"
    assert world.events().count("hand_over_hole") == 1
    world.send(SIX_NS + QUARTER_NS)
    world.go_to(SIX_NS + 15 * HOUR_NS)
    assert world.due_ns() == SIX_NS + DAY_NS
    world.engine.database.dispose()


def test_a_hand_over_survives_a_restart_and_a_standstill_over_the_whole_shift(
    world: DutyWorld,
) -> None:
    incident_id = held(world)
    later = world.restarted()
    assert later.due_ns() == SIX_NS
    later.go_to(SIX_NS + 5 * HOUR_NS)
    assert later.send(SIX_NS + 5 * HOUR_NS) == [("zhao", "hand_over"), ("wang", "shift_end")]
    assert later.incident(incident_id).owner == "wang"


def test_what_is_done_before_the_end_of_the_shift_is_not_handed_over(world: DutyWorld) -> None:
    incident_id = held(world)
    world.engine.act(
        incident_id, Command(Act.RESOLVE, by="wang", outcome=Ending.REAL), now_ns=NOW + 1
    )
    assert world.due_ns() is None
    world.go_to(SIX_NS)
    assert world.send(SIX_NS) == []


def test_the_same_incident_is_handed_over_again_at_each_shift_change(tmp_path: Path) -> None:
    world = make_world(tmp_path, [person("wang", 1, shift=DAY), person("sun", 2, shift=NIGHT)])
    incident_id = held(world)
    for turn in range(4):
        end_ns = SIX_NS + turn // 2 * DAY_NS + turn % 2 * 14 * HOUR_NS
        world.go_to(end_ns)
        world.send(end_ns)
        world.answer(world.incident(incident_id), ("sun", "wang")[turn % 2], end_ns + 1)
    offered = [who for who, purpose, _ in world.sent if purpose == "hand_over"]
    assert offered == ["sun", "wang", "sun", "wang"]
    world.engine.database.dispose()


def test_an_offer_that_cannot_be_sent_goes_over_the_next_channel(tmp_path: Path) -> None:
    reach = {"webhook": "https://hooks.example/sun"}
    people = [person("wang", 1, shift=DAY), person("sun", 2, shift=NIGHT, **reach)]
    world = make_world(tmp_path, people)
    held(world)
    world.go_to(SIX_NS)
    world.send(SIX_NS, Outcome.PERMANENT)
    assert ("sun", "hand_over") in world.send(SIX_NS)
    world.engine.database.dispose()


def test_the_others_hear_that_somebody_has_it_and_a_late_answer_is_told_so_once(
    tmp_path: Path,
) -> None:
    names = ("wang", "zhao", "sun")
    people = [person(name, n, roles=["grid_worker", "volunteer"]) for n, name in enumerate(names)]
    world = make_world(tmp_path, people)
    incident = world.raise_one(NOW)
    assert len(world.send(NOW)) == 3
    world.answer(incident, "zhao", NOW + 1)
    assert world.send(NOW + 1) == [("wang", "taken"), ("sun", "taken")]
    assert "【已有人处理】" in world.sent[-1][2]
    assert "Zhao" in world.sent[-1][2]
    for late_ns in (NOW + 2, NOW + 3):
        world.answer(incident, "sun", late_ns)
    assert world.incident(incident.id).owner == "zhao"
    assert world.incident(incident.id).state is State.ACKNOWLEDGED
    assert world.send(NOW + 4) == [("sun", "taken")]
    world.engine.database.dispose()


def test_nobody_hears_of_an_owner_before_having_heard_of_the_incident(world: DutyWorld) -> None:
    incident = world.raise_one(NOW)
    world.answer(incident, "li", NOW)
    assert world.send(NOW) == []


def without(world: DutyWorld, name: str) -> Roster:
    """The roster once that person has left."""
    roster = world.engine.book.roster
    return roster.model_copy(update={"person": tuple(p for p in roster.person if p.id != name)})


@pytest.mark.parametrize("hours", [{"shift": DAY}, {}])
def test_what_somebody_holds_who_has_left_is_offered_at_the_next_start(
    tmp_path: Path, hours: dict[str, Any]
) -> None:
    world = make_world(tmp_path, [person("wang", 1, **hours), person("sun", 2)])
    incident_id = held(world)
    world.go_by(without(world, "wang"))
    Rota(world.engine, SetClock(NOW + MINUTE_NS))
    world.go_to(NOW + MINUTE_NS)
    assert world.send(NOW + MINUTE_NS)[-1] == ("sun", "hand_over")
    world.answer(world.incident(incident_id), "sun", NOW + 2 * MINUTE_NS)
    assert world.incident(incident_id).owner == "sun"
    world.engine.database.dispose()


def test_news_of_what_somebody_holds_who_has_left_does_not_make_it_nobody_s(
    world: DutyWorld,
) -> None:
    incident_id = held(world)
    world.go_by(without(world, "wang"))
    world.engine.take_finding(Envelope(1, "e01", "epoch", 99, later_news()), NOW + 1)
    assert world.incident(incident_id).version > 2
    world.go_to(SIX_NS)
    assert world.send(SIX_NS) == [("zhao", "hand_over")]


def test_what_nobody_can_take_over_of_who_has_left_is_said_once_and_asked_again(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path, [person("wang", 1), person("sun", 2, shift=NIGHT)])
    held(world)
    world.go_by(without(world, "wang"))
    Rota(world.engine, SetClock(NOW))
    for quarter in range(5):
        world.go_to(NOW + quarter * QUARTER_NS)
    assert world.events().count("hand_over_hole") == 1
    world.go_to(SIX_NS + QUARTER_NS)
    assert world.send(SIX_NS + QUARTER_NS) == [("sun", "hand_over")]
    world.engine.database.dispose()
