"""Feeders: overloaded, soon overloaded, unequally loaded."""

from math import cos, pi

import pytest

from edge.reading import HOUR_NS, FindingState, Kind, Quality, Tier
from edge.settings import ConfigError
from tests.unit.edge.circuits import MINUTE, amperes, circuit, said, watts
from tests.unit.edge.worlds import METER, UNIT, at, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RATING_A = 40.0


class TestOverload:
    @pytest.mark.parametrize(
        ("load", "minutes", "told"), [(1.0, 600, 0), (1.13, 60, 1), (1.3, 16, 1), (1.3, 5, 0)]
    )
    def test_a_load_is_too_much_once_it_has_warmed_the_feeder(
        self, load: float, minutes: int, told: int
    ) -> None:
        site = circuit(rating_a=RATING_A)
        hour = amperes(site, 0, [(20.0,)] * 60)
        amperes(site, hour, [(load * RATING_A,)] * minutes)
        assert site.story("feeder_overload") == [RAISED] * told

    def test_what_is_told_says_how_much_since_when(self) -> None:
        site = circuit(rating_a=RATING_A)
        hour = amperes(site, 0, [(20.0,)] * 60)
        amperes(site, hour, [(52.0,)] * 30)
        (found,) = (each for each in site.said if each.rule == "feeder_overload")
        assert (found.category, found.tier) == ("electric", Tier.IMPORTANT)
        assert (found.subject, found.since_ns) == ("s01/b01/shed/em-1", at(1))
        assert found.evidence.seen["load_pct"] == 130
        assert found.evidence.usual["rating_a"] == RATING_A

    def test_a_motor_that_starts_is_no_overload_and_a_second_such_sample_is(self) -> None:
        site = circuit(rating_a=RATING_A)
        amperes(site, 0, [(10.0,)] * 10 + [(200.0,)] + [(10.0,)] * 10)
        assert site.story("feeder_overload") == []
        amperes(site, 1, [(60.0,)] * 2)
        assert site.story("feeder_overload") == [RAISED]

    @pytest.mark.parametrize(("then", "told"), [((18.0,), 0), ((50.0,), 1)], ids=["gone", "stays"])
    def test_on_a_slow_meter_a_sample_that_stands_out_waits_for_the_next(
        self, then: tuple[float, ...], told: int
    ) -> None:
        site = circuit("15 min", rating_a=RATING_A)
        hour = amperes(site, 0, [(18.0,)] * 8 + [(90.0,)], minutes=15)
        assert site.story("feeder_overload") == []
        amperes(site, hour, [then], minutes=15)
        assert site.story("feeder_overload") == [RAISED] * told

    def test_one_message_with_power_and_current_is_one_sample(self) -> None:
        site = circuit(rating_a=RATING_A)
        site.hear(said(0, "elec.power", 60 * 220.0), said(0, "elec.current", 60.0))
        assert site.story("feeder_overload") == []

    def test_it_ends_well_below_the_rating_when_the_feeder_has_cooled(self) -> None:
        site = circuit(rating_a=RATING_A)
        hour = amperes(site, 0, [(60.0,)] * 60)
        hour = amperes(site, hour, [(38.0,)] * 60)
        assert site.story("feeder_overload") == [RAISED]
        amperes(site, hour, [(30.0,)] * 30)
        assert site.story("feeder_overload") == [RAISED, CLEARED]

    def test_the_most_loaded_phase_counts(self) -> None:
        site = circuit(rating_a=RATING_A, phases=3)
        amperes(site, 0, [(10.0, 10.0, 60.0)] * 5)
        assert site.story("feeder_overload") == [RAISED]

    def test_power_is_shared_over_the_phases_where_no_current_is_given(self) -> None:
        site = circuit(rating_a=RATING_A, phases=3)
        hour = watts(site, 0, [3 * 220 * 40.0] * 120)
        assert site.story("feeder_overload") == []
        watts(site, hour, [3 * 220 * 60.0] * 2)
        assert site.story("feeder_overload") == [RAISED]

    def test_a_register_is_a_power_over_its_interval(self) -> None:
        site = circuit("15 min", rating_a=RATING_A)
        total_kwh = 100.0
        for quarter in range(6):
            site.hear(said(quarter / 4, "elec.total", total_kwh, resolution=0.01))
            total_kwh += 60 * 220 / 4 / 1_000
        assert site.story("feeder_overload") == [RAISED]

    def test_what_happened_in_a_gap_warms_nothing_and_ends_nothing(self) -> None:
        site = circuit(rating_a=RATING_A)
        amperes(site, 0, [(44.0,)] * 3)
        amperes(site, 5, [(44.0,)] * 3)
        assert site.story("feeder_overload") == []
        hour = amperes(site, 6, [(44.0,)] * 120)
        amperes(site, hour + 3, [(44.0,)] * 3)
        assert site.story("feeder_overload") == [RAISED]

    def test_late_and_faulty_readings_say_nothing(self) -> None:
        site = circuit(rating_a=RATING_A)
        amperes(site, 1, [(10.0,)] * 3)
        for minute in range(30):
            hour = minute * MINUTE
            site.hear(said(hour, "elec.current", 80.0, received_ns=at(2)))
            site.hear(said(2 + hour, "elec.current", 80.0, quality=Quality.FAULT))
        assert site.story("feeder_overload") == []

    def test_while_the_edge_does_not_listen_nothing_is_raised(self) -> None:
        site = circuit(rating_a=RATING_A)
        site.link(0.1, up=False)
        amperes(site, 1, [(80.0,)] * 5)
        assert site.story("feeder_overload") == []

    def test_a_checkpoint_knows_the_warmth(self) -> None:
        site, again = circuit(rating_a=RATING_A), circuit(rating_a=RATING_A)
        hour = amperes(site, 0, [(46.0,)] * 20)
        again.pipeline.restore(site.pipeline.dump())
        again.seq = site.seq
        for each in (site, again):
            amperes(each, hour, [(46.0,)] * 20)
        assert [each.id for each in again.said] == [each.id for each in site.said] != []


def usual_a(hour: float) -> float:
    """A day that is highest at noon after the start, at nine tenths of the rating."""
    return RATING_A * (0.55 - 0.35 * cos(2 * pi * hour / 24))


class TestAhead:
    def days(self, extra_a: float, days: int = 7) -> list[tuple[str, float]]:
        """So many usual days, and one on which the load is higher by so much from 3 o'clock on."""
        site = circuit(rating_a=RATING_A)
        for minute in range(0, days * 1440, 3):
            site.hear(said(minute * MINUTE, "elec.current", usual_a(minute * MINUTE)))
        for minute in range(0, 14 * 60, 3):
            hour = minute * MINUTE
            amps = usual_a(hour) + (extra_a if hour >= 3 else 0)
            site.hear(said(days * 24 + hour, "elec.current", amps))
        return [
            (found.rule, (found.at_ns - at(days * 24)) / HOUR_NS)
            for found in site.said
            if found.state is RAISED
        ]

    def test_a_day_above_the_usual_is_told_of_more_than_an_hour_before_it_is_too_much(self) -> None:
        told = dict(self.days(extra_a=10.0))
        assert told["feeder_overload"] - told["feeder_overload_ahead"] > 1

    def test_a_usual_day_is_not_told_of(self) -> None:
        assert self.days(extra_a=0.0) == []

    def test_without_known_days_a_rise_is_drawn_out(self) -> None:
        site = circuit(rating_a=RATING_A)
        amperes(site, 0, [(RATING_A * (0.5 + minute / 200),) for minute in range(75)])
        assert site.story("feeder_overload_ahead") == [RAISED]
        assert site.story("feeder_overload") == []
        (found,) = site.said
        assert (found.tier, found.category) == (Tier.GENERAL, "electric")
        assert 0 < float(found.evidence.seen["lead_min"]) <= 60

    def test_a_rise_that_stops_is_over(self) -> None:
        site = circuit(rating_a=RATING_A)
        hour = amperes(site, 0, [(RATING_A * (0.5 + minute / 200),) for minute in range(75)])
        amperes(site, hour, [(RATING_A * 0.6,)] * 120)
        assert site.story("feeder_overload_ahead") == [RAISED, CLEARED]

    def test_a_feeder_that_is_hardly_used_may_rise(self) -> None:
        site = circuit(rating_a=RATING_A)
        amperes(site, 0, [(minute / 4,) for minute in range(75)])
        assert site.said == []


class TestImbalance:
    UNEVEN: tuple[float, ...] = (30.0, 10.0, 12.0)
    EVEN: tuple[float, ...] = (30.0, 28.0, 27.0)

    def site(self, currents: list[tuple[float, ...]]) -> list[FindingState]:
        site = circuit(rating_a=RATING_A, phases=3)
        amperes(site, 0, currents)
        return site.story("feeder_imbalance")

    def test_an_hour_of_unequal_phases_is_told(self) -> None:
        assert self.site([self.UNEVEN] * 61) == [RAISED]
        assert self.site([self.UNEVEN] * 50) == []

    def test_it_ends_half_an_hour_after_they_are_equal(self) -> None:
        assert self.site([self.UNEVEN] * 61 + [self.EVEN] * 29) == [RAISED]
        assert self.site([self.UNEVEN] * 61 + [self.EVEN] * 31) == [RAISED, CLEARED]

    def test_a_light_load_may_be_unequal(self) -> None:
        assert self.site([(6.0, 1.0, 0.0)] * 120) == []

    def test_the_neutral_is_told(self) -> None:
        site = circuit(rating_a=RATING_A, phases=3)
        amperes(site, 0, [(30.0, 0.0, 0.0)] * 61)
        (found,) = site.said
        assert (found.tier, found.category) == (Tier.GENERAL, "electric")
        assert found.evidence.seen == {"apart_pct": 100, "neutral_a": 30.0}
        assert found.evidence.usual == {"apart_pct": 25, "neutral_a": 10.0}

    def test_phases_that_are_read_one_after_the_other_are_put_together(self) -> None:
        site = circuit(rating_a=RATING_A, phases=3)
        for minute in range(0, 90, 5):
            for second, name in ((0, ""), (1, ".b"), (2, ".c")):
                value = self.UNEVEN[second]
                hour = minute * MINUTE + second / 3600
                site.hear(said(hour, f"elec.current{name}", value))
        assert site.story("feeder_imbalance") == [RAISED]

    def test_a_phase_that_is_not_heard_is_not_zero(self) -> None:
        site = circuit(rating_a=RATING_A, phases=3)
        for minute in range(120):
            hour = minute * MINUTE
            site.hear(said(hour, "elec.current", 30.0), said(hour, "elec.current.b", 30.0))
        assert site.said == []


class TestRegistry:
    @pytest.mark.parametrize(
        ("kind", "unit", "terms"),
        [
            ("water", "shed", {"rating_a": 40}),
            ("elec", "u01", {"charging": "forbidden"}),
            ("elec", "shed", {"charging": "forbidden", "charging_hours": "07:00-22:00"}),
            ("elec", "shed", {"idle_w": 20}),
            ("elec", "shed", {"hours": "7-22"}),
            ("elec", "shed", {"rating_a": 0}),
        ],
    )
    def test_terms_that_cannot_hold_are_refused(
        self, kind: str, unit: str, terms: dict[str, object]
    ) -> None:
        units = (UNIT, {"code": "shed", "building": "b01"})
        device = {"id": "em-1", "kind": kind, "unit": unit, "feeder": terms}
        with pytest.raises(ConfigError, match="feeder"):
            registry(units, (METER, device))

    def test_a_meter_without_terms_is_no_circuit(self) -> None:
        site = circuit()
        site.hear(said(0, "elec.current", 500.0, kind=Kind.ELEC))
        assert site.said == []
