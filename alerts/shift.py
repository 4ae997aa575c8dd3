"""When a person is on duty: a weekly pattern, days that differ from it, and leave.

Written in local time and worked out as instants. A local time that a clock change leaves out
is the instant of that change, one that it brings twice is the first of the two; so two shifts
that meet in the file meet on every day, with neither a gap nor an overlap between them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationInfo, field_validator

from edge.reading import SECOND_NS
from edge.settings import Settings, nanoseconds

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_DAY = timedelta(days=1)

LocalTime = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
"""A time of day, "08:00"; "24:00" is the end of the day."""


class Span(NamedTuple):
    """From `start_ns` until before `end_ns`."""

    start_ns: int
    end_ns: int


class Hours(Settings):
    """From one local time to another; into the next day when the second is not the later."""

    start: LocalTime = Field(alias="from")
    end: LocalTime = Field(alias="to")

    def minutes(self) -> tuple[int, int]:
        """Both ends in minutes since midnight; the second may lie in the next day."""
        start, end = _minutes(self.start), _minutes(self.end)
        return start, end if end > start else end + _DAY_MIN


class Shift(Hours):
    """The same hours on several days of every week."""

    days: tuple[Day, ...] = Field(default=DAYS, min_length=1, max_length=7)


class Instead(Settings):
    """What holds on one date in place of the weekly pattern; no hours are a day off."""

    date: date
    hours: tuple[Hours, ...] = Field(default=(), max_length=6)


class Leave(Settings):
    """Whole local days away, from the first to the last of them; it goes before any shift."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")

    @field_validator("end")
    @classmethod
    def _is_not_before(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start")
        if start is not None and end < start:
            raise ValueError(f"ends on {end}, before it begins on {start}")
        return end


class Pattern(NamedTuple):
    """All that says when a person is on duty; without shifts they always are."""

    shifts: tuple[Shift, ...] = ()
    instead: tuple[Instead, ...] = ()
    leave: tuple[Leave, ...] = ()


ALWAYS = Pattern()


def duty(pattern: Pattern, window: Span, zone: tzinfo) -> list[Span]:
    """When the person is on duty within `window`: ascending, apart from each other."""
    if not pattern.shifts and not pattern.instead:
        found: Iterable[Span] = [window]
    else:
        found = _worked(pattern, window, zone)
    away = sorted(_day_span(each.start, each.end, zone) for each in pattern.leave)
    return [_cut(span, window) for span in _without(merged(found), away) if _meets(span, window)]


def is_on_duty(pattern: Pattern, at_ns: int, zone: tzinfo) -> bool:
    """Whether the person is on duty at that moment."""
    return bool(duty(pattern, Span(at_ns, at_ns + 1), zone))


def duty_end_ns(pattern: Pattern, at_ns: int, zone: tzinfo, look_ns: int) -> int | None:
    """When the duty that holds at `at_ns`, or the next one, ends; None if not within `look_ns`."""
    ends = (span.end_ns for span in duty(pattern, Span(at_ns, at_ns + look_ns), zone))
    return next((end_ns for end_ns in ends if end_ns < at_ns + look_ns), None)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in ascending spans that neither touch nor overlap; empty ones are gone."""
    found: list[Span] = []
    for span in sorted(spans):
        if span.end_ns <= span.start_ns:
            continue
        if found and span.start_ns <= found[-1].end_ns:
            found[-1] = Span(found[-1].start_ns, max(found[-1].end_ns, span.end_ns))
        else:
            found.append(span)
    return found


def overlaps(shifts: Sequence[Shift]) -> list[str]:
    """Which weekly shifts overlap, a text each: the later one's day and time."""
    spans = sorted(span for shift in shifts for span in _weekly(shift))
    spans += [(start + _WEEK_MIN, end + _WEEK_MIN) for start, end in spans[:1]]
    return [
        f"overlap on {DAYS[start % _WEEK_MIN // _DAY_MIN]} at {_clock(start)}"
        for (_, end_before), (start, _) in pairwise(spans)
        if start < end_before
    ]


def doubled(hours: Sequence[Hours]) -> list[str]:
    """Which hours of one date overlap, a text each: when the later ones begin."""
    spans = sorted(each.minutes() for each in hours)
    return [f"overlap at {_clock(b[0])}" for a, b in pairwise(spans) if b[0] < a[1]]


def instant_ns(local: datetime, zone: tzinfo) -> int:
    """A local civil time as an instant; see the head of this file for those that are none."""
    first = local.replace(tzinfo=zone, fold=0)
    utc = first.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != local:
        utc = _change(local.replace(tzinfo=zone, fold=1).astimezone(UTC), utc, zone)
    return nanoseconds(utc)


def _change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second within `before` and `after` at which the zone's offset changes."""
    was = before.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == was
        low, high = (middle, high) if same else (low, middle)
    return before + timedelta(seconds=high)


def _worked(pattern: Pattern, window: Span, zone: tzinfo) -> Iterator[Span]:
    """The shifts of each local day that may reach into `window`."""
    differs = {each.date for each in pattern.instead}
    day, last = _local_date(window.start_ns, zone) - _DAY, _local_date(window.end_ns, zone)
    while day <= last:
        weekly = [each for each in pattern.shifts if DAYS[day.weekday()] in each.days]
        own = [hours for each in pattern.instead if each.date == day for hours in each.hours]
        for hours in own if day in differs else weekly:
            start, end = hours.minutes()
            yield Span(_at(day, start, zone), _at(day, end, zone))
        day += _DAY


@lru_cache(maxsize=8_192)  # the same few ends of shifts are asked for at every choice
def _at(day: date, minute: int, zone: tzinfo) -> int:
    midnight = datetime.combine(day, time())
    return instant_ns(midnight + timedelta(minutes=minute), zone)


def _day_span(first: date, last: date, zone: tzinfo) -> Span:
    return Span(_at(first, 0, zone), _at(last + _DAY, 0, zone))


def _local_date(at_ns: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(at_ns // SECOND_NS, zone).date()


def _without(spans: list[Span], away: list[Span]) -> Iterator[Span]:
    for span in spans:
        start_ns = span.start_ns
        for gone in away:
            if gone.start_ns < span.end_ns and gone.end_ns > start_ns:
                if gone.start_ns > start_ns:
                    yield Span(start_ns, gone.start_ns)
                start_ns = gone.end_ns
        if start_ns < span.end_ns:
            yield Span(start_ns, span.end_ns)


def _meets(span: Span, window: Span) -> bool:
    return span.start_ns < window.end_ns and span.end_ns > window.start_ns


def _cut(span: Span, window: Span) -> Span:
    return Span(max(span.start_ns, window.start_ns), min(span.end_ns, window.end_ns))


def _weekly(shift: Shift) -> Iterator[tuple[int, int]]:
    start, end = shift.minutes()
    for day in set(shift.days):
        offset = DAYS.index(day) * _DAY_MIN
        yield offset + start, offset + end


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute % _DAY_MIN // 60:02}:{minute % 60:02}"
