"""Who gets this one, and what is said about it."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from alerts.assign import Lack, Load, Need, Scene, assign, need_of, now_on_duty
from alerts.escalate import advance
from alerts.explain import explain
from alerts.incident import Incident
from alerts.plan import Plan, Role
from alerts.roster import Places, Roster
from edge.reading import HOUR_NS, MINUTE_NS, Tier
from edge.settings import ConfigError, parse
from tests.unit.alerts.test_escalate import PLAN, an_incident

NOW = 20 * HOUR_NS  # a Thursday evening of 1970, in UTC
HOME = "s01/b01/u0101"
PLACES = Places.model_validate(
    {
        "version": 1,
        "place": {
            "s01/b01": {"zh": "1栋", "en": "Bldg 1", "at_m": [0, 0], "languages": ["yue"]},
            "s01/b02": {"zh": "2栋", "en": "Bldg 2", "at_m": [120, 0]},
            "s01/b03": {"zh": "3栋", "en": "Bldg 3", "at_m": [300, 400]},
        },
    }
)
DAY = [{"from": "08:00", "to": "18:00"}]
EVENING = [{"from": "18:00", "to": "20:20"}]


def person(name: str, role: str = "grid_worker", **more: Any) -> dict[str, Any]:
    own = {"id": name, "name": name.title(), "roles": [role], "areas": ["s01"]}
    return own | {"sms": "13800000001"} | more


def roster(*people: dict[str, Any]) -> Roster:
    return parse({"version": 1, "person": list(people)}, Roster, Path("roster.toml"))


def need(**changes: Any) -> Need:
    return replace(Need((Role.GRID_WORKER,), HOME, Tier.URGENT, NOW), **changes)


def chosen(who: Roster, wanted: Need, scene: Scene | None = None) -> list[str]:
    return [c.person.id for c in assign(who, wanted, scene or Scene(PLACES, UTC)).choices]


@pytest.mark.parametrize(
    ("better", "worse", "wanted"),
    [
        ({"home": "s01/b02"}, {"home": "s01/b03"}, {}),
        ({"languages": ["yue"]}, {"languages": ["zh"]}, {}),
        ({"skills": ["lift"]}, {}, {"skills": ("lift",)}),
        ({"shift": [{"from": "08:00", "to": "23:00"}]}, {"shift": EVENING}, {}),
    ],
)
def test_the_one_who_suits_the_job_goes_first(
    better: dict[str, Any], worse: dict[str, Any], wanted: dict[str, Any]
) -> None:
    who = roster(person("worse", **worse), person("better", **better))
    assert chosen(who, need(choose=1, **wanted)) == ["better"]
    assert chosen(who, need(**wanted)) == ["better", "worse"]


def test_load_outweighs_a_short_way_and_full_hands_outweigh_all() -> None:
    who = roster(person("near", home="s01/b01", capacity=4), person("far", home="s01/b03"))
    busy = Scene(PLACES, UTC, {"near": Load(3, 3), "far": Load(0, 0)})
    full = Scene(PLACES, UTC, {"near": Load(4, 4), "far": Load(4, 40)})
    assert chosen(who, need(choose=1)) == ["near"]
    assert chosen(who, need(choose=1), full) == ["far"]
    assert chosen(who, need(choose=1), busy) == ["near"]
    assert chosen(who, need(choose=1), Scene(PLACES, UTC, {"near": Load(3, 8)})) == ["far"]


def test_equals_stay_in_the_order_of_the_roster() -> None:
    who = roster(*(person(name) for name in ("c", "a", "b")))
    assert chosen(who, need(choose=2)) == ["c", "a"]


def test_nobody_on_duty_goes_to_backups_and_then_to_everybody_of_the_area() -> None:
    day, backup = person("day", shift=DAY), person("backup", "backup")
    found = assign(roster(day, backup), need(), Scene(PLACES, UTC))
    assert [c.person.id for c in found.choices] == ["backup"]
    assert found.lack is Lack.OFF_DUTY
    asleep = roster(day, person("other", "property", shift=DAY), backup | {"shift": DAY})
    assert chosen(asleep, need()) == ["day", "other", "backup"]
    assert chosen(asleep, need(tier=Tier.GENERAL)) == ["day", "backup"]


def test_a_role_that_nobody_has_is_told_apart_from_nobody_on_duty() -> None:
    who = roster(person("warden", "property"))
    assert assign(who, need(), Scene()).lack is Lack.UNMANNED
    assert chosen(who, need()) == []
    assert chosen(who, need(last=True)) == ["warden"]


def test_a_failing_phone_never_goes_first_and_does_not_count_as_somebody() -> None:
    who = roster(person("wang", home="s01/b01"), person("zhao", home="s01/b03"))
    scene = Scene(PLACES, UTC, failing=frozenset({"wang"}))
    assert chosen(who, need(choose=1), scene) == ["zhao"]
    alone = roster(person("wang"), person("li", "backup"))
    found = assign(alone, need(), scene)
    assert [c.person.id for c in found.choices] == ["wang", "li"]
    assert found.lack is Lack.PHONES


def test_people_of_another_area_and_people_set_aside_are_never_chosen() -> None:
    who = roster(person("here"), person("there", areas=["s01/b02"]), person("asker"))
    assert chosen(who, need(without=frozenset({"asker"}))) == ["here"]


def test_every_choice_is_explained_in_one_line() -> None:
    who = roster(
        person("wang", home="s01/b02", languages=["yue"], skills=["keys"], shift=EVENING)
        | {"name": "王芳"}
    )
    wanted = need(skills=("keys", "lift"))
    (choice,) = assign(who, wanted, Scene(PLACES, UTC, {"wang": Load(1, 4)})).choices
    zh, en = explain(choice, NOW)
    assert zh == "王芳：在岗，距离 120 m，手上 1 件，有钥匙，缺电梯，会粤语，20 分钟后下班"
    assert en == (
        "王芳: on duty, 120 m away, 1 in hand, has the keys, lacks lifts, speaks Cantonese, "
        "off duty in 20 min"
    )


def test_a_step_tells_as_many_as_it_chooses_and_says_why() -> None:
    step = PLAN.step[0].model_copy(update={"choose": 1})
    plan: Plan = PLAN.model_copy(update={"step": (step, *PLAN.step[1:])})
    who = roster(person("far", home="s01/b03"), person("near", home="s01/b02"))
    began = _at(an_incident(), NOW)
    owed = advance(began, plan, who, NOW, Scene(PLACES, UTC))
    assert [n.person_id for n in owed.notices] == ["near"]
    assert [c.person.id for c in owed.choices] == ["near"]
    assert owed.holes == ()


def test_a_step_whose_people_are_off_duty_waits_for_its_own_clock() -> None:
    who = roster(person("wang", shift=DAY), person("li", "backup"))
    owed = advance(_at(an_incident(), NOW), PLAN, who, NOW, Scene(PLACES, UTC))
    assert [n.person_id for n in owed.notices] == ["li"]
    assert [hole.lack for hole in owed.holes] == [Lack.OFF_DUTY]
    assert owed.incident.next_due_ns == NOW + MINUTE_NS


def test_a_need_is_what_its_step_says() -> None:
    step = PLAN.step[0].model_copy(update={"choose": 2, "skills": ("lift",)})
    wanted = need_of(step, HOME, Tier.URGENT, NOW)
    assert (wanted.choose, wanted.skills, wanted.roles) == (2, ("lift",), step.roles)
    assert need_of(PLAN.step[0], HOME, Tier.URGENT, NOW).choose is None


def _at(incident: Incident, now_ns: int) -> Incident:
    return structs.replace(incident, started_ns=now_ns, next_due_ns=now_ns)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "王芳\n已撤销"}, "line break"),
        ({"name": "王芳 www.example.cn"}, "looks like a link"),
        ({"name": "{code}"}, "braces"),
        ({"sms": "13800000001\n"}, "sms"),
        ({"roles": ["wizard"]}, "roles"),
        ({"areas": ["s01//b01"]}, "areas"),
        ({"home": "../b01"}, "home"),
        ({"languages": ["Cantonese"]}, "languages"),
        ({"capacity": 0}, "capacity"),
    ],
)
def test_bad_people_are_refused_by_name(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        roster(person("wang") | wrong)


def test_those_above_are_told_on_duty_and_all_of_them_where_nobody_is() -> None:
    who = roster(person("ann", shift=DAY), person("bob"), person("cai", shift=EVENING))
    names = [p.id for p in now_on_duty(who.person, NOW, UTC)]
    assert names == ["bob", "cai"]
    assert [p.id for p in now_on_duty(who.person[:1], NOW, UTC)] == ["ann"]
