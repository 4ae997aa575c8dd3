"""When people are on duty: weeks, exceptions, leave, and clocks that change."""

import tomllib
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.roster import Roster
from alerts.shift import Pattern, Shift, Span, duty, duty_end_ns, instant_ns, is_on_duty
from edge.reading import DAY_NS, HOUR_NS
from edge.settings import ConfigError, parse

CHINA = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
# Clocks go forward on 29 March 2026 at 02:00 and back on 25 October 2026 at 03:00.
SPRING, AUTUMN, SUMMER = (
    datetime.fromisoformat(f"2026-{day}") for day in ("03-29", "10-25", "06-01")
)


def at(text: str, zone: tzinfo = CHINA) -> int:
    return instant_ns(datetime.fromisoformat(text), zone)


def pattern(toml: str) -> Pattern:
    base = 'id = "p"\nname = "P"\nroles = ["backup"]\nareas = ["s01"]\nsms = "13800000001"\n'
    table = {"version": 1, "person": [tomllib.loads(base + toml)]}
    return parse(table, Roster, Path("roster.toml")).person[0].pattern


OFFICE = pattern('shift = [{ days = ["mon", "tue"], from = "08:00", to = "17:30" }]')
NIGHT = pattern('shift = [{ from = "22:00", to = "06:00" }]')


@pytest.mark.parametrize(
    ("when", "on"),
    [
        ("2026-11-23T08:00", True),  # a Monday
        ("2026-11-23T07:59:59", False),
        ("2026-11-24T17:29:59", True),
        ("2026-11-24T17:30", False),
        ("2026-11-25T09:00", False),
    ],
)
def test_a_shift_begins_with_its_first_moment_and_is_over_at_its_last(when: str, on: bool) -> None:
    assert is_on_duty(OFFICE, at(when), CHINA) is on


def test_a_night_shift_lasts_into_the_next_day_and_its_end_is_known_beforehand() -> None:
    assert is_on_duty(NIGHT, at("2026-11-23T23:00"), CHINA)
    assert is_on_duty(NIGHT, at("2026-11-24T05:59"), CHINA)
    assert not is_on_duty(NIGHT, at("2026-11-24T12:00"), CHINA)
    end_ns = duty_end_ns(NIGHT, at("2026-11-23T23:00"), CHINA, DAY_NS)
    assert end_ns == at("2026-11-24T06:00")


def test_a_person_without_shifts_is_always_on_duty_but_on_leave() -> None:
    away = pattern("leave = [{ from = 2026-11-28, to = 2026-11-29 }]")
    assert is_on_duty(Pattern(), at("2026-11-28T03:00"), CHINA)
    assert [is_on_duty(away, at(f"2026-11-{day}T12:00"), CHINA) for day in (27, 28, 29, 30)] == [
        True, False, False, True,
    ]  # fmt: skip
    assert duty_end_ns(Pattern(), at("2026-11-28T03:00"), CHINA, DAY_NS) is None


def test_a_date_of_its_own_stands_in_place_of_the_week() -> None:
    changed = pattern(
        'shift = [{ from = "08:00", to = "16:00" }]\n'
        'instead = [{ date = 2026-11-23, hours = [{ from = "20:00", to = "24:00" }] },\n'
        "{ date = 2026-11-24 }]"
    )
    window = Span(at("2026-11-22T00:00"), at("2026-11-26T00:00"))
    assert duty(changed, window, CHINA) == [
        Span(at("2026-11-22T08:00"), at("2026-11-22T16:00")),
        Span(at("2026-11-23T20:00"), at("2026-11-24T00:00")),
        Span(at("2026-11-25T08:00"), at("2026-11-25T16:00")),
    ]


@pytest.mark.parametrize("day", [SPRING, AUTUMN, SUMMER])
@pytest.mark.parametrize("meet", ["01:59", "02:00", "02:30", "03:00", "03:01"])
def test_shifts_that_meet_leave_no_gap_and_no_double_when_clocks_change(
    day: datetime, meet: str
) -> None:
    shifts = [("20:00", meet), (meet, "03:10"), ("03:10", "20:00")]
    window = Span(instant_ns(day, BERLIN), instant_ns(day + timedelta(days=2), BERLIN))
    rounds = [
        duty(Pattern((Shift.model_validate({"from": a, "to": b}),)), window, BERLIN)
        for a, b in shifts
    ]
    spans = sorted(span for each in rounds for span in each)
    assert spans[0].start_ns == window.start_ns
    assert spans[-1].end_ns == window.end_ns
    assert all(before.end_ns == after.start_ns for before, after in pairwise(spans))


def test_a_night_of_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    for day, hours in ((SPRING, 7), (AUTUMN, 9)):
        window = Span(instant_ns(day, BERLIN) - 6 * HOUR_NS, instant_ns(day, BERLIN) + 12 * HOUR_NS)
        (night,) = duty(NIGHT, window, BERLIN)
        assert night.end_ns - night.start_ns == hours * HOUR_NS


def hours(*spans: str) -> str:
    """TOML of several hours, each "[days ]from-to"."""
    rows = []
    for span in spans:
        *days, clock = span.split(" ")
        start, _, end = clock.partition("-")
        when = f"days = {days}, " if days else ""
        rows.append(f'{{ {when}from = "{start}", to = "{end}" }}')
    return f"[{', '.join(rows)}]"


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (f"shift = {hours('08:00-12:00', '11:00-13:00')}", "overlap on mon at 11:00"),
        (f"shift = {hours('22:00-06:00', 'tue 05:30-09:00')}", "overlap on tue at 05:30"),
        (f"shift = {hours('sun 22:00-06:00', 'mon 05:00-09:00')}", "overlap on mon at 05:00"),
        (f"shift = {hours('8:00-12:00')}", "shift.0.from"),
        (f"shift = {hours('someday 08:00-12:00')}", "shift.0.days"),
        ("instead = [{ date = 2026-11-23 }, { date = 2026-11-23 }]", "stands there twice"),
        (
            f"instead = [{{ date = 2026-11-23, hours = {hours('08:00-12:00', '11:00-13:00')} }}]",
            "2026-11-23: overlap at 11:00",
        ),
        ("leave = [{ from = 2026-11-29, to = 2026-11-28 }]", "before it begins"),
    ],
)
def test_shifts_that_cannot_be_kept_are_refused_by_name(toml: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        pattern(toml)
