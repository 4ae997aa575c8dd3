"""Bulk meters: what the homes behind them do not account for, and what flows by night."""

from collections.abc import Callable
from typing import Any

import pytest

from edge.reading import FindingState, Kind, Tier
from edge.registry import Registry
from edge.settings import ConfigError
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
HOMES = 8
LOCAL_H = 8
Uses = Callable[[int], float]


def book(homes: int = HOMES, **terms: Any) -> Registry:
    units: list[dict[str, Any]] = [
        {"code": f"u{i}", "building": "b01", "riser": "r1"} for i in range(homes)
    ]
    units.append({"code": "main", "building": "b01", "riser": "r1", "bulk": terms})
    devices = [meter(f"wm-{i}", f"u{i}") for i in range(homes)]
    return registry(units, [*devices, meter("bulk", "main", q_max_m3h=50)])


def meter(name: str, unit: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "kind": "water", "unit": unit, "interval": "1 h"} | changes


def by_day(home: int, hour: int) -> float:
    """Twelve litres an hour from six to midnight, local time; each night another home is up."""
    of_day = (hour + LOCAL_H) % 24
    return 12.0 if of_day >= 6 else 3.0 * (home == (hour // 24) % HOMES)


class Riser:
    """Homes and their bulk meter, which counts what they use and what is lost before them."""

    def __init__(self, homes: int = HOMES, **terms: Any) -> None:
        self.site = Site(book(homes, **({"complete": True} | terms)))
        self.registers_l = [0.0] * homes
        self.bulk_l = 0.0

    def live(
        self, hours: range, lost_l_per_h: float = 0.0, silent: frozenset[int] = frozenset()
    ) -> None:
        for hour in hours:
            for home, _ in enumerate(self.registers_l):
                used_l = by_day(home, hour)
                self.registers_l[home] += used_l
                self.bulk_l += used_l
                if home not in silent:
                    self.say(hour, f"wm-{home}", f"u{home}", self.registers_l[home])
            self.bulk_l += lost_l_per_h
            if -1 not in silent:
                self.say(hour, "bulk", "main", self.bulk_l)

    def say(self, hour: float, device: str, unit: str, register_l: float) -> None:
        value = int(register_l) / 1_000
        self.site.hear(
            reading(hour, "water.total", value, device=device, unit=unit, kind=Kind.WATER)
        )

    def story(self, rule: str) -> list[FindingState]:
        return self.site.story(rule)


class TestBalance:
    def test_a_riser_that_loses_nothing_is_sound(self) -> None:
        riser = Riser()
        riser.live(range(24 * 12))
        assert riser.site.said == []

    def test_a_loss_is_told_after_two_nights(self) -> None:
        riser = Riser()
        riser.live(range(24 * 3))
        riser.live(range(24 * 3, 24 * 6), lost_l_per_h=40)
        (found,) = (each for each in riser.site.said if each.rule == "riser_balance")
        assert (found.category, found.tier) == ("water", Tier.GENERAL)
        assert found.subject == "s01/b01/main"
        assert found.at_ns < at(24 * 5)
        assert 20 <= float(found.evidence.seen["unaccounted_l_per_h"]) <= 40
        assert found.evidence.seen["homes"] == HOMES

    def test_less_than_the_limit_is_not_told(self) -> None:
        riser = Riser()
        riser.live(range(24 * 6), lost_l_per_h=10)
        assert riser.story("riser_balance") == []

    def test_it_ends_when_a_night_and_a_day_are_sound(self) -> None:
        riser = Riser()
        riser.live(range(24 * 5), lost_l_per_h=40)
        riser.live(range(24 * 5, 24 * 8))
        assert riser.story("riser_balance") == [RAISED, CLEARED]

    @pytest.mark.parametrize("silent", [0, -1])
    def test_a_home_or_a_bulk_that_is_not_heard_is_no_loss_and_ends_none(self, silent: int) -> None:
        riser = Riser()
        riser.live(range(24 * 3))
        riser.live(range(24 * 3, 24 * 8), silent=frozenset({silent}))
        assert riser.story("riser_balance") == []
        riser = Riser()
        riser.live(range(24 * 5), lost_l_per_h=40)
        riser.live(range(24 * 5, 24 * 10), silent=frozenset({silent}))
        assert riser.story("riser_balance") == [RAISED]

    def test_a_home_without_a_meter_yet_leaves_it_unknown(self) -> None:
        later = {"from": "2026-06-01T00:00:00+08:00"}
        units = [{"code": f"u{i}", "building": "b01"} for i in range(2)]
        units.append({"code": "main", "building": "b01", "bulk": {"complete": True}})  # type: ignore[dict-item]
        devices = [meter("wm-0", "u0"), meter("wm-1", "u1", **later), meter("bulk", "main")]
        riser = Riser()
        riser.site, riser.registers_l = Site(registry(units, devices)), [0.0]
        riser.live(range(24 * 6), lost_l_per_h=200)
        assert riser.story("riser_balance") == []

    def test_where_not_every_home_has_a_meter_there_is_no_balance(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 6), lost_l_per_h=400)
        assert riser.story("riser_balance") == []

    def test_what_meters_may_differ_by_is_no_loss(self) -> None:
        riser = Riser(homes=8, unaccounted_l_per_h=1.0)
        riser.live(range(24 * 6), lost_l_per_h=1.5)
        assert riser.story("riser_balance") == []

    def test_a_bulk_meter_is_no_home_of_a_supply(self) -> None:
        with pytest.raises(ConfigError, match="nobody lives"):
            registry(
                [{"code": "u1", "building": "b1", "care": ["alone"], "bulk": {}}],
                [meter("wm-1", "u1")],
            )


class TestNightFlow:
    def test_a_night_that_stays_above_the_usual_is_told_after_three(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 16))
        riser.live(range(24 * 16, 24 * 21), lost_l_per_h=30)
        (found,) = riser.site.said
        assert (found.rule, found.category, found.tier) == ("night_flow", "water", Tier.GENERAL)
        assert at(24 * 18) < found.at_ns < at(24 * 20)
        assert found.evidence.seen["night_l_per_h"] == 33.0
        assert found.evidence.usual["usual_l_per_h"] == 3.0

    def test_it_does_not_become_usual_and_ends_when_it_ends(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 16))
        riser.live(range(24 * 16, 24 * 60), lost_l_per_h=30)
        assert riser.story("night_flow") == [RAISED]
        riser.live(range(24 * 60, 24 * 62))
        assert riser.story("night_flow") == [RAISED, CLEARED]

    def test_nothing_is_usual_before_ten_nights(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 8))
        riser.live(range(24 * 8, 24 * 12), lost_l_per_h=300)
        assert riser.site.said == []

    def test_one_night_is_chance(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 16))
        riser.live(range(24 * 16, 24 * 18), lost_l_per_h=30)
        riser.live(range(24 * 18, 24 * 24))
        assert riser.site.said == []

    def test_a_gap_in_the_night_is_unknown(self) -> None:
        riser = Riser(complete=False)
        riser.live(range(24 * 16))
        for day in range(16, 22):
            night = 24 * day + 24 - LOCAL_H
            riser.live(range(24 * day, night), lost_l_per_h=30)
            riser.live(range(night, night + 6), lost_l_per_h=30, silent=frozenset({-1}))
            riser.live(range(night + 6, 24 * day + 24), lost_l_per_h=30)
        assert riser.site.said == []

    def test_a_checkpoint_knows_the_nights(self) -> None:
        riser, again = Riser(complete=False), Riser(complete=False)
        riser.live(range(24 * 16))
        again.site.pipeline.restore(riser.site.pipeline.dump())
        again.site.seq = riser.site.seq
        again.registers_l, again.bulk_l = list(riser.registers_l), riser.bulk_l
        for each in (riser, again):
            each.live(range(24 * 16, 24 * 21), lost_l_per_h=30)
        assert [each.id for each in again.site.said] == [each.id for each in riser.site.said] != []


@pytest.mark.parametrize("night", ["02:00-03:00", "20:00-08:00", "2-5"])
def test_a_night_that_is_none_is_refused(night: str) -> None:
    with pytest.raises(ConfigError, match="night"):
        book(night=night)
