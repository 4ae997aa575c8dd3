"""Sensors that drift away from their neighbours, and all that is no drift."""

from collections.abc import Callable
from math import cos, tau
from random import Random

import pytest

from edge.drift import DAYS_MAX, Days
from edge.reading import FindingState, Kind, Reading, Tier
from edge.thinned import KEPT_MAX, Thinned
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import UNIT, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "value_drift"
EVERY_H = 4
Course = Callable[[int], float]
"""What a sensor adds to the weather on each day."""


def sensors(count: int, building: str = "b01") -> Site:
    """A site whose sensors are one to a home of a building."""
    units = [{"code": f"u{n}", "building": building} for n in range(count)]
    devices = [{"id": f"env-{n}", "kind": "env", "unit": f"u{n}"} for n in range(count)]
    return Site(registry(units=(UNIT, *units), devices=devices))


def live(site: Site, days: range, courses: dict[int, Course], others: range) -> None:
    """So many days of weather that warms up by 12 degrees in two months, with noise."""
    rng = Random(days.start)
    for day in days:
        for hour in range(0, 24, EVERY_H):
            weather_c = 10.0 + 0.2 * day - 4.0 * cos(tau * hour / 24)
            for number in others:
                own_c = courses.get(number, slope(0.0))(day)
                value_c = weather_c + number + own_c + rng.gauss(0.0, 0.3)
                site.hear(env(24 * day + hour + number / 100, round(value_c, 1), number))


def env(hour: float, value: float, number: int) -> Reading:
    return reading(hour, "temperature.c", value, device=f"env-{number}", kind=Kind.ENV)


def slope(c_per_day: float, until: int = 10_000) -> Course:
    return lambda day: c_per_day * min(day, until)


def test_one_that_moves_away_a_little_every_day_is_told_alone() -> None:
    site = sensors(5)
    live(site, range(60), {2: slope(0.08)}, range(5))
    (found,) = [each for each in site.said if each.rule == RULE]
    assert (found.tier, found.category, found.state) == (Tier.GENERAL, "device", RAISED)
    assert found.subject == "s01/b01/u2/env-2"
    assert found.evidence.seen["channel"] == "temperature.c"
    assert found.evidence.seen["neighbours"] == 4.0
    assert float(found.evidence.seen["moved"]) == pytest.approx(2.2, abs=0.3)
    assert at(24 * 24) < found.at_ns < at(24 * 40)


@pytest.mark.parametrize("down", [-0.08, -0.2])
def test_downwards_is_a_drift_too(down: float) -> None:
    site = sensors(4)
    live(site, range(45), {0: slope(down)}, range(4))
    assert site.story(RULE) == [RAISED]


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(lambda day: 4.0 * (day >= 20), id="a heater is turned on"),
        pytest.param(lambda day: 4.0 * (20 <= day < 34), id="and off again"),
        pytest.param(lambda day: 2.0 * (day % 7 >= 5), id="people are at home at weekends"),
        pytest.param(lambda day: 0.01 * day, id="less than its tolerance"),
    ],
)
def test_what_happens_in_a_room_is_no_drift(course: Course) -> None:
    site = sensors(5)
    live(site, range(60), {1: course}, range(5))
    assert site.story(RULE) == []


@pytest.mark.parametrize(("count", "told"), [(3, []), (4, [RAISED])])
def test_three_neighbours_are_a_reference_and_two_are_none(
    count: int, told: list[FindingState]
) -> None:
    site = sensors(count)
    live(site, range(45), {0: slope(0.1)}, range(count))
    assert site.story(RULE) == told


def test_where_all_move_apart_nobody_is_a_reference() -> None:
    site = sensors(6)
    live(site, range(60), {n: slope(0.06 * (n - 2)) for n in range(6)}, range(6))
    assert site.story(RULE) == []


def test_it_ends_when_it_moves_on_no_further() -> None:
    site = sensors(5)
    live(site, range(100), {3: slope(0.1, until=40)}, range(5))
    assert site.story(RULE) == [RAISED, CLEARED]


def test_what_was_learned_outlives_a_restart() -> None:
    whole, parted = sensors(4), sensors(4)
    live(whole, range(45), {0: slope(0.1)}, range(4))
    live(parted, range(20), {0: slope(0.1)}, range(4))
    blob = parted.pipeline.dump()
    parted.pipeline = sensors(4).pipeline
    parted.pipeline.restore(blob)
    site = sensors(4)
    live(site, range(20), {0: slope(0.1)}, range(4))
    live(site, range(20, 45), {0: slope(0.1)}, range(4))
    live(parted, range(20, 45), {0: slope(0.1)}, range(4))
    assert [each.id for each in parted.said] == [each.id for each in site.said]
    assert whole.story(RULE) == parted.story(RULE) == [RAISED]


def test_a_gap_of_months_forgets_what_was_before_it() -> None:
    days = Days()
    for day in (*range(3), *range(500, 503)):
        for value in (1.0, 2.0, 3.0, 4.0):
            days.take(day, value)
    assert set(days.by_day()) == {500, 501}


def test_days_are_bounded_and_a_day_of_few_words_is_unknown() -> None:
    days = Days()
    for day in range(3 * DAYS_MAX):
        for value in range(1 + 4 * (day % 2)):
            days.take(day, float(value))
    assert len(days.medians) == 4 * DAYS_MAX
    assert {day % 2 for day in days.by_day()} == {1}
    assert set(days.by_day().values()) == {2.0}


def test_values_of_a_day_are_thinned_evenly() -> None:
    thinned = Thinned()
    for value in range(10_000):
        thinned.add(value)
    assert KEPT_MAX / 2 <= len(thinned.kept) < KEPT_MAX
    gaps = {after - before for before, after in zip(thinned.kept, thinned.kept[1:], strict=False)}
    assert gaps == {thinned.every}
