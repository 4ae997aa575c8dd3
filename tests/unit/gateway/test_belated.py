"""An event shorter than the outage is told, once, and says that it comes late."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome
from alerts.incident import State
from alerts.pace import Pace
from edge.reading import MINUTE_NS, SECOND_NS, FindingState
from gateway.db import tables
from tests.unit.gateway.held_world import HeldWorld

HOME = "s01/b01/u0"


@pytest.fixture
def world() -> Iterator[HeldWorld]:
    world = HeldWorld(pace=Pace())
    yield world
    world.close()


def arrived(world: HeldWorld) -> list[tuple[str, str]]:
    """Purpose and text of what has arrived at wang's telephone."""
    sent = tables.outbox.c
    query = sa.select(tables.outbox).where(sent.state == "delivered", sent.person_id == "wang")
    rows = world.rows(query.where(sent.channel == "sms").order_by(sent.id))
    return [(row["purpose"], row["text"]) for row in rows]


@pytest.mark.parametrize("refusal", [Outcome.TEMPORARY, Outcome.UNKNOWN])
def test_ten_seconds_in_half_an_hour_without_network_are_one_late_message(
    world: HeldWorld, refusal: Outcome
) -> None:
    finding = world.raised("welfare", HOME)
    world.take(finding)
    world.engine.advance_due(world.now_ns)
    world.send(refusal)
    world.now_ns += 10 * SECOND_NS
    world.take(world.cleared(finding))
    for _ in range(30):
        world.now_ns += MINUTE_NS
        world.engine.advance_due(world.now_ns)
        world.send(refusal)
    assert arrived(world) == []
    world.hours(2)
    ((purpose, text),) = arrived(world)
    assert purpose == "belated"
    assert "迟到" in text
    assert "已恢复" in text


def test_what_came_and_went_while_we_were_away_is_told_late(world: HeldWorld) -> None:
    finding = world.raised("welfare", HOME)
    over = world.cleared(finding)
    world.now_ns += 30 * MINUTE_NS
    incident = world.take(finding)
    world.take(over)
    world.restart()
    world.passes(60)
    assert [purpose for purpose, _ in arrived(world)] == ["belated"]
    assert world.incident(incident).timeliness == "late"
    assert world.incident(incident).next_due_ns is None


def test_what_came_late_and_lasts_says_so(world: HeldWorld) -> None:
    finding = world.raised("welfare", HOME)
    world.now_ns += 30 * MINUTE_NS
    world.take(finding)
    world.passes(1)
    ((purpose, text),) = arrived(world)
    assert purpose == "alert"
    assert "迟到" in text


def test_what_ends_while_it_settles_is_withdrawn_without_a_word(world: HeldWorld) -> None:
    finding = world.raised("leak", HOME)
    incident = world.take(finding)
    world.passes(5)
    world.take(world.cleared(finding))
    world.hours(1)
    assert world.incident(incident).state is State.WITHDRAWN
    assert world.told == []
    assert world.cleared(finding).state is FindingState.CLEARED
