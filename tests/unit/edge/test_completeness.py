import pytest

from edge.completeness import Bounds, Use, bounds, threshold_ml, used
from tests.unit.edge.worlds import at, fault, litres, metered

NOT_USED, USED, UNKNOWN = Use.NOT_USED, Use.USED, Use.UNKNOWN
TABLE: list[tuple[float, float, Use]] = [
    (0, 3, NOT_USED),  # registers 100 100 100 105
    (0, 4, USED),  # 125 at hour 4
    (3, 4, USED),
    (3.2, 3.8, UNKNOWN),  # the 20 litres may lie in or out
    (0.5, 2.5, NOT_USED),  # bounded by samples outside
    (-1, 3, UNKNOWN),  # nothing is known before the first sample
    (4, 4, NOT_USED),
    (4, 4.1, UNKNOWN),  # nothing is known past the watermark
    (0, 9, USED),  # used is proven whatever comes
]


@pytest.mark.parametrize(("start_h", "end_h", "expected"), TABLE)
def test_a_window_is_judged_by_the_samples_around_and_inside_it(
    start_h: float, end_h: float, expected: Use
) -> None:
    meters = [metered(100, 100, 100, 105, 125)]
    assert used(meters, at(start_h), at(end_h), 10_000) is expected


def test_equal_registers_around_a_gap_prove_that_nothing_was_used() -> None:
    meter = metered(100)
    meter.observe(litres(30, 100))
    assert used([meter], at(5), at(20), 1_000) is NOT_USED


def test_a_rise_across_a_gap_leaves_its_middle_unknown() -> None:
    meter = metered(100)
    meter.observe(litres(30, 150))
    assert used([meter], at(5), at(20), 10_000) is UNKNOWN
    assert used([meter], at(0), at(30), 10_000) is USED


def test_a_fault_outweighs_every_register() -> None:
    meter = metered(100, 100, 100)
    meter.observe(fault(1, "blocked"))
    assert used([meter], at(0), at(2), 10_000) is Use.FAULT


def test_two_meters_are_added_up() -> None:
    first, second = metered(0, 6, 6), metered(0, 0, 6)
    assert used([first], at(0), at(2), 10_000) is NOT_USED
    assert used([first, second], at(0), at(2), 10_000) is USED


def test_what_one_meter_cannot_know_the_home_cannot_know() -> None:
    assert used([metered(0, 0, 0), metered(0)], at(0), at(2), 10_000) is UNKNOWN


def test_the_use_across_a_change_of_register_is_unknown() -> None:
    chain = metered(10_000, 10_020, 0, 1, 5).chain
    assert bounds(chain, at(1), at(4)) == Bounds(5_000, None)


@pytest.mark.parametrize(
    ("resolution_l", "threshold_l", "expected_ml"),
    [(1, 10, 10_000), (10, 10, 10_000), (100, 10, 100_000), (4, 10, 12_000), (1, 0.2, 1_000)],
)
def test_thresholds_are_whole_ticks_and_at_least_one(
    resolution_l: float, threshold_l: float, expected_ml: int
) -> None:
    assert threshold_ml([metered(0, resolution_l=resolution_l)], threshold_l) == expected_ml
