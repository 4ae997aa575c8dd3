from itertools import islice

from edge.reading import DAY_NS, HOUR_NS
from simulators.edits import (
    cut_telemetry,
    cut_use,
    days,
    repeated,
    replace_meter,
    shift,
)
from simulators.households import Sample, Series

HOURLY: Series = tuple(Sample(hour * HOUR_NS, 100 + 7 * hour) for hour in range(60))


def litres(series: Series) -> list[int]:
    return [sample.litres for sample in series]


def test_a_shift_moves_the_chosen_moment_to_now_and_keeps_the_use() -> None:
    moved = tuple(shift(HOURLY, 10 * HOUR_NS, 1_000 * HOUR_NS))
    assert moved[10] == Sample(1_000 * HOUR_NS, 170)
    assert [sample.at_ns - 990 * HOUR_NS for sample in moved] == [s.at_ns for s in HOURLY]
    assert litres(moved) == litres(HOURLY)


def test_where_use_is_cut_the_register_stands_still_and_goes_on_being_reported() -> None:
    cut = tuple(cut_use(HOURLY, 20 * HOUR_NS))
    assert cut[:20] == HOURLY[:20]
    assert litres(cut[20:]) == [HOURLY[19].litres] * 40
    assert [sample.at_ns for sample in cut] == [sample.at_ns for sample in HOURLY]


def test_use_cut_before_the_first_sample_holds_the_first_register() -> None:
    assert set(litres(tuple(cut_use(HOURLY, -1)))) == {100}
    assert tuple(cut_use((), 0)) == ()


def test_where_telemetry_is_cut_nothing_is_reported() -> None:
    assert tuple(cut_telemetry(HOURLY, 20 * HOUR_NS)) == HOURLY[:20]


def test_a_replaced_meter_starts_near_zero_and_counts_the_same_use() -> None:
    replaced = tuple(replace_meter(HOURLY, 30 * HOUR_NS, first_litres=2))
    assert replaced[:30] == HOURLY[:30]
    assert litres(replaced[30:33]) == [9, 16, 23]
    assert tuple(replace_meter(HOURLY, 999 * HOUR_NS)) == HOURLY


def test_days_break_at_local_midnight_and_lose_nothing() -> None:
    batches = list(days(HOURLY, 8 * HOUR_NS))
    assert [len(batch) for batch in batches] == [16, 24, 20]
    assert tuple(sample for batch in batches for sample in batch) == HOURLY


def test_a_repeated_series_goes_on_for_ever_at_the_same_hours_and_never_falls() -> None:
    long = tuple(islice(repeated(HOURLY), 200))
    assert long[:60] == HOURLY
    assert long[60].at_ns == HOURLY[0].at_ns + 3 * DAY_NS
    assert litres(long) == sorted(litres(long))
    assert tuple(repeated(HOURLY[:1])) == HOURLY[:1]
