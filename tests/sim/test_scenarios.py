"""Weeks of every labelled scenario: what goes missing raises nothing, and no hazard is lost."""

import math
from random import Random

import pytest

from simulators.evaluate.labelled import life
from simulators.evaluate.labelled.match import from_missing_data, outcome
from simulators.evaluate.labelled.scenario import scenarios
from simulators.evaluate.labelled.trial import Month, span_of

DAYS = 10


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_no_rule_raises_an_alarm_because_data_are_missing(name: str) -> None:
    scenario = scenarios()[name]
    span = span_of(scenario, Month(name, 0, DAYS, 1))
    world = scenario.draw(Random(f"missing {name}"), span)
    assert world.holes
    holed, whole = life.alarms(world, span, world.holes), life.alarms(world, span, ())
    for judged in scenario.rules:
        with_holes, without = (
            outcome(each.get(judged.rule, []), world.labels, judged, span)
            for each in (holed, whole)
        )
        missing = from_missing_data(with_holes.false, without.false, judged.within_ns)
        assert (judged.rule, missing) == (judged.rule, 0)


def test_every_hazard_is_told_once_whatever_holds_it_up() -> None:
    scenario = scenarios()["hazards"]
    span = span_of(scenario, Month("hazards", 0, DAYS, 1))
    world = scenario.draw(Random("hazards"), span)
    made = life.alarms(world, span, world.holes)
    for judged in scenario.rules:
        found = outcome(made[judged.rule], world.labels, judged, span)
        assert found.delays_s
        assert not any(map(math.isinf, found.delays_s)), judged.rule
        assert (found.repeats, found.late, found.false) == (0, 0, ()), judged.rule
