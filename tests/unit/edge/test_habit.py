import pytest

from edge.detectors.device_silent import DeviceSilent
from edge.habit import Habit, habit
from edge.presence import Presence
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from edge.rhythm import Rhythm
from tests.unit.edge.worlds import at

DAILY = [24 * day + 3 + (10 + 20 * ((day * 7) % 3 - 1)) / 60 for day in range(12)]
"""Hours at which a meter uploads: at 03:10, give or take twenty minutes."""


def heard(hours: list[float]) -> Rhythm:
    rhythm = Rhythm()
    for hour in hours:
        rhythm.hear(at(hour), at(hour))
    return rhythm


def presence(hours: list[float]) -> Presence:
    known = Presence(int(DAY_NS))
    known.listening.open(at(0))
    known.could_be_heard(at(0), at(0))
    for hour in hours:
        known.hear(at(hour), at(hour))
    return known


def due_h(hours: list[float]) -> float:
    due_ns = DeviceSilent().next_due(presence(hours))
    assert due_ns is not None
    return (due_ns - at(0)) / HOUR_NS


def test_a_daily_report_has_a_time_of_day() -> None:
    known = habit(heard(DAILY))
    assert known is not None
    assert known.period_ns == DAY_NS
    assert (known.at_ns - at(3)) % DAY_NS == 10 * MINUTE_NS
    assert known.spread_ns == 20 * MINUTE_NS
    assert known.is_regular


def test_it_is_expected_at_its_time_and_missed_after_its_second_one() -> None:
    expected_h = 24 * 13 + 3 + 10 / 60
    assert due_h(DAILY) == pytest.approx(expected_h + 30 / 60)


def test_a_device_that_misses_a_report_now_and_then_is_given_a_third() -> None:
    patchy = [hour for day, hour in enumerate(DAILY) if day != 8]
    known = habit(heard(patchy))
    assert known is not None
    assert not known.is_regular
    assert due_h(patchy) == pytest.approx(24 * 14 + 3 + 40 / 60)


def test_a_report_at_another_time_moves_nothing_up_by_more_than_half_a_day() -> None:
    assert due_h([*DAILY, DAILY[-1] + 23]) >= DAILY[-1] + 23 + 36


def test_a_time_that_drifts_is_followed() -> None:
    drifting = [24 * day + 3 + 2 * day / 60 for day in range(14)]
    known = habit(heard(drifting))
    assert known is not None
    assert abs(known.at_ns - at(drifting[-1])) <= 10 * MINUTE_NS
    assert known.spread_ns <= 10 * MINUTE_NS


@pytest.mark.parametrize(
    "hours",
    [
        [float(hour) for hour in range(20)],
        DAILY[:5],
        [24 * day + 11 * ((day * 5) % 4) / 2 for day in range(12)],
    ],
    ids=["too often", "too few", "at any time"],
)
def test_others_show_no_habit(hours: list[float]) -> None:
    assert habit(heard(hours)) is None


def test_a_habit_never_makes_a_device_silent_before_two_of_its_reports_could_come() -> None:
    known = Habit(at(3), DAY_NS, 20 * MINUTE_NS, is_regular=True)
    for quarter in range(96):
        last_ns = at(3 + quarter / 4)
        assert known.due_ns(last_ns) >= last_ns + 3 * DAY_NS // 2


def test_the_evidence_says_when_it_usually_reports() -> None:
    state = presence(DAILY)
    status = DeviceSilent().evaluate(state, at(24 * 15))
    evidence = DeviceSilent().evidence(state, status, 8.0)  # type: ignore[arg-type]
    assert evidence.usual["report_at"] == "11:10"
    assert evidence.usual["spread_min"] == 20.0
    assert evidence.delay_s_worst == (2 * 24 + 5 / 6) * 3600


def test_a_device_that_comes_now_early_now_late_is_given_what_it_strays_by() -> None:
    even = [float(hour) for hour in range(20)]
    uneven = [hour + (0.2 if hour % 2 else 0.0) for hour in even]
    assert due_h(even) - even[-1] == pytest.approx(3 + 10 / 60)
    assert due_h(uneven) - uneven[-1] > 3.5
