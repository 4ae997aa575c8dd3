"""Where and when nobody would answer."""

from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.assign import Need, Scene, assign
from alerts.cover import COVER_NS, GAPS_MAX, Gap, Missing, cover, line, without
from alerts.plan import Plans
from alerts.roster import Roster
from alerts.shift import Span, instant_ns
from edge.reading import DAY_NS, HOUR_NS, Tier
from edge.settings import load
from tests.unit.alerts.test_assign import person, roster

CONFIG = Path(__file__).parents[3] / "config"
PLANS = load(CONFIG / "plans.toml", Plans).plan
(WELFARE,) = (plan for plan in PLANS if plan.id == "welfare-urgent")
CHINA = ZoneInfo("Asia/Shanghai")
AREAS: dict[str, str | None] = {"s01/b01": None, "s01/b02": None}


def at(text: str) -> int:
    return instant_ns(datetime.fromisoformat(text), CHINA)


WEEK = Span(at("2026-11-23T00:00"), at("2026-11-30T00:00"))


def gaps(who: Roster) -> tuple[Gap, ...]:
    return cover([WELFARE], who, AREAS, WEEK, CHINA).gaps


def hours(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"shift": [{"from": start, "to": end, **more}]}


def test_people_who_are_always_there_leave_no_gap() -> None:
    assert gaps(load(CONFIG / "roster.toml", Roster)) == ()
    shipped = cover(PLANS, load(CONFIG / "roster.toml", Roster), AREAS, WEEK, CHINA)
    assert shipped.count == 0


def test_a_night_without_a_backup_is_named_with_its_times_and_place() -> None:
    saturday = {"from": "00:00", "to": "22:00", "days": ["sat"]}
    rest = {"from": "00:00", "to": "24:00", "days": ["mon", "tue", "wed", "thu", "fri", "sun"]}
    who = roster(
        person("wang"),
        person("li", "backup", areas=["s01/b01"]),
        person("zhao", "backup", areas=["s01/b02"]) | {"shift": [saturday, rest]},
    )
    (gap,) = gaps(who)
    assert gap == Gap(
        at("2026-11-28T22:00"), at("2026-11-29T00:00"), ("s01/b02",), "welfare", 1,
        "welfare-urgent", Missing.NO_BACKUP,
    )  # fmt: skip
    assert line(gap, CHINA) == (
        "2026-11-28 22:00–2026-11-29 00:00, s01/b02，welfare 1 级：没有后备",
        "2026-11-28 22:00–2026-11-29 00:00, s01/b02, welfare tier 1: no backup",
    )


def test_a_leave_over_the_only_first_responder_says_that_nobody_is_there() -> None:
    who = roster(
        person("wang") | {"leave": [{"from": "2026-11-25", "to": "2026-11-25"}]},
        person("li", "backup"),
    )
    (gap,) = gaps(who)
    assert (gap.start_ns, gap.end_ns) == (at("2026-11-25T00:00"), at("2026-11-26T00:00"))
    assert gap.missing is Missing.NOBODY
    assert gap.areas == ("s01/b01", "s01/b02")


def test_a_role_that_nobody_has_is_a_gap_from_end_to_end() -> None:
    (gap,) = gaps(roster(person("li", "backup")))
    assert (gap.start_ns, gap.end_ns, gap.missing) == (*WEEK, Missing.NOBODY)


def test_shifts_that_meet_leave_no_gap_between_them() -> None:
    who = roster(
        person("day", **hours("08:00", "20:00")),
        person("night", **hours("20:00", "08:00")),
        person("li", "backup"),
    )
    assert gaps(who) == ()


def test_a_failing_phone_does_not_count_as_cover() -> None:
    who = roster(person("wang"), person("zhao"))
    assert gaps(who) == ()
    (gap,) = gaps(without(who, frozenset({"zhao"})))
    assert gap.missing is Missing.NO_BACKUP


@pytest.mark.parametrize("hour", range(0, 7 * 24, 5))
def test_the_check_says_nobody_exactly_when_a_choice_finds_its_people_lacking(hour: int) -> None:
    who = roster(
        person("day", **hours("08:00", "20:00", days=["mon", "wed", "fri"])),
        person("night", **hours("21:00", "08:00")),
        person("li", "backup"),
    )
    now_ns = WEEK.start_ns + hour * HOUR_NS
    need = Need(WELFARE.step[0].roles, "s01/b01/u1", Tier.URGENT, now_ns)
    lacking = assign(who, need, Scene(zone=CHINA)).lack is not None
    inside = [gap for gap in gaps(who) if gap.start_ns <= now_ns < gap.end_ns]
    assert lacking == any(gap.missing is Missing.NOBODY for gap in inside)


def test_a_plan_for_one_estate_goes_before_that_for_any_and_only_there() -> None:
    own = WELFARE.model_copy(update={"id": "own", "estate": "managed", "step": WELFARE.step[1:]})
    who = roster(person("li", "backup"), person("sun", "backup"))
    found = cover([WELFARE, own], who, AREAS | {"s01/b02": "managed"}, WEEK, CHINA).gaps
    assert [(gap.areas, gap.plan_id) for gap in found] == [(("s01/b01",), "welfare-urgent")]


def test_gaps_are_bounded_and_the_rest_is_counted() -> None:
    who = roster(person("wang", **hours("08:00", "20:00")), person("li", "backup"))
    window = Span(WEEK.start_ns, WEEK.start_ns + 700 * DAY_NS)
    found = cover([WELFARE], who, AREAS, window, CHINA)
    assert len(found.gaps) == GAPS_MAX
    assert found.count == 701


def test_ninety_days_of_a_large_site_are_checked_within_seconds() -> None:
    people = [
        person(f"p{n}", areas=[f"s01/b{n % 100:02}"], **hours(f"{n % 24:02}:00", "07:30"))
        for n in range(2_000)
    ]
    who = roster(*people)
    window = Span(WEEK.start_ns, WEEK.start_ns + COVER_NS)
    began_s = process_time()
    cover(PLANS, who, {f"s01/b{n:02}": None for n in range(100)}, window, CHINA)
    assert process_time() - began_s < 10
