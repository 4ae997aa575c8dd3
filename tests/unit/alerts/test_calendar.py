"""Working days by the published arrangement, and by the law where none is published yet."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from alerts.calendar import after_working_days, day, unknown_year
from alerts.within import WorkingDays, due, text_of
from edge.reading import HOUR_NS, SECOND_NS

CHINA = timezone(timedelta(hours=8))


def ns(text: str, zone: timezone | ZoneInfo = CHINA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND_NS


@pytest.mark.parametrize(
    ("on", "working"),
    [
        ("2026-02-14", True),  # a Saturday worked for 春节
        ("2026-02-16", False),
        ("2026-02-28", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
        ("2026-11-21", False),
        ("2024-02-29", True),
    ],
)
def test_a_published_year_is_taken_as_published(on: str, working: bool) -> None:
    found = day(date.fromisoformat(on))
    assert (found.working, found.assumed) == (working, False)


@pytest.mark.parametrize(
    ("on", "working"),
    [
        ("2040-01-01", False),
        ("2040-02-11", False),  # 除夕, a Saturday
        ("2040-02-13", False),  # 初二, a Monday
        ("2040-02-15", True),
        ("2040-04-04", False),  # 清明
        ("2040-05-02", False),
        ("2040-06-14", False),  # 端午
        ("2040-09-20", False),  # 中秋
        ("2040-10-04", True),
        ("2040-10-06", False),  # a Saturday, and nobody has said otherwise
        ("2040-02-29", True),
    ],
)
def test_an_unpublished_year_goes_by_law_and_weekends_and_says_so(on: str, working: bool) -> None:
    found = day(date.fromisoformat(on))
    assert (found.working, found.assumed) == (working, True)


@pytest.mark.parametrize(
    ("today", "year"),
    [
        ("2025-11-30", None),
        ("2026-11-01", None),
        ("2026-11-02", 2027),
        ("2026-12-31", 2027),
        ("2027-06-01", 2027),
    ],
)
def test_the_lack_of_next_years_days_is_told_sixty_days_ahead(today: str, year: int | None) -> None:
    assert unknown_year(date.fromisoformat(today)) == year


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-09-30 23:59:59", 1, "2026-10-09 00:00"),  # over the national holidays
        ("2026-10-09 09:00", 1, "2026-10-11 00:00"),  # Saturday the 10th is worked
        ("2026-11-20 09:00", 3, "2026-11-26 00:00"),
        ("2024-02-28 09:00", 1, "2024-03-01 00:00"),  # 29 February is a day
    ],
)
def test_working_days_end_at_midnight_and_pass_over_days_off(
    start: str, count: int, end: str
) -> None:
    found = after_working_days(ns(start), count, CHINA)
    assert (found.at_ns, found.assumed) == (ns(end), False)


def test_days_into_an_unknown_year_are_marked_as_assumed() -> None:
    assert after_working_days(ns("2026-12-30 09:00"), 3, CHINA).assumed


def test_a_midnight_that_the_clocks_leave_out_is_the_first_instant_of_the_day() -> None:
    zone = ZoneInfo("America/Santiago")  # 2026-09-06 begins at 01:00
    found = after_working_days(ns("2026-09-03 12:00", zone), 1, zone)
    assert datetime.fromtimestamp(found.at_ns // SECOND_NS, UTC).isoformat() == (
        "2026-09-05T04:00:00+00:00"
    )
    found = after_working_days(ns("2026-09-04 12:00", zone), 1, zone)
    assert found.at_ns == ns("2026-09-08 00:00", zone)


def test_time_by_the_clock_is_as_long_on_any_day() -> None:
    assert due(ns("2026-10-01 08:00"), 3_600.0, CHINA).at_ns == ns("2026-10-01 08:00") + HOUR_NS


@pytest.mark.parametrize(
    ("within", "text"),
    [
        (60.0, "1 min"),
        (90.0, "90 s"),
        (86_400.0, "1 d"),
        (5_400.0, "90 min"),
        (0.5, "0.5 s"),
        (WorkingDays(1), "1 working day"),
        (WorkingDays(3), "3 working days"),
    ],
)
def test_a_limit_is_written_as_in_the_file(within: float | WorkingDays, text: str) -> None:
    assert text_of(within) == text
