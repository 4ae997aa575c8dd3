"""A plan file with a hole is refused, and says where."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from alerts.plan import Plans
from alerts.roster import Places, Roster, covers, recipients
from edge.reading import Tier
from edge.settings import ConfigError, load, parse

CONFIG = Path(__file__).parents[3] / "config"


def shipped() -> dict[str, Any]:
    return tomllib.loads((CONFIG / "plans.toml").read_text("utf-8"))


def test_the_shipped_plans_people_and_places_load() -> None:
    plans = load(CONFIG / "plans.toml", Plans)
    roster = load(CONFIG / "roster.toml", Roster)
    load(CONFIG / "places.toml", Places)
    for plan in plans.plan:
        for step in plan.step:
            assert recipients(roster, step.roles, "s01/b01/u0101"), (plan.id, step)


def broken(change: str) -> dict[str, Any]:
    table = shipped()
    plan = table["plan"][0]
    match change:
        case "after":
            plan["step"][2]["after"] = "60 s"
        case "steps":
            plan["step"] = []
        case "role":
            plan["step"][0]["roles"] = ["mayor"]
        case "channel":
            plan["step"][0]["channels"] = ["Pigeon!"]
        case "default":
            table["plan"] = [plan for plan in table["plan"] if plan["id"] != "important"]
        case "repeat":
            plan["step"][0]["repeat"] = "30 s"
        case "repeat_max":
            del plan["step"][2]["repeat_max"]
        case "twice":
            table["plan"].append(plan)
    return table


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("after", "step 3 does not come after step 2"),
        ("steps", "at least 1"),
        ("role", "mayor|grid_worker"),
        ("channel", "step.0.channels.0"),
        ("default", "tier 2 has no default plan"),
        ("repeat", "step 1 repeats but is not the last"),
        ("repeat_max", "both repeat and repeat_max"),
        ("twice", "'welfare-urgent' is used twice"),
    ],
)
def test_a_plan_with_a_hole_is_refused_and_says_where(change: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(broken(change), Plans, Path("plans.toml"))


def test_a_category_without_a_plan_gets_its_tiers_default() -> None:
    plans = load(CONFIG / "plans.toml", Plans)
    assert plans.select("welfare", Tier.URGENT).id == "welfare-urgent"
    assert plans.select("smoke", Tier.URGENT).id == "urgent"
    assert plans.resume("gone", "smoke", Tier.GENERAL).id == "general"


@pytest.mark.parametrize(
    ("area", "subject", "inside"),
    [
        ("s01/b1", "s01/b1/u1", True),
        ("s01/b1", "s01/b10/u1", False),
        ("s01", "s01", True),
        ("s01/b1/u1", "s01/b1", False),
    ],
)
def test_areas_are_compared_by_segments(area: str, subject: str, inside: bool) -> None:
    assert covers(area, subject) == inside


def test_a_person_whom_nobody_can_reach_and_an_id_used_twice_are_refused() -> None:
    table = tomllib.loads((CONFIG / "roster.toml").read_text("utf-8"))
    del table["person"][0]["sms"], table["person"][0]["webhook"]
    with pytest.raises(ConfigError, match="neither sms nor webhook"):
        parse(table, Roster, Path("roster.toml"))
    table = tomllib.loads((CONFIG / "roster.toml").read_text("utf-8"))
    table["person"].append(table["person"][0])
    with pytest.raises(ConfigError, match="used twice: wang"):
        parse(table, Roster, Path("roster.toml"))


def test_a_place_without_a_label_is_called_by_the_nearest_one_and_its_codes() -> None:
    places = load(CONFIG / "places.toml", Places)
    assert places.label("s01/b01/u0101", "zh") == "1栋1单元101"
    assert places.label("s01/b01/u0999/wm-1", "zh") == "1栋 u0999 wm-1"
    assert places.label("s09/b01/u0101", "en") == "s09/b01/u0101"
