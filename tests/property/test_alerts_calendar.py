"""What holds for any day of a century, in any zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.calendar import after_working_days, day, unknown_year
from edge.reading import SECOND_NS

_days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
_starts = st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  (the strategy adds the zone)
_zones = st.sampled_from(
    ["Asia/Shanghai", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Gaza", "UTC"]
).map(ZoneInfo)


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * SECOND_NS


@given(_days)
def test_every_day_of_a_century_is_worked_or_not(on: date) -> None:
    found = day(on)
    assert found.on == on
    assert found.assumed == (day(on.replace(month=1, day=1)).assumed)
    assert unknown_year(on) in {None, on.year, on.year + 1}


@given(st.integers(2000, 2100))
def test_every_year_has_a_plausible_number_of_working_days(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range(365)]
    assert 238 <= sum(day(on).working for on in days) <= 262


@given(_starts, st.integers(1, 250), _zones)
def test_a_limit_in_working_days_ends_at_the_end_of_a_working_day(
    start: datetime, count: int, zone: ZoneInfo
) -> None:
    due = after_working_days(_ns(start), count, zone)
    last = datetime.fromtimestamp(due.at_ns // SECOND_NS - 1, zone).date()
    began = start.astimezone(zone).date()
    between = [began + timedelta(days=n) for n in range(1, (last - began).days + 1)]
    assert day(last).working
    assert sum(day(on).working for on in between) == count
    assert due.assumed == any(day(on).assumed for on in between)


@given(_starts, st.integers(1, 60), st.integers(0, 10**6), _zones)
def test_a_later_start_and_a_longer_limit_are_never_due_earlier(
    start: datetime, count: int, later_s: int, zone: ZoneInfo
) -> None:
    at_ns = _ns(start)
    due = after_working_days(at_ns, count, zone).at_ns
    assert at_ns < due <= after_working_days(at_ns, count + 1, zone).at_ns
    assert due <= after_working_days(at_ns + later_s * SECOND_NS, count, zone).at_ns
