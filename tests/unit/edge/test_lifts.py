"""Lifts that break down again and again."""

import pytest

from edge.reading import FindingState, Kind, Reading, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "lift_repeat_fault"
DAY = 24


def site() -> Site:
    return Site(registry(devices=(METER, {"id": "lift-1", "kind": "lift", "unit": "u01"})))


def lift(hour: float, word: str, channel: str = "lift.state") -> Reading:
    return reading(hour, channel, word, device="lift-1", kind=Kind.LIFT)


def break_down(home: Site, hour: float) -> None:
    home.hear(lift(hour, "out_of_service"))
    home.hear(lift(hour + 2, "normal"))


def test_the_third_fault_in_a_month_is_told_once_until_there_are_fewer() -> None:
    home = site()
    for day in (1, 5):
        break_down(home, day * DAY)
        assert home.story(RULE) == []
    for day in (9, 12):
        break_down(home, day * DAY)
    (found,) = [each for each in home.said if each.rule == RULE]
    assert (found.tier, found.category) == (Tier.GENERAL, "device")
    assert found.evidence.seen == {"faults": 3.0}
    home.tick(35.1 * DAY)
    assert home.story(RULE) == [RAISED, CLEARED]


def test_each_fault_is_told_at_once_as_well() -> None:
    home = site()
    for day in (1, 5, 9):
        break_down(home, day * DAY)
    assert home.story("lift_out_of_service") == [RAISED, CLEARED] * 3


def test_people_trapped_and_then_out_of_service_are_one_fault() -> None:
    home = site()
    for day in (1, 2):
        home.hear(lift(day * DAY, "trapped", "lift.trapped"))
        home.hear(lift(day * DAY + 0.2, "clear", "lift.trapped"))
        break_down(home, day * DAY + 0.3)
    assert home.story(RULE) == []


@pytest.mark.parametrize("word", ["maintenance", "normal", "whatever"])
def test_maintenance_is_no_fault(word: str) -> None:
    home = site()
    for day in range(1, 9):
        home.hear(lift(day * DAY, word))
        home.hear(lift(day * DAY + 2, "normal"))
    assert home.story(RULE) == []


def test_what_is_said_again_is_not_another_fault() -> None:
    home = site()
    for hour in range(0, 200, 2):
        home.hear(lift(hour, "out_of_service"))
    assert home.story(RULE) == []
