"""A drill: told to real people on real channels, marked on every message, counted nowhere."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome as SendOutcome
from alerts.channels.base import Verdict
from alerts.incident import Act, Outcome, State
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.access.role import Role
from gateway.closing.cases import Watched, report
from gateway.db.closing_tables import label
from gateway.db.tables import outbox
from gateway.drill_order import DrillCalendar, DrillSettings, begin
from gateway.drills import Order, held
from tests.unit.gateway.desk_world import NOW_NS, World, ask, make_world
from tests.unit.gateway.test_closing import do, rows

SMOKE = Order("smoke", "s01/b03", Tier.URGENT, "chief")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def start(world: World, order: Order = SMOKE) -> str:
    now_ns = world.clock.now_ns()
    begun = begin(world.desk.engine, order, now_ns, now_ns)
    assert begun is not None
    return begun


def send_all(world: World) -> None:
    engine, now_ns = world.desk.engine, world.clock.now_ns()
    engine.advance_due(now_ns)
    for claim in engine.claim(now_ns, 100):
        engine.record(claim, Verdict(SendOutcome.ACCEPTED), now_ns)


def test_every_message_of_a_drill_begins_with_its_mark(world: World) -> None:
    start(world)
    for minutes in (0, 2, 6):
        world.clock.now = NOW_NS + minutes * MINUTE_NS
        send_all(world)
    sent = rows(world, outbox)
    assert {row["person_id"] for row in sent} == {"p01", "p02", "p03"}
    assert all(row["text"].startswith("【演练】") for row in sent)
    data = [msgspec.json.decode(row["payload"])["data"] for row in sent]
    assert all(each["drill"] and each["title"].startswith("【演练】") for each in data)


def test_an_alarm_has_no_mark(world: World) -> None:
    world.raise_finding("u0301")
    assert not any("演练" in row["text"] for row in rows(world, outbox))


def test_only_the_chosen_channels_are_used(world: World) -> None:
    start(world, Order("smoke", "s01/b03", Tier.URGENT, "chief", ("webhook",)))
    assert {row["channel"] for row in rows(world, outbox)} == {"webhook"}


def test_whatever_a_drill_is_closed_as_is_a_drill(world: World) -> None:
    incident_id = start(world)
    do(world, incident_id, Act.RESOLVE, outcome=Outcome.FALSE_ALARM)
    do(world, incident_id, Act.CLOSE, by="chief", outcome=Outcome.REAL)
    detail = world.desk.incidents.detail(incident_id)
    assert detail is not None
    assert (detail.incident.state, detail.incident.outcome) == (State.CLOSED, Outcome.DRILL)


def test_a_drill_is_in_no_statistic_and_labels_nobody(world: World) -> None:
    do(world, start(world), Act.CLOSE)
    watched = Watched(world.desk.homes.registry, world.desk.book.roster)
    assert report(world.desk.db, watched, 30, NOW_NS).rules == []
    assert rows(world, label) == []


def test_everybodys_time_to_answer_is_reported(world: World) -> None:
    incident_id = start(world)
    send_all(world)
    world.clock.now += 90 * SECOND_NS
    send_all(world)
    world.clock.now += 30 * SECOND_NS
    do(world, incident_id, Act.ACKNOWLEDGE, by="p02")
    (drill,) = held(world.desk.db)
    answered = {answer.person_id: answer.answered_s for answer in drill.answers}
    assert answered == {"p01": None, "p02": 30.0}
    told = ask(world, "GET", "/api/v1/drills", Role.VIEWER).json()["drills"]
    assert [each["incident_id"] for each in told] == [incident_id]


def test_a_drill_is_begun_by_whoever_may_act(world: World) -> None:
    body = {"category": "smoke", "area": "s01/b03", "tier": 1}
    assert ask(world, "POST", "/api/v1/drills", Role.VIEWER, json=body).status_code == 403
    begun = ask(world, "POST", "/api/v1/drills", json=body)
    assert begun.status_code == 201
    assert "【演练】" in ask(world, "GET", f"/incidents/{begun.json()['incident']}").text


def test_one_month_has_one_drill_whatever_the_restarts(world: World) -> None:
    settings = DrillSettings(category="smoke", area="s01/b03", day=2, hour=10)
    begun: list[str] = []
    for hour in range(24 * 40):
        calendar = DrillCalendar(world.desk.engine, settings, clock=world.clock, leads=lambda: True)
        now_ns = NOW_NS + hour * HOUR_NS
        world.clock.now = now_ns
        calendar.look(now_ns)
        if len(held(world.desk.db)) > len(begun):
            begun.append(f"{world.desk.book.local(now_ns):%m-%d %H}")
    assert begun == ["01-02 10", "02-02 10"]


def test_a_drill_long_missed_waits_for_the_next_month(world: World) -> None:
    settings = DrillSettings(category="smoke", area="s01/b03", day=2, hour=10)
    calendar = DrillCalendar(world.desk.engine, settings, clock=world.clock, leads=lambda: True)
    calendar.look(NOW_NS + 3 * DAY_NS)
    assert held(world.desk.db) == []


def test_a_gateway_that_does_not_lead_begins_none(world: World) -> None:
    settings = DrillSettings(category="smoke", area="s01/b03", day=1, hour=8)
    DrillCalendar(world.desk.engine, settings, clock=world.clock, leads=lambda: False).look(NOW_NS)
    assert held(world.desk.db) == []
    with world.desk.db.connect() as connection:
        assert connection.execute(sa.select(outbox.c.id)).first() is None
