"""How long something may take: by the clock ("15 min") or by the calendar ("3 working days")."""

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from alerts.calendar import Due, after_working_days
from edge.reading import SECOND_NS
from edge.settings import DurationS

WORKING_DAYS_MAX = 250
SECONDS_MAX = 366 * 86_400.0
_WORKING = re.compile(r"([1-9]\d{0,2}) working days?")
_SECONDS: TypeAdapter[float] = TypeAdapter(DurationS)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Whole working days, after the one on which the time begins to run."""

    count: int


def _within(told: object) -> float | WorkingDays:
    if isinstance(told, str) and (match := _WORKING.fullmatch(told)):
        if int(match[1]) > WORKING_DAYS_MAX:
            raise ValueError(f"write at most {WORKING_DAYS_MAX} working days")
        return WorkingDays(int(match[1]))
    try:
        duration_s = _SECONDS.validate_python(told)
    except ValidationError:
        raise ValueError('write "15 min", "24 h" or "3 working days"') from None
    if not 0 < duration_s <= SECONDS_MAX:
        raise ValueError("write more than nothing and at most 366 d")
    return duration_s


Within = Annotated[float | WorkingDays, BeforeValidator(_within)]
"""Seconds, or whole working days; written with a unit: "60 s", "45 min", "3 working days"."""


def due(start_ns: int, within: float | WorkingDays, zone: tzinfo) -> Due:
    """When `within` from `start_ns` is over; `zone` is where the working days are."""
    if isinstance(within, WorkingDays):
        return after_working_days(start_ns, within.count, zone)
    return Due(start_ns + int(within * SECOND_NS), assumed=False)


def text_of(within: float | WorkingDays) -> str:
    """`within` as a plan file has it."""
    if isinstance(within, WorkingDays):
        return f"{within.count} working day{'s' * (within.count > 1)}"
    unit, size_s = next(
        (unit, size)
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
        if within % size == 0 or size == 1
    )
    return f"{within / size_s:g} {unit}"
