"""E-bikes that are charged, and power that is taken, where or when nobody may."""

from typing import Any

import pytest

from edge.reading import FindingState, Tier
from tests.unit.edge.circuits import MIDNIGHT, circuit, said, watts
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED


def charge(minutes: int = 240, power_w: float = 150.0, rise: float = 0.12) -> list[float]:
    """A plateau that rises by so much, and a tail of an hour and a half."""
    plateau = [power_w * (1 + rise * minute / minutes) for minute in range(minutes)]
    return plateau + [plateau[-1] * 0.965**minute for minute in range(90)]


def over(base_w: float, powers_w: list[float]) -> list[float]:
    return [base_w + power_w for power_w in powers_w]


class TestCharging:
    def told(self, powers_w: list[float], minutes: float = 1, **feeder: Any) -> Site:
        site = circuit(f"{minutes:g} min", **({"charging": "forbidden"} | feeder))
        base = [20.0] * round(60 / minutes)
        watts(site, 0, base + over(20.0, powers_w) + base, minutes)
        return site

    def test_a_plateau_that_rises_is_told_while_it_lasts(self) -> None:
        site = self.told(charge())
        assert site.story("ebike_charging") == [RAISED, CLEARED]
        raised, _ = site.said
        assert (raised.category, raised.tier) == ("electric", Tier.IMPORTANT)
        assert raised.since_ns == at(1) - 60 * 10**9
        assert raised.evidence.seen["proof"] == "plateau"
        assert at(2.5) <= raised.at_ns < at(4.5)

    def test_a_flat_plateau_shows_itself_by_its_tail(self) -> None:
        site = self.told(charge(rise=0.0))
        assert site.story("ebike_charging") == [RAISED, CLEARED]
        assert site.said[0].evidence.seen["proof"] == "tail"

    @pytest.mark.parametrize("minutes", [5, 15])
    def test_a_slow_sub_meter_shows_it_too(self, minutes: int) -> None:
        site = self.told(charge()[::minutes], minutes)
        assert site.story("ebike_charging") == [RAISED, CLEARED]

    @pytest.mark.parametrize(
        "powers_w",
        [
            [100.0] * 400,  # a lamp
            [1_500.0] * 300,  # a heater
            [120.0, 120.0, 120.0, 0.0, 0.0, 0.0] * 100,  # a refrigerator
            charge(15),  # too short to tell
            charge(power_w=30.0),  # a telephone or a computer
            [200.0] * 240 + [100.0] * 240,  # two lamps, one of which goes off
            [200.0 - minute / 2 for minute in range(300)],  # what cools down slowly
        ],
        ids=["lamp", "heater", "refrigerator", "short", "small", "two lamps", "slope"],
    )
    def test_other_loads_are_not_told(self, powers_w: list[float]) -> None:
        assert self.told(powers_w).story("ebike_charging") == []

    @pytest.mark.parametrize("upper_w", [80.0, 700.0], ids=["lamp", "tool"])
    def test_what_comes_on_upon_it_does_not_hide_it(self, upper_w: float) -> None:
        powers_w = [
            power_w + upper_w * (60 <= minute < 90) for minute, power_w in enumerate(charge())
        ]
        assert self.told(powers_w).story("ebike_charging") == [RAISED, CLEARED]

    def test_a_charge_upon_a_lamp_is_told_by_itself(self) -> None:
        site = self.told([60.0] * 60 + over(60.0, charge()) + [60.0] * 60)
        assert site.story("ebike_charging") == [RAISED, CLEARED]
        assert site.said[0].evidence.seen["base_w"] == pytest.approx(80, abs=1)

    def test_where_it_is_allowed_nothing_is_looked_for(self) -> None:
        assert self.told(charge(), charging="allowed").said == []

    def test_within_the_hours_it_is_allowed_and_outside_it_is_not(self) -> None:
        told = {
            hours: bool(self.told(charge(), charging="allowed", charging_hours=hours).said)
            for hours in ("08:00-20:00", "20:00-08:00")
        }
        assert told == {"08:00-20:00": False, "20:00-08:00": True}

    def test_a_gap_makes_no_charge_and_ends_none(self) -> None:
        site = circuit(charging="forbidden")
        powers_w = over(20.0, charge())
        watts(site, 0, [20.0] * 60 + powers_w[:60])
        watts(site, 4, powers_w[180:])
        assert site.story("ebike_charging") == []
        site = circuit(charging="forbidden")
        watts(site, 0, [20.0] * 60 + powers_w[:230])
        site.tick(20)
        assert site.story("ebike_charging") == [RAISED]

    def test_a_plug_in_a_home_may_look_for_it(self) -> None:
        plug = {"id": "plug-1", "kind": "plug", "unit": "u01", "interval": "1 min"}
        site = Site(registry((UNIT,), (METER, plug | {"feeder": {"charging": "forbidden"}})))
        for minute, power_w in enumerate([0.0] * 60 + charge()):
            site.hear(reading(minute / 60, "elec.power", power_w, device="plug-1"))
        assert site.story("ebike_charging") == [RAISED, CLEARED]


class TestPowerTheft:
    def nights(self, site: Site, count: int, idle_w: float = 15.0) -> float:
        """So many days on which 200 W are used from 07:00 to 22:00 and little else."""
        quarters = count * 96
        for quarter in range(quarters):
            hour = quarter / 4
            of_day = (hour - MIDNIGHT) % 24
            power_w = 200.0 if 7 <= of_day < 22 else idle_w
            site.hear(said(hour, "elec.power", power_w))
        return quarters / 4

    def test_a_load_by_night_is_told_once_nights_are_known(self) -> None:
        site = circuit("15 min", hours="07:00-22:00")
        self.nights(site, 8)
        assert site.said == []
        start = 8 * 24 + MIDNIGHT
        for quarter in range(8):
            site.hear(said(start + quarter / 4, "elec.power", 600.0))
        (found,) = site.said
        assert (found.rule, found.category) == ("power_theft", "electric")
        assert (found.tier, found.since_ns) == (Tier.GENERAL, at(start))
        assert found.evidence.usual == {"limit_w": 60, "hours": "07:00-22:00"}

    def test_before_any_night_is_known_only_what_is_agreed_is_too_much(self) -> None:
        told = {}
        for idle_w in (None, 50.0):
            site = circuit("15 min", hours="07:00-22:00", **({"idle_w": idle_w} if idle_w else {}))
            for quarter in range(8):
                site.hear(said(MIDNIGHT + quarter / 4, "elec.power", 600.0))
            told[idle_w] = site.story("power_theft")
        assert told == {None: [], 50.0: [RAISED]}

    def test_lamps_may_burn_near_their_hours_and_not_by_day(self) -> None:
        site = circuit("15 min", hours="18:00-06:00", idle_w=20.0)
        for of_day, told in ((6.0, 0), (17.5, 0), (36.0, 1)):
            for minute in range(40):
                site.hear(said(MIDNIGHT + of_day + minute / 60, "elec.power", 400.0))
            assert len(site.said) == told

    def test_it_ends_with_the_load_or_with_the_hours(self) -> None:
        for after in ([600.0] * 28 + [200.0] * 4, [10.0] * 4):
            site = circuit("15 min", hours="07:00-22:00", idle_w=50.0)
            powers_w = [600.0] * 8 + after
            for quarter, power_w in enumerate(powers_w):
                site.hear(said(MIDNIGHT + quarter / 4, "elec.power", power_w))
            assert site.story("power_theft") == [RAISED, CLEARED]
            assert float(site.said[-1].evidence.seen["energy_kwh"]) >= 1.0

    def test_a_silent_meter_takes_no_power(self) -> None:
        site = circuit("15 min", hours="07:00-22:00", idle_w=50.0)
        site.hear(said(MIDNIGHT, "elec.power", 600.0))
        site.hear(said(MIDNIGHT + 3, "elec.power", 600.0))
        site.tick(MIDNIGHT + 4)
        assert site.story("power_theft") == []
