import pytest

from edge.reading import HOUR_NS, MINUTE_NS
from gateway.api.curve import Curve, Known, draw
from gateway.api.register import Register, judged
from tests.unit.edge.worlds import at, litres, registry

START_NS = 1_700_002_800_000_000_000  # on the hour


def every(minutes: int, *litres: float, cuts: tuple[int, ...] = ()) -> Register:
    samples = [(START_NS + i * minutes * MINUTE_NS, value) for i, value in enumerate(litres)]
    return Register(samples, cuts)


def hours(curve: Curve) -> list[tuple[Known, float | None]]:
    return [(h.known, None if h.volume_l is None else round(h.volume_l, 6)) for h in curve.hours]


def test_an_hour_between_two_readings_holds_their_difference() -> None:
    curve = draw([every(60, 1000, 1012, 1012)], START_NS, START_NS + 2 * HOUR_NS)
    assert hours(curve) == [(Known.COMPLETE, 12.0), (Known.COMPLETE, 0.0)]
    assert curve.gaps == ()


def test_an_hour_without_readings_is_unknown_and_never_zero() -> None:
    readings = [(START_NS, 1000), (START_NS + HOUR_NS, 1002), (START_NS + 5 * HOUR_NS, 1040)]
    curve = draw([Register(readings)], START_NS, START_NS + 5 * HOUR_NS)
    assert [hour.known for hour in curve.hours] == [Known.COMPLETE, *[Known.UNKNOWN] * 4]
    assert all(hour.volume_l is None for hour in curve.hours[1:])


def test_the_total_over_a_gap_is_told_though_its_hours_are_not() -> None:
    readings = [(START_NS, 1000), (START_NS + HOUR_NS, 1002), (START_NS + 5 * HOUR_NS, 1040)]
    (gap,) = draw([Register(readings)], START_NS, START_NS + 5 * HOUR_NS).gaps
    assert (gap.start_ns, gap.end_ns) == (START_NS + HOUR_NS, START_NS + 5 * HOUR_NS)
    assert gap.volume_l == pytest.approx(38.0)


def test_equal_registers_around_a_gap_prove_that_nothing_was_used() -> None:
    curve = draw([every(300, 7500, 7500)], START_NS, START_NS + 5 * HOUR_NS)
    assert hours(curve) == [(Known.COMPLETE, 0.0)] * 5


def test_nothing_is_concluded_past_the_last_reading() -> None:
    curve = draw([every(30, 9, 9, 9, 9)], START_NS, START_NS + 3 * HOUR_NS)
    assert hours(curve) == [(Known.COMPLETE, 0.0), (Known.PARTIAL, 0.0), (Known.UNKNOWN, None)]


def test_a_replaced_meter_leaves_the_hour_of_its_replacement_unknown() -> None:
    curve = draw(
        [every(60, 9000, 9010, 0, 20, cuts=(START_NS + 2 * HOUR_NS,))],
        START_NS,
        START_NS + 3 * HOUR_NS,
    )
    assert hours(curve) == [(Known.COMPLETE, 10.0), (Known.UNKNOWN, None), (Known.COMPLETE, 20.0)]
    assert curve.gaps[0].volume_l is None


def test_a_home_with_two_meters_is_known_only_where_both_are() -> None:
    cold, hot = every(60, 1000, 1010, 1020), every(60, 5000, 5001)
    curve = draw([cold, hot], START_NS, START_NS + 2 * HOUR_NS)
    assert hours(curve) == [(Known.COMPLETE, 11.0), (Known.UNKNOWN, None)]


@pytest.mark.parametrize("registers", [[], [Register([])]])
def test_a_home_without_readings_is_all_unknown(registers: list[Register]) -> None:
    curve = draw(registers, START_NS, START_NS + 2 * HOUR_NS)
    assert curve.complete_until_ns is None
    assert {hour.known for hour in curve.hours} == {Known.UNKNOWN}


def back_after_weeks(register_l: float) -> Register:
    """Five days of one litre an hour from 9,000 L, three weeks of nothing, and five days more."""
    (binding,) = registry().bindings("wm-1")
    early = [litres(hour, 9_000 + hour) for hour in range(120)]
    late = [litres(hour, register_l + hour - 620) for hour in range(620, 740)]
    return judged(binding, [*early, *late])


def test_a_register_that_comes_back_lower_after_weeks_proves_no_use() -> None:
    """Nobody knows what became of it meanwhile, so nothing between is known, least of all 0."""
    found = back_after_weeks(100)
    assert found.used_l(at(100), at(700)) is None
    assert found.at(at(300)) is None
    assert found.used_l(at(10), at(100)) == pytest.approx(90)
    assert found.used_l(at(640), at(700)) == pytest.approx(60)


def test_a_register_that_goes_on_after_weeks_tells_the_total() -> None:
    assert back_after_weeks(9_500).used_l(at(100), at(700)) == pytest.approx(9_580 - 9_100)
    assert back_after_weeks(9_500).at(at(300)) is None
    assert back_after_weeks(9_119).at(at(300)) == pytest.approx(9_119)
