import pytest

from edge.reading import HOUR_NS, MINUTE_NS
from gateway.api.curve import Curve, Known, draw
from gateway.api.register import Register

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
