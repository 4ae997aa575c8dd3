"""Which days are worked in China: published 调休 where known, the law and weekends where not.

A year whose arrangement is not known is never an error: its statutory days are computed, and
every answer that rests on them says so.
"""

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from datetime import datetime as civil
from functools import lru_cache

from chinese_calendar.constants import (  # type: ignore[import-untyped]  # it ships no types
    holidays,
    workdays,
)
from lunar_python import Lunar  # type: ignore[import-untyped]  # nor does it

from edge.reading import SECOND_NS

WARN_DAYS = 60
"""How long before 1 January the lack of the next year's arrangement is told."""

_SATURDAY = 5
_YEARS = frozenset(day.year for day in holidays)
_MAY_2_SINCE = 2025  # from this year on, 除夕 and 2 May are statutory days too


@dataclass(frozen=True, slots=True)
class Day:
    """Whether a day is worked; `assumed` when its year's arrangement is not known."""

    on: date
    working: bool
    assumed: bool


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due; `assumed` when a day before it was only assumed."""

    at_ns: int
    assumed: bool


def day(on: date) -> Day:
    """What `on` is, in any year from 1900 to 9998."""
    if on.year in _YEARS:
        working = on in workdays or (on.weekday() < _SATURDAY and on not in holidays)
        return Day(on, working, assumed=False)
    working = on.weekday() < _SATURDAY and on not in _statutory(on.year)
    return Day(on, working, assumed=True)


def unknown_year(today: date) -> int | None:
    """The year whose arrangement should be known by now and is not: this one, or the next."""
    for year in (today.year, (today + timedelta(days=WARN_DAYS)).year):
        if year not in _YEARS:
            return year
    return None


def after_working_days(start_ns: int, count: int, zone: tzinfo) -> Due:
    """The end of the `count`th working day after the one that `start_ns` falls on.

    The first day does not count and the last one counts whole, to 24:00 in `zone` (Civil
    Code, articles 201 to 203). Costs about one look-up a day.
    """
    on = civil.fromtimestamp(start_ns // SECOND_NS, zone).date()
    left, assumed = count, False
    while left > 0:
        on += timedelta(days=1)
        found = day(on)
        left -= found.working
        assumed |= found.assumed
    return Due(midnight_ns(on + timedelta(days=1), zone), assumed)


def midnight_ns(on: date, zone: tzinfo) -> int:
    """The first instant of `on`, also where a change of the clocks leaves out 00:00."""
    return int(civil(on.year, on.month, on.day, tzinfo=zone).timestamp()) * SECOND_NS


@lru_cache(maxsize=256)
def _statutory(year: int) -> frozenset[date]:
    """The days off by law in `year`, none of them moved (国务院《全国年节及纪念日放假办法》)."""
    new_year = _lunar(year, 1, 1)
    eve = -1 if year >= _MAY_2_SINCE else 0
    days = {new_year + timedelta(days=offset) for offset in range(eve, 3)}
    days |= {_lunar(year, 5, 5), _lunar(year, 8, 15), _qingming(year)}
    days |= {date(year, 1, 1), date(year, 5, 1)} | {date(year, 10, on) for on in (1, 2, 3)}
    return frozenset(days | ({date(year, 5, 2)} if year >= _MAY_2_SINCE else set()))


def _lunar(year: int, month: int, on: int) -> date:
    solar = Lunar.fromYmd(year, month, on).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def _qingming(year: int) -> date:
    solar = Lunar.fromYmd(year, 1, 1).getJieQiTable()["清明"]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
