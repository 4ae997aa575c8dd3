"""Leaks and running water, as a home's meter shows them."""

from typing import Any

import pytest

from edge.reading import FindingState, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, litres, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
HOME = {"code": "u01", "building": "b01", "leaks": {}}


def site(**unit: Any) -> Site:
    return Site(registry(units=(HOME | unit,), devices=(METER,)))


def runs(home: Site, hours: range, l_per_h: float, register_l: float = 0, **changes: Any) -> float:
    """An hourly register that moves so fast from where it stood; where it stands then."""
    for hour in hours:
        register_l += l_per_h
        home.hear(litres(hour, register_l, **changes))
    return register_l


class TestSlowLeak:
    def test_water_that_never_pauses_for_a_day_is_told(self) -> None:
        home = site()
        runs(home, range(25), 4)
        (found,) = home.said
        assert (found.rule, found.category, found.tier) == ("leak_slow", "water", Tier.GENERAL)
        assert found.subject == "s01/b01/u01"
        assert found.evidence.seen == {"slowest_l_per_h": 4.0, "volume_l": 96.0}

    def test_one_hour_without_use_is_a_pause(self) -> None:
        home = site()
        register_l = runs(home, range(20), 4)
        register_l = runs(home, range(20, 21), 0, register_l)
        runs(home, range(21, 44), 4, register_l)
        assert home.story("leak_slow") == []

    def test_a_pause_ends_it(self) -> None:
        home = site()
        register_l = runs(home, range(30), 4)
        runs(home, range(30, 32), 0, register_l)
        assert home.story("leak_slow") == [RAISED, CLEARED]

    def test_a_gap_leaves_it_unknown(self) -> None:
        home = site()
        register_l = runs(home, range(12), 4)
        runs(home, range(16, 30), 4, register_l)
        assert home.story("leak_slow") == []

    def test_a_gap_in_a_leak_ends_nothing(self) -> None:
        home = site()
        register_l = runs(home, range(26), 4)
        runs(home, range(32, 40), 4, register_l)
        assert home.story("leak_slow") == [RAISED]

    def test_a_silent_meter_is_no_leak(self) -> None:
        home = site()
        runs(home, range(10), 4)
        home.tick(60)
        assert home.story("leak_slow") == []

    def test_half_an_hour_is_enough_of_a_pause_for_a_quick_meter(self) -> None:
        home = site()
        for quarter in range(120):
            home.hear(litres(quarter / 4, 10 * ((quarter + 2) // 3)))
        assert home.story("leak_slow") == []

    def test_a_home_without_terms_is_not_looked_at(self) -> None:
        home = Site(registry(units=(UNIT,)))
        runs(home, range(30), 40)
        assert home.said == []


class TestRunningWater:
    def run(self, l_per_h: float, hours: int, **unit: Any) -> Site:
        home = site(**unit)
        register_l = runs(home, range(60), 0)
        runs(home, range(60, 60 + hours), l_per_h, register_l)
        return home

    @pytest.mark.parametrize(
        ("l_per_h", "hours", "told"), [(130, 3, 1), (130, 2, 0), (110, 9, 0), (300, 5, 1)]
    )
    def test_three_fast_hours_are_told(self, l_per_h: float, hours: int, told: int) -> None:
        assert self.run(l_per_h, hours).story("water_running") == [RAISED] * told

    @pytest.mark.parametrize(
        ("drawn_l", "told"),
        [
            ((200, 300, 300), 0),
            ((200, 300, 300, 250), 1),
            ((300, 330, 300), 1),
            ((150, 300, 150), 0),
        ],
        ids=["began late", "goes on", "people draw besides", "began late and ended early"],
    )
    def test_the_first_and_last_hour_count_for_what_ran_in_them(
        self, drawn_l: tuple[float, ...], told: int
    ) -> None:
        home = site()
        register_l = runs(home, range(60), 0)
        for hour, litre in enumerate(drawn_l, 60):
            register_l = runs(home, range(hour, hour + 1), litre, register_l)
        assert home.story("water_running") == [RAISED] * told

    def test_a_resident_living_alone_may_lie_under_the_tap(self) -> None:
        tiers = {
            found.tier
            for care in (["alone"], [])
            for found in self.run(200, 4, care=care).said
            if found.rule == "water_running"
        }
        assert tiers == {Tier.URGENT, Tier.IMPORTANT}

    def test_it_ends_when_the_water_slows(self) -> None:
        home = self.run(200, 4)
        runs(home, range(64, 66), 20, 800)
        assert home.story("water_running") == [RAISED, CLEARED]

    def test_a_gap_neither_raises_nor_ends_it(self) -> None:
        home = self.run(200, 2)
        home.hear(litres(65, 400 + 4 * 200))
        assert home.story("water_running") == []
        home = self.run(200, 4)
        home.hear(litres(70, 800))
        assert home.story("water_running") == [RAISED]

    def test_a_burst_is_told_after_one_interval(self) -> None:
        home = self.run(1_200, 1)
        assert home.story("water_burst") == [RAISED]

    def test_a_home_that_often_draws_so_much_is_not_told_of(self) -> None:
        home = site()
        register_l = runs(home, range(30), 0)
        register_l = runs(home, range(30, 31), 1_000, register_l)
        register_l = runs(home, range(31, 60), 0, register_l)
        runs(home, range(60, 61), 1_200, register_l)
        assert home.story("water_burst") == []

    def test_a_home_that_is_hardly_known_has_no_burst(self) -> None:
        home = site()
        register_l = runs(home, range(20), 0)
        runs(home, range(20, 21), 1_200, register_l)
        assert home.story("water_burst") == []


def test_rests_change_no_finding() -> None:
    resting, asked = site(), site()
    pattern = [0, 0, 150, 150, 150, 150, 4, 4, 4, 0, 4, 1_200, 4] + [4] * 30 + [0, 200, 200, 200]
    register_l = 0.0
    for hour, use_l in enumerate([0] * 50 + pattern * 2):
        register_l += use_l
        for home in (resting, asked):
            for watched in asked.pipeline.homes().values():
                watched.settle(())
            home.hear(litres(hour, register_l))
    assert [found.id for found in resting.said] == [found.id for found in asked.said]
    assert {found.rule for found in resting.said} == {"leak_slow", "water_running", "water_burst"}
