"""Holes and circles of plans are named, and what differs between two versions."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from alerts.plan import Plans, Role
from alerts.plan_check import Manned, problems
from alerts.plan_diff import PlanChange, difference

FILE = Path(__file__).parents[3] / "config" / "plans.toml"
ALL = Manned(frozenset(Role), frozenset({"sms", "webhook"}))


def shipped() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def found(table: dict[str, Any], manned: Manned = ALL) -> list[tuple[str, str]]:
    return [(each.key, each.problem) for each in problems(Plans.model_validate(table), manned)]


def test_the_shipped_plans_have_neither_holes_nor_circles() -> None:
    assert found(shipped()) == []


def test_a_role_that_nobody_has_is_a_hole_wherever_it_stands() -> None:
    manned = Manned(frozenset(Role) - {Role.STREET}, ALL.channels)
    assert found(shipped(), manned)[:3] == [
        ("plan.0.step.2", "nobody is street"),
        ("plan.0.on_miss.arrive", "nobody is street"),
        ("plan.0.on_miss.close", "nobody is street"),
    ]


def test_an_unknown_channel_is_named() -> None:
    manned = Manned(ALL.roles, frozenset({"sms"}))
    assert found(shipped(), manned)[0] == ("plan.0.step.0.channels", 'no channel "webhook"')


@pytest.mark.parametrize(
    ("first", "last", "way"),
    [
        (["grid_worker"], ["street"], "grid_worker → grid_worker"),
        (["street"], ["grid_worker"], "grid_worker → street → grid_worker"),
    ],
)
def test_word_of_a_miss_that_comes_back_to_who_missed_is_a_circle(
    first: list[str], last: list[str], way: str
) -> None:
    table = shipped()
    steps = table["plan"][0]["step"]
    steps[0] |= {"ack_within": "30 s", "on_miss": {"answer": first}}
    steps[2] |= {"ack_within": "5 min", "on_miss": {"answer": last}}
    assert ("plan.0.on_miss", f"word of a miss comes back: {way}") in found(table)


def test_what_differs_is_told_by_plan_and_key() -> None:
    before, after = shipped(), shipped()
    after["plan"][0]["ack_within"] = "90 s"
    after["plan"][0]["step"][1]["channels"] = ["sms"]
    gone = after["plan"].pop()
    assert difference(before, after) == [
        PlanChange(gone["id"], "", gone, None),
        PlanChange("welfare-urgent", "ack_within", "60 s", "90 s"),
        PlanChange("welfare-urgent", "step.1.channels", ["sms", "webhook"], ["sms"]),
    ]
    assert difference(before, before) == []


def test_a_key_that_is_new_differs_from_nothing() -> None:
    before, after = shipped(), shipped()
    after["plan"][0]["step"].append({"after": "9 min"})
    assert difference(before, after) == [
        PlanChange("welfare-urgent", "step.3", None, {"after": "9 min"})
    ]
