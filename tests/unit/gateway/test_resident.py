"""The resident is asked before anybody is sent, and nothing but a clear answer spares the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.channels.base import Inbound
from alerts.incident import Act, Command, Incident, Outcome, State
from edge.reading import MINUTE_NS, SECOND_NS
from gateway.campaign import consents
from gateway.campaign.consents import Consent
from gateway.db import faults
from gateway.db.faults import Fault
from gateway.db.resident_tables import resident_question
from gateway.db.tables import incident as incident_table
from gateway.db.tables import outbox
from gateway.plans.office import open_plans
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world
from tests.unit.gateway.test_closing import rows

PHONE = "13900000301"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    plans = [plan | {"ask_resident": "3 min"} for plan in PLANS["plan"]]
    open_plans(world.desk.db, PLANS | {"plan": plans}, NOW_NS)
    agree(world, "u0301", PHONE)
    yield world
    world.desk.db.dispose()


def agree(world: World, unit: str, phone: str, channel: str = "sms") -> None:
    subject = world.desk.homes.registry.subject(unit)
    consents.give(world.desk.db, Consent(subject, "", "zh", "op", NOW_NS, channel), phone)


def wait(world: World, minutes: float) -> None:
    world.clock.now += int(minutes * MINUTE_NS)
    world.desk.engine.advance_due(world.clock.now)


def reply(world: World, text: str, **told: Any) -> str:
    world.seq += 1
    inbound = Inbound(f"t{world.seq}", PHONE, text, world.clock.now, **told)
    return world.desk.engine.reply("sms", inbound, world.clock.now)


def owed(world: World, purpose: str = "alert") -> list[str]:
    """Whom messages of that purpose are owed to, by address."""
    return sorted({row["address"] for row in rows(world, outbox) if row["purpose"] == purpose})


def standing(world: World, incident_id: str) -> Incident:
    detail = world.desk.incidents.detail(incident_id)
    assert detail is not None
    return detail.incident


def events(world: World, incident_id: str) -> list[str]:
    detail = world.desk.incidents.detail(incident_id)
    assert detail is not None
    return [event.kind for event in detail.timeline]


def test_the_resident_is_asked_and_staff_wait(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 2.9)
    assert owed(world) == []
    assert owed(world, "check") == [PHONE]
    (asked,) = (row for row in rows(world, outbox) if row["purpose"] == "check")
    assert asked["text"] == "【平安问候】请回复1平安，2需要帮助"
    assert "resident_asked" in events(world, made)


def test_staff_are_told_when_the_time_to_answer_is_over(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 3)
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]
    assert [row["state"] for row in rows(world, resident_question)] == ["silent"]
    assert standing(world, made).state is State.DISPATCHED


def test_a_resident_who_is_well_spares_the_way(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 1)
    assert reply(world, "1") == "resident_safe"
    wait(world, 600)
    after = standing(world, made)
    assert (after.state, after.outcome) == (State.RESOLVED, Outcome.FAMILY_CONFIRMED)
    assert owed(world) == []


@pytest.mark.parametrize("text", ["2", "我摔倒了", "需要帮助"])
def test_a_call_for_help_is_urgent_at_once(world: World, text: str) -> None:
    made = world.raise_finding("u0301")
    wait(world, 1)
    assert reply(world, text) == "resident_help"
    world.desk.engine.advance_due(world.clock.now)
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]
    assert standing(world, made).state is State.MERGED
    into = standing(world, standing(world, made).merged_into or "")
    assert (into.rule, into.tier, into.state) == ("check_help", 1, State.DISPATCHED)


@pytest.mark.parametrize("text", ["谁啊", "1 2", "不太好说", ""])
def test_what_is_not_understood_reassures_nobody(world: World, text: str) -> None:
    made = world.raise_finding("u0301")
    wait(world, 1)
    assert reply(world, text) == "resident_unclear"
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]
    assert standing(world, made).state is State.DISPATCHED


def test_what_is_sent_back_after_the_word_of_a_resident_is_somebody_s(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 1)
    assert reply(world, "平安") == "resident_safe"
    back = Command(Act.REWORK, by="op", note="家属说联系不上")
    world.desk.engine.act(made, back, now_ns=world.clock.now)
    assert standing(world, made).state is State.DISPATCHED
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]


def test_a_cry_for_help_beats_the_word_that_all_is_well(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 1)
    assert reply(world, "平安") == "resident_safe"
    wait(world, 10)
    assert reply(world, "我摔倒了，救命") == "resident_help"
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]
    assert standing(world, made).state is State.RESOLVED


@pytest.mark.parametrize("text", ["救命", "我摔倒了", "快来人！"])
def test_a_home_that_may_be_asked_is_heard_though_nobody_asked(world: World, text: str) -> None:
    assert reply(world, text) == "resident_help"
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]


def test_a_second_cry_while_the_first_stands_is_noted_and_no_second_alarm(world: World) -> None:
    reply(world, "救命")
    assert reply(world, "救命") == "resident_help"
    (only,) = rows(world, incident_table)
    assert events(world, only["id"])[-1] == "resident_help"


def test_a_cry_after_the_first_was_seen_to_is_another_one(world: World) -> None:
    reply(world, "救命")
    (first,) = rows(world, incident_table)
    resolved = Command(Act.RESOLVE, by="p01", outcome=Outcome.REAL)
    world.desk.engine.act(first["id"], resolved, now_ns=world.clock.now)
    wait(world, 60)
    reply(world, "救命")
    assert len(rows(world, incident_table)) == 2


@pytest.mark.parametrize("text", ["2", "平安", "你好", "谁啊"])
def test_nothing_else_that_nobody_asked_for_opens_anything(world: World, text: str) -> None:
    assert reply(world, text) == "unknown_phone"
    assert rows(world, incident_table) == []


def test_a_worker_who_asks_for_help_on_a_job_means_the_job(world: World) -> None:
    agree(world, "u0301", "13800000001")
    made = world.raise_finding("u0502")
    world.desk.engine.advance_due(world.clock.now)
    world.desk.engine.act(made, Command(Act.ARRIVE, by="p01"), now_ns=world.clock.now)
    inbound = Inbound("t-job", "13800000001", "救命", world.clock.now)
    assert world.desk.engine.reply("sms", inbound, world.clock.now) == "support"
    assert len(rows(world, incident_table)) == 1


def test_a_late_answer_ends_what_nobody_has_taken(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 4)
    assert reply(world, "平安") == "resident_safe"
    assert standing(world, made).state is State.RESOLVED


def test_a_late_answer_leaves_the_decision_to_who_is_on_the_way(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 4)
    world.desk.engine.act(made, Command(Act.ACKNOWLEDGE, by="p01"), now_ns=world.clock.now)
    assert reply(world, "1") == "resident_safe"
    assert standing(world, made).state is State.ACKNOWLEDGED
    assert events(world, made)[-1] == "resident_safe"


def test_a_home_that_has_not_agreed_is_not_asked(world: World) -> None:
    world.raise_finding("u0502")
    assert owed(world, "check") == []
    assert owed(world) == ["13800000001", "https://hooks.example/p01"]


def test_a_plan_without_the_question_asks_nobody(world: World) -> None:
    open_plans(world.desk.db, PLANS | {"version": 4}, NOW_NS)
    world.raise_finding("u0301")
    assert owed(world, "check") == []


def test_a_resident_is_asked_once_an_incident(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 4)
    world.desk.engine.act(made, Command(Act.RESOLVE, by="p01"), now_ns=world.clock.now)
    world.desk.engine.act(made, Command(Act.REOPEN, by="p01"), now_ns=world.clock.now)
    wait(world, 10)
    with world.desk.db.connect() as connection:
        checks = outbox.c.purpose == "check"
        query = sa.select(sa.func.count()).select_from(outbox).where(checks)
        assert connection.execute(query).scalar_one() == 1


def test_no_deadline_runs_out_while_the_resident_is_asked(world: World) -> None:
    made = world.raise_finding("u0301")
    wait(world, 2.9)
    assert "missed" not in events(world, made)


@pytest.mark.parametrize("text", [None, "1"])
def test_nothing_is_left_that_nobody_will_look_at(world: World, text: str | None) -> None:
    world.raise_finding("u0301")
    if text is not None:
        reply(world, text)
    with world.desk.db.connect() as connection:
        assert faults.find(connection, Fault.NOBODYS, NOW_NS + 2 * MINUTE_NS) == []


def test_a_telephone_call_offers_two_keys_and_takes_one(world: World) -> None:
    agree(world, "u0301", PHONE, "voice")
    made = world.raise_finding("u0301")
    (asked,) = (row for row in rows(world, outbox) if row["purpose"] == "check")
    assert asked["channel"] == "voice"
    assert "请回复" not in asked["text"]
    assert reply(world, "1", about=asked["idempotency_id"]) == "resident_safe"
    assert standing(world, made).state is State.RESOLVED


def test_a_key_pressed_about_an_alert_is_no_answer_of_a_resident(world: World) -> None:
    """A worker who lives here, too: what they say of another home is about that one."""
    agree(world, "u0301", "13800000001")
    world.raise_finding("u0301")
    other = world.raise_finding("u0502")
    (alert,) = (
        row for row in rows(world, outbox)
        if row["incident_id"] == other and row["channel"] == "sms"
    )  # fmt: skip
    inbound = Inbound("k1", "13800000001", "1", world.clock.now, about=alert["idempotency_id"])
    with world.desk.db.begin() as connection:
        connection.execute(sa.update(outbox).values(attempt=1))
    assert world.desk.engine.reply("voice", inbound, world.clock.now) == "acknowledge"
    assert standing(world, other).state is State.ACKNOWLEDGED


def test_a_restart_within_the_wait_changes_nothing(world: World) -> None:
    made = world.raise_finding("u0301")
    for _ in range(5):
        world.clock.now += 30 * SECOND_NS
        with world.desk.engine.working(world.clock.now) as work:
            work.advance(standing(world, made))
    assert owed(world) == []
    assert len(rows(world, resident_question)) == 1


def test_the_number_is_on_no_page(world: World) -> None:
    made = world.raise_finding("u0301")
    with world.desk.db.connect() as connection:
        known = connection.execute(sa.select(incident_table)).mappings().one()
    assert PHONE not in str(dict(known))
    assert all(PHONE not in str(event) for event in events(world, made))
