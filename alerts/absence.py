"""外出报备 by text message: 外出3天, 外出到3月5日, 回来了. What is not just that is nothing.

Whoever says so is not looked for until they are due back, so a text that may mean something
else must not be read as one of these.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

DAYS_MAX = 60
"""Nobody is away for longer without a person of the community having looked into it."""
TEXT_MAX = 100

_AWAY = r"(?:我|本人)?(?:要|将|会)?(?:外出|出门|离家|出远门|回老家|away)"
_FOR = re.compile(
    rf"{_AWAY}(?:for)?(?P<count>[0-9]{{1,2}}|[一二两三四五六七八九十]{{1,3}})个?(?P<unit>[^\W\d]+)"
)
_UNTIL = re.compile(
    rf"{_AWAY}(?:到|至|until)(?P<month>[0-9]{{1,2}})(?:月|[-/.])(?P<day>[0-9]{{1,2}})(?:日|号)?"
)
_BACK = re.compile(r"我?已?经?(?:回来|回家|到家|back(?:home)?)(?:了|啦)?")
_DAYS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("天", "日", "day", "days"), 1)
    | dict.fromkeys(("周", "星期", "礼拜", "week", "weeks"), 7)
)
_DIGITS = "一二三四五六七八九"


def _numerals() -> dict[str, int]:
    """The numbers up to 99 as one writes them out."""
    ones = {"": 0} | {char: value for value, char in enumerate(_DIGITS, 1)}
    tens = {"": 0, "十": 10} | {f"{char}十": 10 * value for value, char in enumerate(_DIGITS, 1)}
    return {ten + one: tens[ten] + ones[one] for ten in tens for one in ones} | {"两": 2}


_NUMERALS: Mapping[str, int] = MappingProxyType(_numerals())


@dataclass(frozen=True, slots=True)
class Away:
    """Away from now until the end of `last`, a local day."""

    last: date


@dataclass(frozen=True, slots=True)
class Back:
    """At home again."""


def read(text: str, today: date) -> Away | Back | None:
    """What `text`, written on the local day `today`, says of an absence; None for any other."""
    plain = _plain(text)
    if found := _FOR.fullmatch(plain):
        return _for(found["count"], found["unit"], today)
    if found := _UNTIL.fullmatch(plain):
        return _until(int(found["month"]), int(found["day"]), today)
    return Back() if _BACK.fullmatch(plain) else None


def _plain(text: str) -> str:
    """Letters, digits, what stands within a date, and doubts; whatever the width and spaces."""
    if len(text) > TEXT_MAX:
        return ""
    whole = unicodedata.normalize("NFKC", text).casefold()
    kept = (char for char in whole if char in "-/.?" or unicodedata.category(char)[0] not in "PZC")
    return "".join(kept).strip("-/.")


def _for(count: str, unit: str, today: date) -> Away | None:
    number = int(count) if count.isdecimal() else _NUMERALS.get(count, 0)
    days = number * _DAYS.get(unit, 0)
    return Away(today + timedelta(days=days)) if 1 <= days <= DAYS_MAX else None


def _until(month: int, day: int, today: date) -> Away | None:
    """The next such day, if it is near enough; a day that has just passed is nobody's return."""
    for year in (today.year, today.year + 1):
        try:
            last = date(year, month, day)
        except ValueError:
            continue
        if today <= last <= today + timedelta(days=DAYS_MAX):
            return Away(last)
    return None
