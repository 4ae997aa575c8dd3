"""外出报备: by console, API or text, a resident's absence reaches the registry of the edges."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.base import Inbound
from edge.reading import DAY_NS, HOUR_NS
from gateway.absences import AbsenceClerk
from gateway.access.role import Role
from gateway.campaign import consents
from gateway.campaign.consents import Consent
from gateway.db.absence_tables import absence_request
from gateway.db.tables import outbox
from gateway.registry import absence
from gateway.registry.card import Impossible
from gateway.registry.office import Why
from tests.unit.gateway.desk_world import ask
from tests.unit.gateway.registry_world import NOW_NS, Site, make_office
from tests.unit.gateway.test_closing import rows

PHONE = "13900000301"
SUBJECT = "s01/b03/u0301"
WHY = Why("resident", "absence")
UNIT = {"code": "u0301", "building": "b03", "care": ["alone"]}


@pytest.fixture
def site(site: Site) -> Site:
    """Where residents may declare theirs by text, too."""
    engine = site.world.desk.engine
    engine.book = replace(engine.book, takes_absences=True)
    consents.give(site.world.desk.db, Consent(SUBJECT, "", "zh", "op", NOW_NS), PHONE)
    return site


def away(site: Site) -> list[absence.Span]:
    return absence.spans(site.office.held.units["u0301"])


def text(site: Site, words: str, number: str = PHONE) -> str:
    world = site.world
    world.seq += 1
    inbound = Inbound(f"t{world.seq}", number, words, world.clock.now)
    return world.desk.engine.reply("sms", inbound, world.clock.now)


def settle(site: Site) -> None:
    world = site.world
    clerk = AbsenceClerk(world.desk.engine, site.office, clock=world.clock, leads=lambda: True)
    clerk.look(world.clock.now)


def told(site: Site) -> list[str]:
    return [row["text"] for row in rows(site.world, outbox) if row["address"] == PHONE]


def test_the_latest_word_holds() -> None:
    first = absence.declared(UNIT, (NOW_NS, NOW_NS + 9 * DAY_NS), NOW_NS)
    later = absence.declared(first, (NOW_NS + DAY_NS, NOW_NS + 3 * DAY_NS), NOW_NS)
    assert absence.spans(later) == [
        (NOW_NS, NOW_NS + DAY_NS), (NOW_NS + DAY_NS, NOW_NS + 3 * DAY_NS),
    ]  # fmt: skip
    assert absence.spans(absence.back(later, NOW_NS + HOUR_NS)) == [(NOW_NS, NOW_NS + HOUR_NS)]
    assert absence.back(later, NOW_NS + HOUR_NS)["care"] == ["alone"]


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ((NOW_NS, NOW_NS), "over"),
        ((NOW_NS - 2 * DAY_NS, NOW_NS - DAY_NS), "over"),
        ((NOW_NS, NOW_NS + 62 * DAY_NS), "too_long"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(span: absence.Span, code: str) -> None:
    with pytest.raises(Impossible, match=code):
        absence.declared(UNIT, span, NOW_NS)


def test_many_absences_stay_few_and_old_ones_go() -> None:
    unit: dict[str, Any] = dict(UNIT)
    for day in range(120):
        at_ns = NOW_NS + day * DAY_NS
        unit = absence.declared(unit, (at_ns, at_ns + HOUR_NS), at_ns)
    assert len(absence.spans(unit)) <= 31


def test_the_api_notes_an_absence_in_the_registry_that_edges_are_pushed(site: Site) -> None:
    before = site.office.held.version
    answer = ask(
        site.world, "POST", "/api/v1/units/u0301/absences",
        json={"to": "2026-01-05T00:00:00+08:00", "why": "女儿来电"},
    )  # fmt: skip
    assert answer.status_code == 201
    assert answer.json()["absences"] == [
        {"from": "2026-01-01T00:00:00+00:00", "to": "2026-01-04T16:00:00+00:00"}
    ]
    assert site.office.held.version == before + 1
    (unit,) = (unit for unit in site.office.registry.units() if unit.code == "u0301")
    assert len(unit.away) == 1
    assert ask(site.world, "POST", "/api/v1/units/u0301/absences/end").status_code == 200
    assert away(site) == []


def test_an_absence_outlives_a_restart(site: Site, tmp_path: Path) -> None:
    ask(
        site.world, "POST", "/api/v1/units/u0301/absences", json={"to": "2026-01-05T00:00:00+08:00"}
    )
    anew = make_office(tmp_path)
    assert absence.spans(anew.held.units["u0301"]) == away(site)
    anew.database.dispose()


@pytest.mark.parametrize(
    ("unit", "to", "status"),
    [
        ("u0301", "2025-12-31T00:00:00+08:00", 422),
        ("u0301", "2026-04-01T00:00:00+08:00", 422),
        ("u0301", "2026-01-05T00:00:00", 422),
        ("u9999", "2026-01-05T00:00:00+08:00", 404),
    ],
)
def test_the_api_refuses_by_name_what_cannot_be(
    site: Site, unit: str, to: str, status: int
) -> None:
    answer = ask(site.world, "POST", f"/api/v1/units/{unit}/absences", json={"to": to})
    assert answer.status_code == status
    assert away(site) == []


def test_a_viewer_declares_nothing(site: Site) -> None:
    body = {"to": "2026-01-05T00:00:00+08:00"}
    answer = ask(site.world, "POST", "/api/v1/units/u0301/absences", Role.VIEWER, json=body)
    assert answer.status_code == 403


def test_the_page_of_a_home_has_the_form_and_what_is_declared(site: Site) -> None:
    assert "没有报备外出" in ask(site.world, "GET", "/units/u0301").text
    form = {"last": "2026-01-04", "why": "本人"}
    answer = ask(site.world, "POST", "/units/u0301/absences", data=form)
    assert answer.status_code == 303
    assert away(site) == [(NOW_NS, NOW_NS + 4 * DAY_NS - 8 * HOUR_NS)]
    page = ask(site.world, "GET", "/units/u0301").text
    assert "外出至" in page
    assert "已回家" in page
    assert "外出报备" not in ask(site.world, "GET", "/units/u0001").text


def test_a_resident_writes_that_they_are_away_and_hears_when_it_is_noted(site: Site) -> None:
    assert text(site, "外出3天") == "absence"
    assert told(site) == []
    settle(site)
    assert away(site) == [(NOW_NS, NOW_NS + 4 * DAY_NS - 8 * HOUR_NS)]
    assert told(site) == ["已登记外出至01-04，期间不因未用水打扰。提前回家请回复：回来了"]
    site.world.clock.now += DAY_NS
    assert text(site, "回来了") == "absence_over"
    settle(site)
    assert away(site) == [(NOW_NS, NOW_NS + DAY_NS)]


def test_the_same_request_is_noted_once_whatever_dies_in_between(site: Site) -> None:
    text(site, "外出3天")
    (row,) = rows(site.world, absence_request)
    span = (row["made_ns"], row["until_ns"])
    site.office.change_unit(
        "u0301", lambda unit: absence.declared(unit, span, NOW_NS), WHY, NOW_NS
    )  # the clerk died before it could note that it had
    settle(site)
    settle(site)
    assert away(site) == [span]
    assert len(told(site)) == 1


@pytest.mark.parametrize(
    ("words", "number"),
    [("外出3天", "13800000001"), ("外出3天", "13911111111"), ("外出几天", PHONE)],
)
def test_no_other_text_declares_anything(site: Site, words: str, number: str) -> None:
    assert text(site, words, number) not in {"absence", "absence_over"}
    assert rows(site.world, absence_request) == []


def test_a_number_of_two_homes_declares_nothing_for_either(site: Site) -> None:
    consents.give(site.world.desk.db, Consent("s01/b03/u0502", "", "zh", "op", NOW_NS), PHONE)
    assert text(site, "外出3天") not in {"absence", "absence_over"}


def test_what_the_registry_refuses_is_told_to_the_resident(site: Site) -> None:
    text(site, "外出60天")
    site.world.clock.now += 90 * DAY_NS
    settle(site)
    assert told(site) == ["未能登记外出，请联系社区"]
    assert away(site) == []


def test_a_home_that_is_back_without_having_been_away_hears_that_all_is_noted(site: Site) -> None:
    text(site, "回来了")
    settle(site)
    assert told(site) == ["已登记您回家，祝安好"]
