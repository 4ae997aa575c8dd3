"""Devices as instruments: values that cannot be, that stand still, and weak batteries."""

import pytest

from edge.instrument import RANGES
from edge.reading import FindingState, Kind, Reading, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
SENSORS = [{"id": f"env-{n}", "kind": "env", "unit": "u01"} for n in range(4)]
FROZEN, IMPOSSIBLE, WEAK = "value_frozen", "value_impossible", "battery_weak"


def site() -> Site:
    return Site(registry(devices=(METER, *SENSORS)))


def env(hour: float, value: float | str, number: int = 0, **how: str) -> Reading:
    channel = how.get("channel", "temperature.c")
    return reading(hour, channel, value, device=f"env-{number}", kind=Kind.ENV)


class TestImpossible:
    @pytest.mark.parametrize("channel", sorted(RANGES))
    @pytest.mark.parametrize("side", [0, 1])
    def test_what_lies_outside_is_told_and_what_lies_on_the_edge_is_not(
        self, channel: str, side: int
    ) -> None:
        home = site()
        limit = RANGES[channel][side]
        home.hear(env(1, limit, channel=channel))
        assert home.story(IMPOSSIBLE) == []
        home.hear(env(2, limit + (1 if side else -1), channel=channel))
        (found,) = [each for each in home.said if each.rule == IMPOSSIBLE]
        assert (found.tier, found.subject) == (Tier.GENERAL, "s01/b01/u01/env-0")
        assert found.evidence.seen["channel"] == channel

    def test_a_sensor_that_is_mad_now_and_then_is_told_once(self) -> None:
        home = site()
        for hour in range(0, 100, 2):
            home.hear(env(hour, 850.0 if hour % 10 == 0 else 21.0))
        assert home.story(IMPOSSIBLE) == [RAISED]
        for hour in range(100, 130, 2):
            home.hear(env(hour, 21.0))
        assert home.story(IMPOSSIBLE) == [RAISED, CLEARED]

    def test_silence_ends_nothing(self) -> None:
        home = site()
        home.hear(env(1, 850.0))
        home.tick(60)
        assert home.story(IMPOSSIBLE) == [RAISED]

    @pytest.mark.parametrize("channel", ["water.total", "lqi", "x.own"])
    def test_other_channels_are_not_looked_at(self, channel: str) -> None:
        home = site()
        home.hear(env(1, 1e8, channel=channel))
        assert home.story(IMPOSSIBLE) == []


class TestFrozen:
    def live(self, home: Site, hours: int, still: tuple[int, ...], moving: tuple[int, ...]) -> None:
        for hour in range(hours):
            for number in still:
                home.hear(env(hour, 21.5, number))
            for number in moving:
                home.hear(env(hour + 0.1, 20.0 + hour % 7, number))

    def test_what_stands_still_for_two_days_while_two_neighbours_move_is_told(self) -> None:
        home = site()
        self.live(home, 80, still=(0,), moving=(1, 2))
        (found,) = [each for each in home.said if each.rule == FROZEN]
        assert (found.subject, found.since_ns) == ("s01/b01/u01/env-0", at(0))
        assert found.at_ns <= at(56)
        home.hear(env(81, 21.6))
        assert home.story(FROZEN) == [RAISED, CLEARED]

    @pytest.mark.parametrize(("still", "moving"), [((0,), (1,)), ((0, 1, 2), (3,)), ((0,), ())])
    def test_without_neighbours_that_move_nobody_can_know(
        self, still: tuple[int, ...], moving: tuple[int, ...]
    ) -> None:
        home = site()
        self.live(home, 120, still, moving)
        assert home.story(FROZEN) == []

    def test_few_words_in_two_days_are_too_few(self) -> None:
        home = site()
        for hour in range(0, 120, 6):
            home.hear(env(hour, 21.5))
            for number in (1, 2):
                home.hear(env(hour, 20.0 + hour, number))
        assert home.story(FROZEN) == []

    def test_a_register_that_stands_still_is_an_empty_home(self) -> None:
        home = site()
        for hour in range(200):
            home.hear(reading(hour, "elec.total", 812.0, device="env-0", kind=Kind.ELEC))
            for number in (1, 2):
                home.hear(env(hour, float(hour), number, channel="elec.total"))
        assert home.story(FROZEN) == []

    def test_a_restart_in_between_changes_nothing(self) -> None:
        home, again = site(), site()
        self.live(home, 40, still=(0,), moving=(1, 2))
        again.pipeline.restore(home.pipeline.dump())
        again.seq = home.seq
        for hour in range(40, 80):
            again.hear(env(hour, 21.5))
            for number in (1, 2):
                again.hear(env(hour + 0.1, 20.0 + hour % 7, number))
        assert again.story(FROZEN) == [RAISED]


class TestBattery:
    def test_it_is_told_at_ten_per_cent_and_over_at_twenty(self) -> None:
        home = site()
        for hour, pct in enumerate((40.0, 11.0, 10.0, 12.0, 9.0, 19.0, 20.0, 15.0)):
            home.hear(env(hour, pct, channel="battery.pct"))
        assert home.story(WEAK) == [RAISED, CLEARED]

    def test_an_old_word_that_comes_late_changes_nothing(self) -> None:
        home = site()
        home.hear(env(5, 80.0, channel="battery.pct"))
        home.hear(env(1, 5.0, channel="battery.pct"))
        assert home.story(WEAK) == []

    def test_a_text_is_no_percentage(self) -> None:
        home = site()
        home.hear(env(5, "low", channel="battery.pct"))
        assert home.said == []
