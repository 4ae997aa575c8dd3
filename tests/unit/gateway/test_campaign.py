"""A mass check: every consenting home asked once a round, every answer taken, nobody forgotten."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from alerts.channels.base import Inbound, Verdict
from alerts.channels.base import Outcome as SendOutcome
from alerts.check import CallState
from alerts.escalate import Purpose
from edge.reading import HOUR_NS, MINUTE_NS, Tier
from gateway.access.role import Role
from gateway.campaign import book, consents
from gateway.campaign.asking import CampaignSettings, ask_some
from gateway.campaign.consents import Consent
from gateway.campaign.runner import CampaignRunner
from gateway.db.campaign_tables import campaign_call, consent
from gateway.db.engine import writing
from gateway.db.tables import outbox
from tests.unit.gateway.desk_world import NOW_NS, World, ask, make_world
from tests.unit.gateway.test_closing import rows

HOMES = {"u0301": "13900000301", "u0502": "13900000502", "u1201": "13900001201"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    for unit, phone in HOMES.items():
        subject = world.desk.homes.registry.subject(unit)
        consents.give(world.desk.db, Consent(subject, "", "zh", "op", NOW_NS), phone)
    yield world
    world.desk.db.dispose()


def begin(world: World, area: str = "s01", *, open_silent: bool = False) -> int:
    plan = book.Plan(area, "今晨停水。", "op", 2 * HOUR_NS, open_silent)
    return book.begin(world.desk.db, plan, world.clock.now_ns())


def look(world: World, **settings: int) -> None:
    """One look of a runner that has just started."""
    chosen = CampaignSettings.model_validate(settings)
    runner = CampaignRunner(world.desk.engine, chosen, clock=world.clock, leads=lambda: True)
    runner.look(world.clock.now_ns())


def reply(world: World, unit: str, text: str) -> str:
    world.seq += 1
    inbound = Inbound(f"t{world.seq}", HOMES.get(unit, unit), text, world.clock.now_ns())
    return world.desk.engine.reply("sms", inbound, world.clock.now_ns())


def asked(world: World) -> Counter[str]:
    """How many questions each number is owed."""
    return Counter(row["address"] for row in rows(world, outbox) if row["purpose"] == Purpose.CHECK)


def counts(world: World, number: int) -> dict[str, int]:
    (standing,) = book.standing(world.desk.db, number)
    return {state: count for state, count in standing.counts.items() if count}


def test_every_consenting_home_of_the_area_is_asked_once(world: World) -> None:
    number = begin(world, "s01/b03")
    for _ in range(3):
        look(world)
    assert asked(world) == {HOMES["u0301"]: 1, HOMES["u0502"]: 1}
    assert counts(world, number) == {"asked": 2}
    text = next(row["text"] for row in rows(world, outbox))
    assert text == "【平安问候】今晨停水。请回复1平安，2需要帮助"


def test_a_home_that_withdrew_is_not_asked_and_its_number_is_gone(world: World) -> None:
    assert consents.withdraw(world.desk.db, "s01/b03/u0301", NOW_NS)
    begin(world)
    look(world)
    assert HOMES["u0301"] not in asked(world)
    assert HOMES["u0301"] not in {row["phone"] for row in rows(world, consent)}


def test_the_pace_is_kept_and_a_new_start_goes_on_where_the_last_one_ended(world: World) -> None:
    number = begin(world)
    for minute in range(3):
        assert sum(asked(world).values()) == minute
        look(world, per_minute=1)
    assert max(asked(world).values()) == 1
    assert counts(world, number) == {"asked": 3}


class KilledError(Exception):
    """The process ends here."""


def _ask_and_die(world: World) -> None:
    with world.desk.engine.working(NOW_NS) as work:
        assert ask_some(work, CampaignSettings()) == 3
        raise KilledError


def test_a_kill_within_the_asking_asks_nobody_twice(world: World) -> None:
    begin(world)
    with pytest.raises(KilledError):
        _ask_and_die(world)
    assert not asked(world)
    look(world)
    assert set(asked(world).values()) == {1}


def test_quiet_hours_are_kept(world: World) -> None:
    begin(world)
    world.clock.now = NOW_NS + 14 * HOUR_NS  # 22:00
    look(world)
    assert not asked(world)
    world.clock.now = NOW_NS + 24 * HOUR_NS
    look(world)
    assert len(asked(world)) == 3


def test_answers_are_taken_and_a_call_for_help_opens_an_urgent_incident(world: World) -> None:
    number = begin(world)
    look(world)
    assert reply(world, "u0301", "1 平安") == "check_safe"
    assert reply(world, "u0502", "我摔倒了") == "check_help"
    assert reply(world, "u1201", "你是谁") == "check_unclear"
    assert counts(world, number) == {"safe": 1, "help": 1, "unclear": 1}
    (incident,) = world.desk.incidents.standing()
    assert (incident.subject, incident.tier) == ("s01/b03/u0502", Tier.URGENT)
    assert "我摔倒了" in incident.sentence_zh
    (standing,) = book.standing(world.desk.db, number)
    assert standing.to_visit == (("s01/b03/u0502", "help"), ("s01/b05/u1201", "unclear"))


def test_a_thank_you_takes_no_answer_back_but_a_call_for_help_does(world: World) -> None:
    number = begin(world, "s01/b03/u0301")
    look(world)
    assert reply(world, "u0301", "1") == "check_safe"
    assert reply(world, "u0301", "你们辛苦啦哈哈哈，好人") == "check_safe"
    assert reply(world, "u0301", "需要帮助") == "check_help"
    assert counts(world, number) == {"help": 1}


def test_who_does_not_answer_in_time_is_listed_and_becomes_an_incident_by_choice(
    world: World,
) -> None:
    quiet, loud = begin(world, "s01/b05"), begin(world, "s01/b03", open_silent=True)
    look(world)
    world.clock.now += 2 * HOUR_NS - MINUTE_NS
    look(world)
    assert counts(world, loud) == {"asked": 2}
    world.clock.now += MINUTE_NS
    look(world)
    assert counts(world, quiet) == {"silent": 1}
    assert counts(world, loud) == {"silent": 2}
    subjects = {incident.subject for incident in world.desk.incidents.standing()}
    assert subjects == {"s01/b03/u0301", "s01/b03/u0502"}


def test_an_answer_that_comes_late_still_counts(world: World) -> None:
    number = begin(world, "s01/b03/u0301")
    look(world)
    world.clock.now += 3 * HOUR_NS
    look(world)
    book.end(world.desk.db, number, world.clock.now_ns())
    assert reply(world, "u0301", "1") == "check_safe"
    assert counts(world, number) == {"safe": 1}


def test_another_round_asks_only_those_who_have_not_answered(world: World) -> None:
    number = begin(world)
    look(world)
    reply(world, "u0301", "1")
    world.clock.now += 2 * HOUR_NS
    look(world)
    assert book.again(world.desk.db, number) == 2
    look(world)
    assert asked(world) == {HOMES["u0301"]: 1, HOMES["u0502"]: 2, HOMES["u1201"]: 2}
    assert counts(world, number) == {"safe": 1, "asked": 2}


def test_an_ended_check_asks_nobody_else(world: World) -> None:
    number = begin(world)
    assert book.end(world.desk.db, number, NOW_NS)
    look(world)
    assert not asked(world)
    assert book.again(world.desk.db, number) is None


def test_a_text_about_an_incident_is_never_taken_for_an_answer(world: World) -> None:
    """A worker who is also a resident: while an incident waits for them, it comes first."""
    subject = world.desk.homes.registry.subject("u0001")
    consents.give(world.desk.db, Consent(subject, "", "zh", "op", NOW_NS), "13800000001")
    number = begin(world, "s01/b05/u0001")
    look(world)
    world.raise_finding("u0301")
    now_ns = world.clock.now_ns()
    for claim in world.desk.engine.claim(now_ns, 100):
        world.desk.engine.record(claim, Verdict(SendOutcome.ACCEPTED), now_ns)
    assert reply(world, "13800000001", "1") == "acknowledge"
    assert counts(world, number) == {"asked": 1}


def test_the_api_begins_and_shows_checks_without_numbers(world: World) -> None:
    body = {"area": "s01/b03", "text": "高温。", "wait_h": 1}
    assert ask(world, "POST", "/api/v1/campaigns", Role.VIEWER, json=body).status_code == 403
    begun = ask(world, "POST", "/api/v1/campaigns", json=body)
    assert begun.json()["counts"][CallState.WAITING] == 2
    number = begun.json()["id"]
    assert ask(world, "POST", f"/api/v1/campaigns/{number}/rounds").status_code == 201
    assert ask(world, "POST", f"/api/v1/campaigns/{number}/end").status_code == 200
    assert ask(world, "POST", f"/api/v1/campaigns/{number}/rounds").status_code == 422
    told = ask(world, "GET", "/api/v1/campaigns").text + ask(world, "GET", "/api/v1/consents").text
    assert not any(phone in told for phone in HOMES.values())


def test_consent_is_given_and_withdrawn_by_the_api(world: World) -> None:
    body = {"unit": "u0001", "phone": "+8613900000001"}
    assert ask(world, "POST", "/api/v1/consents", json=body).status_code == 201
    assert len(rows(world, consent)) == 4
    assert ask(world, "POST", "/api/v1/consents/u0001/withdrawal").status_code == 200
    assert ask(world, "POST", "/api/v1/consents/u0001/withdrawal").status_code == 404
    assert (
        ask(world, "POST", "/api/v1/consents", json=body | {"unit": "nowhere"}).status_code == 404
    )


def test_the_page_begins_a_check_and_shows_whom_to_visit(world: World) -> None:
    form = {"area": "s01/b03", "text": "停电", "wait_h": "1"}
    assert ask(world, "POST", "/campaigns", data=form).status_code == 303
    look(world)
    reply(world, "u0301", "2")
    page = ask(world, "GET", "/campaigns")
    assert page.status_code == 200
    assert "3栋2单元301" in page.text
    assert "需要上门" in page.text


def test_thousands_of_homes_are_asked_in_the_minutes_that_the_pace_promises(world: World) -> None:
    with writing(world.desk.db) as connection:
        homes = [
            {"subject": f"s01/b99/x{n}", "phone": f"139{n:08d}", "lang": "zh", "by": "op",
             "given_ns": NOW_NS, "withdrawn_ns": None}
            for n in range(3_000)
        ]  # fmt: skip
        connection.execute(sa.insert(consent), homes)
    number = begin(world, "s01/b99")
    for _ in range(3):
        look(world, per_minute=1_000)
        world.clock.now += MINUTE_NS
    assert counts(world, number) == {"asked": 3_000}
    assert max(asked(world).values()) == 1
    assert len(rows(world, campaign_call)) == 3_000


def test_a_pace_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        CampaignSettings(per_minute=0)
